package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments/engine"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// askAbove is the number of runs above which a sweep asks before it starts.
const askAbove = 10_000

type sweepFlags struct {
	out      string
	workers  int
	engine   string
	failFast bool
	yes      bool
	noWait   bool

	retryFailed bool
	checkpoints time.Duration
}

func (a *app) sweepCommand() *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:   "sweep SPEC",
		Short: "Train, sample, measure, choose, export, verify and report; what is stored is not done again",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.sweep(cmd.Context(), args[0], f) },
	}
	cmd.Flags().StringVar(&f.out, "out", "", "the output `folder` (default out/<sweep name>)")
	cmd.Flags().IntVar(&f.workers, "workers", 0, "fits done at once; 0 means one a core")
	cmd.Flags().StringVar(&f.engine, "engine", "", "what runs the nets: auto, onnxruntime or go (default what the spec says)")
	cmd.Flags().BoolVar(&f.failFast, "fail-fast", false, "stop at the first fit or run that fails")
	cmd.Flags().DurationVar(&f.checkpoints, "checkpoint-every", 5*time.Second,
		"the `time` of training between checkpoints, from which it goes on after a crash; 0 for one at an interrupt only")
	cmd.Flags().BoolVar(&f.retryFailed, "retry-failed", false, "do only what failed before; without it that is done with the rest")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask before a large sweep")
	cmd.Flags().BoolVar(&f.noWait, "no-wait", false, "end with an error if another sweep works on the store, rather than wait for it")
	return cmd
}

// sweep checks everything that could be wrong before it writes anything, then does what is left to do and ships it.
func (a *app) sweep(ctx context.Context, path string, f sweepFlags) error {
	plan, err := loadPlan(path)
	if err != nil {
		return err
	}
	if f.engine == "" {
		f.engine = plan.Spec.Engine
	}
	e, why, err := engine.Pick(f.engine)
	if err != nil {
		return usage(err)
	}
	workers, err := workerCount(f.workers)
	if err != nil {
		return err
	}
	if f.checkpoints < 0 {
		return usage(fmt.Errorf("--checkpoint-every %v: give a time, or 0 for a checkpoint at an interrupt only", f.checkpoints))
	}
	out, err := ship.Folder(f.out, plan.Spec.Name)
	if err != nil {
		return err
	}
	if err := store.CheckPath(a.db); err != nil {
		return usage(err)
	}
	if err := a.confirmLarge(plan, f.yes); err != nil {
		return err
	}
	s := sweep.Sweep{
		File: a.db, Plan: plan, Engine: e, Reason: why, Workers: workers, Checkpoints: f.checkpoints, FailFast: f.failFast,
		RetryFailed: f.retryFailed, Now: a.now, Log: a.stderr,
	}
	return a.sweepStore(ctx, s, "sweep "+path, f.noWait, out)
}

// sweepStore does a sweep on the store of --db, and ships what came of it.
func (a *app) sweepStore(ctx context.Context, s sweep.Sweep, command string, noWait bool, out string) error {
	db, err := store.Open(ctx, a.db)
	if err != nil {
		return usage(err)
	}
	if err := a.lock(ctx, db, command, noWait); err != nil {
		return errors.Join(err, db.Close())
	}
	s.DB = db
	err = s.Do(ctx, func(ctx context.Context, failures []string) error { return a.shipSweep(ctx, s, failures, out) })
	return errors.Join(err, db.Close())
}

// shipSweep chooses, exports, verifies and reports what the store holds of a sweep, and says how it ended.
func (a *app) shipSweep(ctx context.Context, s sweep.Sweep, failures []string, out string) error {
	stored, err := saved.Planned(ctx, s.DB, s.Plan)
	if err != nil {
		return err
	}
	outcome, err := ship.New(stored)
	if err != nil {
		return err
	}
	shipped, err := outcome.Ship(ctx, s.DB, s.Engine, out, true)
	if err != nil {
		return err
	}
	a.printShipped(shipped, out)
	return sweepError(shipped, failures)
}

// sweepError is the error a sweep ends with, if it does: a file that must not be used first, then what failed.
func sweepError(s ship.Shipped, failures []string) error {
	err := s.Err()
	if n := len(failures); n > 0 && (err == nil || err == s.NoChoice) {
		return fmt.Errorf("%d failed, the others are kept; the first: %s", n, failures[0])
	}
	return err
}

// printShipped says what came of a sweep and where it is.
func (a *app) printShipped(s ship.Shipped, out string) {
	metric := s.Sweep.Spec.Choose.Metric
	if s.NoChoice == nil {
		chosen := s.Chosen()
		st, _ := chosen.Stat(metric)
		fmt.Fprintf(a.stdout, "chosen    %s (NFE %s): %s %s, the %s\n", s.Labels.Setting(s.Choice.Chosen), chosen.NFE, st.Name, st.Interval(), s.Choice.Reason)
	}
	if got, ok := s.Fresh.Metrics[metric]; ok {
		fmt.Fprintf(a.stdout, "fresh     %s %s on points the choice never saw\n", metric, got)
	}
	for _, c := range s.Checks {
		if c.OK {
			a.printCheck(filepath.Join(out, c.File), c)
		}
	}
	fmt.Fprintf(a.stdout, "report    %s\n", filepath.Join(out, ship.ReportFile))
}

// workerCount returns how many fits are done at once.
func workerCount(asked int) (int, error) {
	if asked < 0 {
		return 0, usage(fmt.Errorf("--workers %d: give a number of workers, or 0 for one a core", asked))
	}
	if asked == 0 {
		asked = runtime.GOMAXPROCS(0)
	}
	return asked, nil
}
