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
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
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
	listen      listenFlags
	part        string
}

func (a *app) sweepCommand() *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:   "sweep SPEC",
		Short: "Train, sample, measure, choose, export, verify and report; nothing stored is done again",
		Long: "Train, sample, measure, choose, export, verify and report; nothing stored is done again. " + specHelp + "\n" +
			"Ctrl-C, SIGTERM and a closed terminal stop it cleanly: the same command goes on where it was.",
		Example: "  flowsweep sweep ring.yaml\n  flowsweep sweep ring.yaml --db ring.db --out out/first --workers 2\n" +
			"  flowsweep sweep ring.yaml --part 1/3 --db part1.db\n  flowsweep sweep ring.yaml --listen :4222 --address-file ring.address",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.listen.checkListen(cmd.Flags()); err != nil {
				return err
			}
			return a.sweep(cmd.Context(), args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.out, "out", "", "the output `folder` (default out/<sweep name>)")
	cmd.Flags().IntVar(&f.workers, "workers", 0, "fits to do at once; 0 means one per core")
	cmd.Flags().StringVar(&f.engine, "engine", "", "what runs the nets: auto, onnxruntime or go (default from the spec)")
	cmd.Flags().BoolVar(&f.failFast, "fail-fast", false, "stop at the first fit or run that fails")
	cmd.Flags().DurationVar(&f.checkpoints, "checkpoint-every", 5*time.Second,
		"the `time` of training between checkpoints, from which it goes on after a crash; 0 for one at an interrupt only")
	cmd.Flags().BoolVar(&f.retryFailed, "retry-failed", false, "do only what failed before")
	cmd.Flags().StringVar(&f.part, "part", "", "do only part `K/N` of the fits, such as 1/3, and choose nothing: the stores of all parts go to db merge")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask before a large sweep")
	cmd.Flags().BoolVar(&f.noWait, "no-wait", false, "if another sweep is using the store, fail instead of waiting")
	f.listen.add(cmd.Flags())
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
		return command.Usage(err)
	}
	workers, err := workerCount(f.workers)
	if err != nil {
		return err
	}
	part, err := partOf(f.part)
	if err != nil {
		return err
	}
	out, err := ship.SweepFolder(f.out, plan.Spec.Name)
	if err != nil {
		return err
	}
	if err := a.checkSweep(f); err != nil {
		return err
	}
	if err := checkEarly(plan, part, f.listen); err != nil {
		return err
	}
	if err := a.confirmLarge(plan, f.yes); err != nil {
		return err
	}
	a.printNotes(plan.Spec)
	s := sweep.Sweep{
		File: a.DB, Plan: plan, Engine: e, Reason: why, Workers: workers, Part: part, Checkpoints: f.checkpoints, FailFast: f.failFast,
		RetryFailed: f.retryFailed, Now: a.Now, Log: a.Stderr,
	}
	if !part.Whole() {
		if err := nameMachine(ctx, &s); err != nil {
			return err
		}
	}
	return a.sweepStore(ctx, s, path, f, out)
}

// checkSweep checks what else of a sweep can be wrong before it starts.
func (a *app) checkSweep(f sweepFlags) error {
	if f.checkpoints < 0 {
		return command.Usage(fmt.Errorf("--checkpoint-every %v: must not be negative; 0 means only on an interrupt", f.checkpoints))
	}
	return command.Usage(store.CheckPath(a.DB))
}

// printNotes prints what a person should know of the data before a sweep.
func (a *app) printNotes(spec experiments.Spec) {
	for _, note := range spec.Notes() {
		fmt.Fprintln(a.Stderr, "data:", note)
	}
	planConditions(spec).print(func(name, format string, args ...any) {
		fmt.Fprintf(a.Stderr, name+": "+format+"\n", args...)
	})
	for _, caution := range spec.Cautions() {
		fmt.Fprintln(a.Stderr, "caution:", caution)
	}
}

// sweepStore does the sweep of a spec in the store of --db and ships the outcome, unless it is a part.
func (a *app) sweepStore(ctx context.Context, s sweep.Sweep, path string, f sweepFlags, out string) error {
	db, err := store.Open(ctx, a.DB)
	if err != nil {
		return command.Usage(err)
	}
	if err := a.Lock(ctx, db, "sweep "+path, f.noWait); err != nil {
		return errors.Join(err, db.Close())
	}
	s.DB = db
	if f.listen.listen != "" {
		host, err := a.listen(ctx, f.listen, &s)
		if err != nil {
			return errors.Join(err, db.Close())
		}
		defer host.Close()
	}
	err = s.Do(ctx, func(ctx context.Context, failures []string) error {
		if !s.Part.Whole() {
			return a.printPart(s, path, failures)
		}
		return a.shipSweep(ctx, s, failures, out)
	})
	return errors.Join(err, a.listAfter(ctx, s, out), db.Close())
}

// shipSweep chooses, exports, verifies and reports, and returns the error that the sweep ends with.
func (a *app) shipSweep(ctx context.Context, s sweep.Sweep, failures []string, out string) error {
	outcome, err := choose(ctx, s)
	if err != nil {
		return err
	}
	shipped, err := outcome.Ship(a.withProgress(ctx), s.DB, a.worker(s.Engine), out, true)
	if err != nil {
		return err
	}
	a.printShipped(shipped, out)
	return sweepError(shipped, failures)
}

// sweepError returns the error that a sweep ends with, if any: a file that must not be used comes before runs that failed.
func sweepError(s ship.Shipped, failures []string) error {
	err := s.Err()
	if len(failures) > 0 && (err == nil || err == s.NoChoice) {
		return failuresError(failures)
	}
	return err
}

// failuresError returns the error of a sweep in which fits or runs failed; nil if none did.
func failuresError(failures []string) error {
	if len(failures) == 0 {
		return nil
	}
	return fmt.Errorf("%d failed, the others are kept; the first: %s", len(failures), failures[0])
}

// printShipped prints what was chosen and where the files are.
func (a *app) printShipped(s ship.Shipped, out string) {
	metric := s.Sweep.Spec.Choose.Metric
	for _, t := range s.Targets {
		if t.Err == nil {
			a.printChosen(s, t)
		}
	}
	a.printEarly(s.Sweep)
	if g := planConditions(s.Sweep.Spec); s.NoChoice == nil && g != nil && len(g.Guidance) > 1 {
		fmt.Fprintf(a.Stdout, "guidance  %s\n", g.weights())
	}
	if s.Twin != nil {
		st, _ := s.Twin.Stat(metric)
		fmt.Fprintf(a.Stdout, "sampler   %s, %d steps (NFE %s): %s %s, the fixed-step twin of the chosen setting, as sampler.onnx computes it\n",
			s.Twin.Setting.Sample.Solver.Name, s.Twin.Setting.Sample.Steps, s.Twin.NFE, st.Name, st.Interval())
	}
	if got, ok := s.Fresh.Metrics[metric]; ok {
		seen := "points the choice never saw"
		if s.Fresh.SameRows {
			seen = "fresh noise, against the held-out rows that the choice used"
		}
		fmt.Fprintf(a.Stdout, "fresh     %s %s on %s\n", metric, got.Interval, seen)
	}
	if s.NoChoice == nil {
		fmt.Fprintf(a.Stdout, "verdict   %s\n", s.Verdict.Sentence())
		sample := s.Chosen().Setting.Sample
		if text := s.Chosen().TuningWords(fmt.Sprintf("%s with %d steps", sample.Solver.Name, sample.Steps)); text != "" {
			fmt.Fprintf(a.Stdout, "tuned     %s.\n", text)
		}
		if text := experiments.MemoryOf(s.Chosen(), nil).Sentence(); text != "" {
			fmt.Fprintf(a.Stdout, "rows      %s\n", text)
		}
	}
	for _, c := range s.Checks {
		if c.OK {
			a.printCheck(filepath.Join(out, c.File), c)
		}
	}
	a.printAbsent(out, s.Absent)
	if text := s.Sweep.RoundingCaution(); text != "" {
		fmt.Fprintf(a.Stdout, "caution   %s\n", problem.Printable(text))
	}
	fmt.Fprintf(a.Stdout, "report    %s\n", filepath.Join(out, ship.ReportFile))
}

// printChosen prints what was chosen for a target, which it names if there are several.
func (a *app) printChosen(s ship.Shipped, t experiments.TargetChoice) {
	chosen := s.Summaries[t.Chosen]
	st, _ := chosen.Stat(s.Sweep.Spec.Choose.Metric)
	target := ""
	if len(s.Targets) > 1 {
		target = "for " + s.Labels.Target(t.Chosen) + ": "
	}
	fmt.Fprintf(a.Stdout, "chosen    %s%s (NFE %s): %s %s, the %s\n", target, s.Labels.Setting(t.Chosen), chosen.NFE, st.Name, st.Interval(), t.Reason)
}

// workerCount returns how many fits to do at once.
func workerCount(asked int) (int, error) {
	if asked < 0 {
		return 0, command.Usage(fmt.Errorf("--workers %d: must not be negative; 0 means one per core", asked))
	}
	if asked == 0 {
		asked = runtime.GOMAXPROCS(0)
	}
	return asked, nil
}

// confirmLarge asks before a very large sweep.
func (a *app) confirmLarge(plan experiments.Plan, yes bool) error {
	if plan.Runs() <= askAbove {
		return nil
	}
	name := plan.Spec.Name
	return a.Confirm(fmt.Sprintf("%s has %d fits and %d runs. Start it?", name, len(plan.Fits), plan.Runs()),
		fmt.Sprintf("%s has %d runs, more than %d: use --yes to start it, or see `flowsweep plan`", name, plan.Runs(), askAbove),
		"nothing was started", yes)
}
