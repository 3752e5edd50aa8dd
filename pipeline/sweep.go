package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
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
		Short: "Train, sample, measure, choose, export, verify and report; nothing stored is done again",
		Long: "Train, sample, measure, choose, export, verify and report; nothing stored is done again. " + specHelp + "\n" +
			"Ctrl-C, SIGTERM and a closed terminal stop it cleanly: the same command goes on where it was.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.sweep(cmd.Context(), args[0], f) },
	}
	cmd.Flags().StringVar(&f.out, "out", "", "the output `folder` (default out/<sweep name>)")
	cmd.Flags().IntVar(&f.workers, "workers", 0, "fits to do at once; 0 means one per core")
	cmd.Flags().StringVar(&f.engine, "engine", "", "what runs the nets: auto, onnxruntime or go (default from the spec)")
	cmd.Flags().BoolVar(&f.failFast, "fail-fast", false, "stop at the first fit or run that fails")
	cmd.Flags().DurationVar(&f.checkpoints, "checkpoint-every", 5*time.Second,
		"the `time` of training between checkpoints, from which it goes on after a crash; 0 for one at an interrupt only")
	cmd.Flags().BoolVar(&f.retryFailed, "retry-failed", false, "do only what failed before")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask before a large sweep")
	cmd.Flags().BoolVar(&f.noWait, "no-wait", false, "if another sweep is using the store, fail instead of waiting")
	return cmd
}

// sweep checks all input before it writes anything, then does what is left of the plan and ships the outcome.
func (a *app) sweep(ctx context.Context, path string, f sweepFlags) error {
	plan, err := a.loadPlan(ctx, path)
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
		return usage(fmt.Errorf("--checkpoint-every %v: must not be negative; 0 means only on an interrupt", f.checkpoints))
	}
	out, err := ship.SweepFolder(f.out, plan.Spec.Name)
	if err != nil {
		return err
	}
	if err := store.CheckPath(a.db); err != nil {
		return usage(err)
	}
	if err := a.confirmLarge(plan, f.yes); err != nil {
		return err
	}
	for _, note := range plan.Spec.Notes() {
		fmt.Fprintln(a.stderr, "data:", note)
	}
	planConditions(plan.Spec).print(func(name, format string, args ...any) {
		fmt.Fprintf(a.stderr, name+": "+format+"\n", args...)
	})
	for _, caution := range plan.Spec.Cautions() {
		fmt.Fprintln(a.stderr, "caution:", caution)
	}
	s := sweep.Sweep{
		File: a.db, Plan: plan, Engine: e, Reason: why, Workers: workers, Checkpoints: f.checkpoints, FailFast: f.failFast,
		RetryFailed: f.retryFailed, Now: a.now, Log: a.stderr,
	}
	return a.sweepStore(ctx, s, "sweep "+path, f.noWait, out)
}

// sweepStore does the sweep in the store of --db and ships the outcome.
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

// shipSweep chooses, exports, verifies and reports, and returns the error that the sweep ends with.
func (a *app) shipSweep(ctx context.Context, s sweep.Sweep, failures []string, out string) error {
	stored, err := saved.Planned(ctx, s.DB, s.Plan)
	if err != nil {
		return err
	}
	shipped, err := ship.New(stored).Ship(a.withProgress(ctx), s.DB, a.worker(s.Engine), out, true)
	if err != nil {
		return err
	}
	a.printShipped(shipped, out)
	return sweepError(shipped, failures)
}

// sweepError returns the error that a sweep ends with, if any: a file that must not be used comes before runs that failed.
func sweepError(s ship.Shipped, failures []string) error {
	err := s.Err()
	if n := len(failures); n > 0 && (err == nil || err == s.NoChoice) {
		return fmt.Errorf("%d failed, the others are kept; the first: %s", n, failures[0])
	}
	return err
}

// printShipped prints what was chosen and where the files are.
func (a *app) printShipped(s ship.Shipped, out string) {
	metric := s.Sweep.Spec.Choose.Metric
	for _, t := range s.Targets {
		if t.Err == nil {
			a.printChosen(s, t)
		}
	}
	if g := planConditions(s.Sweep.Spec); s.NoChoice == nil && g != nil && len(g.Guidance) > 1 {
		fmt.Fprintf(a.stdout, "guidance  %s\n", g.weights())
	}
	if s.Twin != nil {
		st, _ := s.Twin.Stat(metric)
		fmt.Fprintf(a.stdout, "sampler   %s, %d steps (NFE %s): %s %s, the fixed-step twin of the chosen setting, as sampler.onnx computes it\n",
			s.Twin.Setting.Sample.Solver.Name, s.Twin.Setting.Sample.Steps, s.Twin.NFE, st.Name, st.Interval())
	}
	if got, ok := s.Fresh.Metrics[metric]; ok {
		seen := "points the choice never saw"
		if s.Fresh.SameRows {
			seen = "fresh noise, against the held-out rows that the choice used"
		}
		fmt.Fprintf(a.stdout, "fresh     %s %s on %s\n", metric, got.Interval, seen)
	}
	if s.NoChoice == nil {
		fmt.Fprintf(a.stdout, "verdict   %s\n", s.Verdict.Sentence())
		sample := s.Chosen().Setting.Sample
		if text := s.Chosen().TuningWords(fmt.Sprintf("%s with %d steps", sample.Solver.Name, sample.Steps)); text != "" {
			fmt.Fprintf(a.stdout, "tuned     %s.\n", text)
		}
		if text := experiments.MemoryOf(s.Chosen(), nil).Sentence(); text != "" {
			fmt.Fprintf(a.stdout, "rows      %s\n", text)
		}
	}
	for _, c := range s.Checks {
		if c.OK {
			a.printCheck(filepath.Join(out, c.File), c)
		}
	}
	a.printAbsent(out, s.Absent)
	fmt.Fprintf(a.stdout, "report    %s\n", filepath.Join(out, ship.ReportFile))
}

// printChosen prints what was chosen for a target, which it names if there are several.
func (a *app) printChosen(s ship.Shipped, t experiments.TargetChoice) {
	chosen := s.Summaries[t.Chosen]
	st, _ := chosen.Stat(s.Sweep.Spec.Choose.Metric)
	target := ""
	if len(s.Targets) > 1 {
		target = "for " + s.Labels.Target(t.Chosen) + ": "
	}
	fmt.Fprintf(a.stdout, "chosen    %s%s (NFE %s): %s %s, the %s\n", target, s.Labels.Setting(t.Chosen), chosen.NFE, st.Name, st.Interval(), t.Reason)
}

// workerCount returns how many fits to do at once.
func workerCount(asked int) (int, error) {
	if asked < 0 {
		return 0, usage(fmt.Errorf("--workers %d: must not be negative; 0 means one per core", asked))
	}
	if asked == 0 {
		asked = runtime.GOMAXPROCS(0)
	}
	return asked, nil
}
