package ship

import (
	"bytes"
	"context"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/net"
	"flowsweep/export"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// compareBytes says in the check where a file is not what the program writes for its run. A file that the store has kept since
// it was shipped needs no more: the figures of a sweep in it may be older than those that the store has now.
func compareBytes(ctx context.Context, db *store.DB, c *experiments.Check, file []byte, n net.Net, weights []float32) error {
	known, err := db.Holds(ctx, c.SHA256)
	if err != nil || known {
		return err
	}
	forms, err := again(ctx, db, file, n, weights)
	if err != nil {
		return err
	}
	differences, earlier := export.Differences, export.Earlier(file)
	if run, err := db.Run(ctx, c.Run); err == nil && run.Environment.Files == experiments.FileForm {
		earlier = false // the run is no older than the form, whatever the file says
	}
	if earlier {
		differences = export.EarlierDifferences
		c.Notes = append(c.Notes, "an earlier version wrote it, whose steps are not written again: these were compared by their numbers alone, and the weights and properties one by one")
	}
	var least []string
	for i, form := range forms {
		if bytes.Equal(form, file) {
			return nil
		}
		list, err := differences(file, form)
		if err != nil {
			return err
		}
		if i == 0 || len(list) < len(least) {
			least = list
		}
	}
	if len(least) == 0 && !earlier {
		least = []string{"its bytes"} // a layout without a name
	}
	if len(least) > 0 {
		c.Edited = least
	}
	return nil
}

// again writes the file of a run again, in the form of the given one: as exported by itself and, if the sweep that the file
// names still holds the run, as a file of that sweep.
func again(ctx context.Context, db *store.DB, file []byte, n net.Net, weights []float32) (forms [][]byte, err error) {
	kind, key, err := export.Origin(file)
	if err != nil {
		return nil, err
	}
	if of, _, ok := export.TwinOf(file); ok {
		key = of
	}
	r, err := saved.Run(ctx, db, key)
	if err != nil {
		return nil, err
	}
	add := func(r experiments.Result, of origin) (err error) {
		run := r
		if kind == "sampler" {
			run = of.sampled(r)
		}
		if of.in, err = reducedIn(file, run, weights); err == nil && of.in != nil {
			of.in, err = of.in.In(file)
		}
		if err != nil {
			return err
		}
		form, err := writeKind(kind, n, weights, r, of, export.OptionsOf(file))
		if err == nil {
			forms = append(forms, form)
		}
		return err
	}
	alone, twin, err := twinOfRun(ctx, db, r, func(o Outcome, s experiments.Summary) (*experiments.Summary, error) { return o.storedTwin(ctx, db, s) })
	if err == nil {
		err = add(alone, origin{twin: twin})
	}
	if err != nil {
		return nil, err
	}
	return forms, inSweep(ctx, db, export.SweepOf(file), key, add)
}

// inSweep adds the file as one of the named sweep, if that still holds the run.
func inSweep(ctx context.Context, db *store.DB, sweep, key string, add func(r experiments.Result, of origin) error) error {
	if sweep == "" {
		return nil
	}
	uses, err := db.Uses(ctx, sweep, key)
	if err != nil || len(uses) == 0 {
		return err
	}
	o, err := Load(ctx, db, sweep)
	if err != nil {
		return err
	}
	for _, s := range o.Summaries {
		i := slices.IndexFunc(s.Runs, func(r experiments.Result) bool { return r.Run == key })
		if i < 0 {
			continue
		}
		twin, err := o.storedTwin(ctx, db, s)
		if err == nil {
			err = add(s.Runs[i], origin{sweep: o.Sweep, setting: s, twin: twin})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeKind writes the file of that kind of a run.
func writeKind(kind string, n net.Net, weights []float32, r experiments.Result, of origin, o export.SamplerOptions) ([]byte, error) {
	switch kind {
	case "sampler":
		file, _, err := writeSampler(n, weights, r, of, o)
		return file, err
	case "density":
		return exportDensity(n, weights, r, of)
	default:
		return export.Velocity(n, weights, aboutRun(r, of))
	}
}

// writeSampler returns the sampler file of a run and what it says of itself, for the card too.
func writeSampler(n net.Net, weights []float32, r experiments.Result, of origin, o export.SamplerOptions) (file []byte, about export.About, err error) {
	sampled := of.sampled(r)
	if about, err = withLogProbError(aboutSampled(r, of), n, weights, sampled, o); err != nil {
		return nil, about, err
	}
	file, err = exportSampler(n, weights, sampled, about, o)
	return file, about, err
}
