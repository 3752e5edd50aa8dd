package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/stage"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// sweepSpeed is how a whole sweep spends its time, as of `flowsweep bench sweep --json`.
type sweepSpeed struct {
	Engine    string       `json:"engine"`
	Cores     int          `json:"cores"` // that it may use
	Fits      int          `json:"fits"`
	Runs      int          `json:"runs"`
	Seconds   float64      `json:"seconds"`
	Processor float64      `json:"cpu_seconds"`    // of all cores together
	Used      float64      `json:"cores_used"`     // on average
	Peak      float64      `json:"peak_megabytes"` // of memory, since the program started
	Stages    []stageSpeed `json:"stages" null:"never"`
}

// stageSpeed is a stage of a sweep. While several go on side by side, each is given an equal part.
type stageSpeed struct {
	Stage     stage.Stage `json:"stage"`
	Seconds   float64     `json:"seconds"`
	Share     float64     `json:"share"` // of the time of the sweep; all add up to 1
	Processor float64     `json:"cpu_seconds"`
	Used      float64     `json:"cores_used"`
}

// sweepSpec is the reference experiment with fewer and smaller nets, fewer steps, solvers and samples.
const sweepSpec = `name: bench
target: {name: moons, noise: 0.05}
net: {width: [32, 64], depth: 3, activation: silu}
train: {steps: 2000, batch: 256, optimizer: adam, rate: 3e-3, schedule: cosine}
seeds: 2
sample: {solver: [euler, midpoint, tuned], steps: [4, 8], count: 500}
reference: {count: 500}
metrics: [sliced-w2, mmd, c2st, excess-loss, path-rmse]
choose: {metric: sliced-w2, rule: cheapest-tied}
`

// measureSweep does the sweep in temporary folders beside the store of the options.
func measureSweep(ctx context.Context, o Options) (rows any, table func(w io.Writer), err error) {
	folders, remove, err := folders(filepath.Dir(o.Store))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	speed, err := timeSweep(ctx, folders[0].Path("bench.db"), folders[1].Path(""), sweepSpec)
	if err != nil {
		err = fmt.Errorf("measure a sweep: %w", err)
	}
	return speed, speed.print, err
}

// folders makes two folders beside a path, one for the store of a sweep and one for its files, and returns what removes them.
// If this process is killed, the next command does.
func folders(beside string) (made [2]*disk.Partial, remove func() error, err error) {
	beside, err = filepath.Abs(beside)
	for i := range made {
		if err == nil {
			made[i], err = disk.NewPartial(beside)
		}
	}
	if err != nil {
		if made[0] != nil {
			err = errors.Join(err, made[0].Close())
		}
		return made, nil, fmt.Errorf("make a folder to sweep in: %w", err)
	}
	return made, func() error { return errors.Join(made[0].Close(), made[1].Close()) }, nil
}

func (s sweepSpeed) print(w io.Writer) {
	fmt.Fprintln(w, "stage\tseconds\tshare\tCPU seconds\tcores used\t")
	for _, row := range s.Stages {
		fmt.Fprintf(w, "%s\t%.2f\t%.1f %%\t%.2f\t%.2f\t\n", row.Stage, row.Seconds, 100*row.Share, row.Processor, row.Used)
	}
	fmt.Fprintf(w, "all\t%.2f\t100 %%\t%.2f\t%.2f\t\n\n", s.Seconds, s.Processor, s.Used)
	fmt.Fprintf(w, "engine\tcores\tfits\truns\tpeak memory\t\n%s\t%d\t%d\t%d\t%.0f MB\t\n", s.Engine, s.Cores, s.Fits, s.Runs, s.Peak)
}

// timeSweep does the sweep of a spec in a new store, up to the page in the folder out, as `flowsweep sweep` does it.
func timeSweep(ctx context.Context, file, out, text string) (s sweepSpeed, err error) {
	spec, err := experiments.Parse("bench", []byte(text))
	if err != nil {
		return s, err
	}
	plan, err := spec.Plan()
	if err != nil {
		return s, err
	}
	e, why, err := engine.Pick(plan.Spec.Engine)
	if err != nil {
		return s, err
	}
	s = sweepSpeed{Engine: e.Name, Cores: runtime.GOMAXPROCS(0), Fits: len(plan.Fits), Runs: plan.Runs()}
	clock := stage.NewClock()
	db, err := store.Open(ctx, file)
	if err != nil {
		return s, err
	}
	if err = db.Lock(ctx, "bench", time.Now, nil); err == nil {
		err = sweep.Sweep{
			DB: db, File: file, Plan: plan, Engine: e, Reason: why, Workers: s.Cores, Checkpoints: 5 * time.Second, FailFast: true,
			Now: time.Now, Log: io.Discard,
		}.Do(stage.With(ctx, clock), func(ctx context.Context, _ []string) error {
			return shipSweep(ctx, db, plan, e, out)
		})
	}
	err = errors.Join(err, db.Close())
	s.add(clock.Spent())
	return s, err
}

// shipSweep chooses, exports, verifies and reports.
func shipSweep(ctx context.Context, db *store.DB, plan experiments.Plan, e engine.Engine, out string) error {
	leave := stage.Enter(ctx, stage.Choose)
	stored, err := saved.Planned(ctx, db, plan)
	if err != nil {
		return err
	}
	outcome := ship.New(stored)
	leave()
	shipped, err := outcome.Ship(ctx, db, ship.Worker{Engine: e, Environment: sweep.Environment(e.Name), Now: time.Now}, out, true)
	return errors.Join(err, shipped.Err())
}

// add notes what each stage took, and the sums.
func (s *sweepSpeed) add(spent []stage.Spent) {
	for _, of := range spent {
		s.Seconds += of.Seconds
		s.Processor += of.Processor
	}
	for _, of := range spent {
		row := stageSpeed{Stage: of.Stage, Seconds: of.Seconds, Share: of.Seconds / s.Seconds, Processor: of.Processor}
		if of.Seconds > 0 {
			row.Used = of.Processor / of.Seconds
		}
		s.Stages = append(s.Stages, row)
	}
	s.Used, s.Peak = s.Processor/s.Seconds, stage.ReadUsage().Peak/1e6
}
