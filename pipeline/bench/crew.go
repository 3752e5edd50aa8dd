package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/stage"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// CrewSpeed is how fast a host takes in the fits of other machines, as of `flowsweep bench crew --json`. The workers, which train
// nothing, are in other processes of this machine, and share its cores with the host.
type CrewSpeed struct {
	Fits      int     `json:"fits"`
	Runs      int     `json:"runs"`
	Workers   int     `json:"workers"`
	Processes int     `json:"processes"`               // that have the workers
	Part      int64   `json:"part_bytes"`              // that a fit sends
	Seconds   float64 `json:"seconds"`                 // from the first fit begun to the last one sent
	Rate      float64 `json:"fits_per_second"`         // taken in by the host
	Limit     float64 `json:"fits_per_second_limit"`   // by a store, from files, in a loop
	Host      float64 `json:"host_cpu_milliseconds"`   // a fit
	Take      float64 `json:"take_milliseconds"`       // a fit, in that loop
	Worker    float64 `json:"worker_cpu_milliseconds"` // a fit, for all that workers do
	Peak      float64 `json:"peak_megabytes"`          // of the host, resident; 0 where the system does not tell
	Lost      int     `json:"lost"`                    // fits and runs that the store lacks
	Twice     int     `json:"twice"`                   // fits that workers did more than once
}

// The crew that is measured.
const (
	crewFits      = 10_000
	crewWorkers   = 100
	crewProcesses = 4
)

// crewSpec is a sweep of so many fits, with five runs each, whose parts have a usual size.
const crewSpec = `name: bench
target: moons
net: {width: 64, depth: 3, activation: silu}
train: {steps: 1000, batch: 64, rate: 3e-3}
seeds: %d
sample: {solver: euler, steps: [1, 2, 4, 8, 16], count: 2000}
reference: {count: 500}
metrics: [sliced-w2, energy]
`

func measureCrew(ctx context.Context, o Options) (any, func(w io.Writer), error) {
	if o.Play != "" {
		played, err := play(ctx, o.Play)
		return played, func(io.Writer) {}, err
	}
	if o.Count == 0 {
		o.Count = crewFits
	}
	speed, err := Crew(ctx, os.Args[0], filepath.Dir(o.Store), o.Count)
	if err != nil {
		err = fmt.Errorf("measure a crew: %w", err)
	}
	return speed, speed.print, err
}

func (s CrewSpeed) print(w io.Writer) {
	fmt.Fprintln(w, "fits/s\tlimit\tof limit\tms to take\tkB a fit\thost CPU ms\tworker CPU ms\tpeak memory\tlost\ttwice\t")
	fmt.Fprintf(w, "%.1f\t%.1f\t%.0f %%\t%.1f\t%.0f\t%.1f\t%.1f\t%.0f MB\t%d\t%d\t\n", s.Rate, s.Limit, 100*s.Rate/s.Limit, s.Take,
		float64(s.Part)/1e3, s.Host, s.Worker, s.Peak, s.Lost, s.Twice)
	fmt.Fprintf(w, "\nfits\truns\tworkers\tprocesses\tseconds\t\n%d\t%d\t%d\t%d\t%.1f\t\n", s.Fits, s.Runs, s.Workers, s.Processes, s.Seconds)
}

// Crew measures a host with so many fits. It uses temporary folders beside a path, and starts the program for the workers.
func Crew(ctx context.Context, program, beside string, fits int) (s CrewSpeed, err error) {
	folders, remove, err := folders(beside)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	c := &crewBench{program: program, store: folders[0].Path("bench.db"), folder: folders[1].Path(""), text: fmt.Sprintf(crewSpec, fits)}
	one, err := planOf(fmt.Sprintf(crewSpec, 1)) // of that alone, so that what it takes does not count for the host
	if err != nil {
		return s, err
	}
	if c.engine, c.why, err = engine.Pick(one.Spec.Engine); err != nil {
		return s, err
	}
	part, err := makeTemplate(ctx, one, c.engine, c.template())
	if err != nil {
		return s, err
	}
	if c.plan, err = planOf(c.text); err != nil {
		return s, err
	}
	s = CrewSpeed{Fits: fits, Runs: c.plan.Runs(), Workers: crewWorkers, Processes: crewProcesses, Part: part}
	if err := c.host(ctx, &s); err != nil {
		return s, err
	}
	return s, c.limit(ctx, &s)
}

// crewBench is what the parts of the measurement share.
type crewBench struct {
	program, store, folder, text string

	plan   experiments.Plan
	engine engine.Engine
	why    string
}

// template returns the path of the part that all others are made from.
func (c *crewBench) template() string { return filepath.Join(c.folder, "template.db") }

// planOf returns the plan of a spec.
func planOf(text string) (experiments.Plan, error) {
	spec, err := experiments.Parse("bench", []byte(text))
	if err != nil {
		return experiments.Plan{}, err
	}
	return spec.Plan()
}

// host does the sweep by workers, as `flowsweep sweep --listen` does, and counts what is stored.
func (c *crewBench) host(ctx context.Context, s *CrewSpeed) (err error) {
	folder := filepath.Join(c.folder, "host")
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	host, err := crew.Listen(ctx, crew.HostOptions{Listen: "127.0.0.1:0", Token: rand.Text(), Folder: folder})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.Close()) }()
	db, err := store.Open(ctx, c.store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Lock(ctx, "bench", time.Now, nil); err != nil {
		return err
	}
	var said bytes.Buffer
	used, done := stage.ReadUsage().Processor, make([]played, s.Processes)
	group, inner := errgroup.WithContext(ctx)
	for i := range s.Processes {
		group.Go(func() (err error) {
			done[i], err = c.start(inner, toPlay{Address: host.Address().String(), Spec: c.text, Template: c.template(), Number: i, Workers: s.Workers / s.Processes})
			return err
		})
	}
	group.Go(func() error {
		return sweep.Sweep{
			DB: db, File: c.store, Plan: c.plan, Engine: c.engine, Reason: c.why, Workers: 1, Rounding: benchRounding, FailFast: true, Now: time.Now, Log: &said,
			Crew: &sweep.Crew{Host: host, Silence: time.Minute, Copies: time.Minute, Folder: c.folder},
		}.Do(inner, func(context.Context, []string) error { return nil })
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("%w, after the host said: %s", err, said.Bytes()[max(0, said.Len()-saidEnd):])
	}
	usage := stage.ReadUsage()
	s.Host, s.Peak = 1000*(usage.Processor-used)/float64(s.Fits), usage.Peak/1e6
	s.add(done)
	s.Lost, err = missing(ctx, db, c.plan)
	return err
}

// saidEnd is how much of what the host said an error shows, in bytes.
const saidEnd = 500

// benchRounding stands for the rounding of machines, which are all this one.
const benchRounding = "bench"

// start starts a process that plays workers, and returns what they did once the sweep is over.
func (c *crewBench) start(ctx context.Context, p toPlay) (done played, err error) {
	p.Beside = filepath.Dir(c.folder)
	text, err := json.Marshal(p)
	if err != nil {
		return done, err
	}
	path := filepath.Join(c.folder, fmt.Sprintf("play-%d.json", p.Number))
	if err := os.WriteFile(path, text, 0o600); err != nil { // it has the token
		return done, err
	}
	_, output, err := runApart(ctx, c.program, c.folder, []string{"bench", "crew", "--json", "--play", path})
	if err != nil {
		return done, err
	}
	return done, json.Unmarshal(output, &done)
}

// add adds what the processes did.
func (s *CrewSpeed) add(list []played) {
	var first, last time.Time
	did, used := 0, 0.
	for _, p := range list {
		used += p.Processor
		if p.Fits == 0 {
			continue
		}
		if did == 0 || first.After(p.First) {
			first = p.First
		}
		if last.Before(p.Last) {
			last = p.Last
		}
		did += p.Fits
	}
	s.Twice = did - s.Fits
	s.Seconds = last.Sub(first).Seconds()
	s.Rate, s.Worker = float64(s.Fits)/s.Seconds, 1000*used/float64(did)
}

// missing returns how many fits and runs of a plan the store lacks.
func missing(ctx context.Context, db *store.DB, plan experiments.Plan) (n int, err error) {
	states, err := db.States(ctx, plan)
	if err != nil {
		return 0, err
	}
	for _, fit := range plan.Fits {
		if states.Fits[fit.Key] != experiments.Finished {
			n++
		}
		for _, run := range sampled(fit) {
			if states.Runs[run.Key] != experiments.Finished || !experiments.Measured(fit.MetricsOf(run, plan.Spec), states.Metrics[run.Key]) {
				n++
			}
		}
	}
	return n, nil
}
