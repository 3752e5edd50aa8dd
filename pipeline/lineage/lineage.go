// Package lineage follows a run back to its data and forward to its files, in what the store holds of both.
//
//	l, err := lineage.Of(ctx, db, run)
//	rows := l.Steps()
package lineage

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// Lineage leads from data by way of the fit and the run to files, in this order.
type Lineage struct {
	Data     []Data        `json:"data" null:"never"`
	Teachers []Fit         `json:"teachers,omitempty"` // the fit that made the pairs of Fit, the one that made the pairs of that, ...
	Fit      Fit           `json:"fit"`
	Tuning   *Tuning       `json:"tuning,omitempty"`   // of the run's solver or grid to the net
	Run      *Run          `json:"run,omitempty"`      // nil of a fit
	Measured []Measured    `json:"measured,omitempty"` // by the latest sweep first
	Files    []File        `json:"files,omitempty"`    // ONNX files that sweeps exported
	Aliases  []store.Alias `json:"aliases,omitempty"`  // that name the run or named it, with all their moves
}

// Data is a distribution that a fit learned from, or started at.
type Data struct {
	Role   string          `json:"role"` // target or source
	Name   string          `json:"name"`
	SHA256 string          `json:"sha256,omitempty"` // of the rows, of data
	Rows   int             `json:"rows,omitempty"`
	Law    json.RawMessage `json:"law"` // as a spec has it
}

// Fit is a training.
type Fit struct {
	Key         string                   `json:"key"`
	Missing     bool                     `json:"missing,omitempty"` // the store holds it no more; the rest is then empty
	State       experiments.State        `json:"state,omitempty"`
	Seed        uint64                   `json:"seed"`
	Version     int                      `json:"recipe_version,omitempty"`
	Started     time.Time                `json:"started,omitzero"` // the latest start
	Finished    time.Time                `json:"finished,omitzero"`
	Seconds     float64                  `json:"seconds"`
	Tries       []store.Try              `json:"tries,omitempty"` // that did not finish: a later one went on from a checkpoint, if there was one
	Files       []experiments.Artifact   `json:"files,omitempty"`
	Environment *experiments.Environment `json:"environment,omitempty"`

	config  []byte
	teacher string
}

// Tuning is what was fitted to the net of a fit.
type Tuning struct {
	Key   string          `json:"key"`
	Tuned json.RawMessage `json:"tuned"`
}

// Run is a sampling of the net.
type Run struct {
	Key         string                   `json:"key"`
	State       experiments.State        `json:"state"`
	Sampling    json.RawMessage          `json:"sampling"`
	Finished    time.Time                `json:"finished,omitzero"`
	Files       []experiments.Artifact   `json:"files,omitempty"`
	Environment *experiments.Environment `json:"environment,omitempty"`
}

// Measured is a place of the run in a sweep.
type Measured struct {
	Sweep     string                 `json:"sweep"`
	Reference string                 `json:"reference"`       // key of the reference sample
	Files     []experiments.Artifact `json:"files,omitempty"` // of data, that the spec names
}

// File is an ONNX file that was exported.
type File struct {
	Sweep string            `json:"sweep"`
	Check experiments.Check `json:"check"` // with its name, its sha256 and how it was verified
}

// Of returns the lineage of the run with the full key. The error is store.ErrNotFound if the store does not hold it.
func Of(ctx context.Context, db *store.DB, key string) (Lineage, error) {
	r, err := db.Run(ctx, key)
	if err != nil {
		return Lineage{}, err
	}
	l, err := OfFit(ctx, db, r.Fit)
	l.Run = &Run{Key: r.Key, State: r.State, Sampling: r.Config, Finished: r.Finished, Files: r.Files, Environment: r.Environment.OrNil()}
	if err != nil {
		return l, err
	}
	return l, errors.Join(l.tuning(ctx, db), l.measured(ctx, db), l.aliases(ctx, db))
}

// OfFit returns the lineage of the fit with the full key, up to there.
func OfFit(ctx context.Context, db *store.DB, key string) (l Lineage, err error) {
	if l.Fit, err = fitOf(ctx, db, key); err != nil {
		return l, err
	}
	for teacher := l.Fit.teacher; teacher != ""; {
		f, err := fitOf(ctx, db, teacher)
		if errors.Is(err, store.ErrNotFound) {
			f, err = Fit{Key: teacher, Missing: true}, nil
		}
		if err != nil {
			return l, err
		}
		l.Teachers, teacher = append(l.Teachers, f), f.teacher
	}
	l.Data, err = dataOf(l.Fit.config)
	return l, err
}

// fitOf returns the fit with the full key.
func fitOf(ctx context.Context, db *store.DB, key string) (Fit, error) {
	r, err := db.Fit(ctx, key)
	if err != nil {
		return Fit{}, err
	}
	f := Fit{
		Key: key, State: r.State, Version: experiments.FitVersion(key, r.Config), Started: r.Started, Finished: r.Finished, Seconds: r.Seconds,
		Files: r.Files, Environment: r.Environment.OrNil(), config: r.Config,
	}
	var config struct {
		Seed    uint64
		Teacher string
	}
	if err := json.Unmarshal(r.Config, &config); err != nil {
		return f, err
	}
	f.Seed, f.teacher = config.Seed, config.Teacher
	f.Tries, err = db.Tries(ctx, store.Owner{Kind: "fit", Key: key})
	return f, err
}

// dataOf returns what a fit with this configuration learned from, and started at if that is not noise.
func dataOf(config []byte) (list []Data, err error) {
	var laws struct{ Target, Source json.RawMessage }
	if err := json.Unmarshal(config, &laws); err != nil {
		return nil, err
	}
	for _, d := range []Data{{Role: "target", Law: laws.Target}, {Role: "source", Law: laws.Source}} {
		if len(d.Law) == 0 || d.Law[0] != '{' {
			continue // noise
		}
		if err := json.Unmarshal(d.Law, &struct {
			Name   *string
			SHA256 *string
			Rows   *int
		}{&d.Name, &d.SHA256, &d.Rows}); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// tuning adds the tuning that the run needs, if it needs one.
func (l *Lineage) tuning(ctx context.Context, db *store.DB) error {
	s, err := experiments.ParseSampling(string(l.Run.Sampling))
	if err != nil || !s.Fitted() { // an earlier version may have stored what this one does not read, but no such solver
		return nil
	}
	key, err := experiments.TuningKey(l.Fit.Key, s)
	if err != nil {
		return err
	}
	t, err := db.Tuning(ctx, key)
	if err == nil {
		l.Tuning = &Tuning{key, json.RawMessage(t.Of)}
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// measured adds the places of the run in sweeps, and the files that were exported of it, or of its twin at fixed steps.
func (l *Lineage) measured(ctx context.Context, db *store.DB) error {
	uses, err := db.Uses(ctx, "", l.Run.Key)
	if err != nil {
		return err
	}
	for _, u := range uses {
		files, err := db.SpecFiles(ctx, u.Sweep)
		if err != nil {
			return err
		}
		l.Measured = append(l.Measured, Measured{u.Sweep, u.Reference, files})
		checks, err := db.Checks(ctx, u.Sweep)
		if err != nil {
			return err
		}
		own := func(c experiments.Check) bool { return c.Run == l.Run.Key }
		if !slices.ContainsFunc(checks, own) {
			continue
		}
		all, err := db.Uses(ctx, u.Sweep, "")
		if err != nil {
			return err
		}
		for _, c := range checks {
			twin := slices.ContainsFunc(all, func(o store.Use) bool { return o.Role == "twin" && o.Run == c.Run && o.Fit == l.Fit.Key })
			if own(c) || twin {
				l.Files = append(l.Files, File{u.Sweep, c})
			}
		}
	}
	return nil
}

// aliases adds those that name the run or named it.
func (l *Lineage) aliases(ctx context.Context, db *store.DB) error {
	all, err := db.Aliases(ctx)
	l.Aliases = slices.DeleteFunc(all, func(a store.Alias) bool {
		return !slices.ContainsFunc(a.Moves, func(m store.AliasMove) bool { return m.Run == l.Run.Key })
	})
	return err
}
