package pipeline

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
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

// sweeper does the fits and runs of one sweep.
type sweeper struct {
	db       *store.DB
	plan     experiments.Plan
	engine   engine.Engine
	env      experiments.Environment
	labels   map[string]string // of the fits, by key
	court    *court
	spare    int // cores a fit may use
	show     *progress
	now      func() time.Time
	failFast bool

	memory      float64       // bytes this machine has; 0 where that is not known
	retryFailed bool          // and nothing else
	checkpoints time.Duration // between those of a training; 0: only when it is interrupted

	mu       sync.Mutex
	failures []string
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
	out, err := outFolder(f.out, plan.Spec.Name)
	if err != nil {
		return err
	}
	if err := store.CheckPath(a.db); err != nil {
		return usage(err)
	}
	if err := a.confirm(plan, f.yes); err != nil {
		return err
	}
	db, err := store.Open(ctx, a.db)
	if err != nil {
		return usage(err)
	}
	if err := a.lock(ctx, db, "sweep "+path, f.noWait); err != nil {
		return errors.Join(err, db.Close())
	}
	s := &sweeper{
		db: db, plan: plan, engine: e, env: environment(e.Name), court: newCourt(plan.Spec), now: a.now, failFast: f.failFast,
		memory: machineMemory(), retryFailed: f.retryFailed, checkpoints: f.checkpoints,
	}
	return errors.Join(a.run(ctx, s, workers, why, out), db.Close())
}

// run does what is left of a sweep and ships what came of it. However it ends, the store says how.
func (a *app) run(ctx context.Context, s *sweeper, workers int, why, out string) error {
	left, err := remaining(ctx, s.db, s.plan)
	if err != nil {
		return err
	}
	if s.labels, err = fitLabels(s.plan); err != nil {
		return err
	}
	if s.retryFailed {
		if left = left.failedOnly(); len(left.fits) == 0 {
			fmt.Fprintf(a.stderr, "nothing to do: nothing of %s in %s has failed\n", s.plan.Spec.Name, a.db)
			return nil
		}
	}
	if err := a.sayAgain(ctx, s, left); err != nil {
		return err
	}
	if len(left.fits) > 0 {
		if err := guarded(func() error { return s.court.prepare(s.plan) }); err != nil {
			return usage(err)
		}
	}
	// A sweep that is stored as it stands and has nothing left is not started again: it was computed when it was.
	same, err := s.db.Resume(ctx, s.plan, s.now())
	if err == nil && (!same || len(left.fits) > 0) {
		err = s.db.StartSweep(ctx, s.plan, s.env, s.now())
	}
	if err != nil {
		return err
	}
	if len(left.fits) == 0 {
		fmt.Fprintf(a.stderr, "nothing to do: all %d fits and %d runs of %s are in %s\n",
			len(s.plan.Fits), s.plan.Runs(), s.plan.Spec.Name, a.db)
	} else {
		fmt.Fprintf(a.stderr, "%s: %d fits (%d to train) and %d runs (%d to sample), %d at once, engine %s (%s)\n", s.plan.Spec.Name,
			len(s.plan.Fits), left.trained, s.plan.Runs(), left.sampled, min(workers, len(left.fits)), s.engine.Name, why)
		s.show = newProgress(a.stderr, left.trainSteps, left.measured)
		err = s.do(ctx, left, workers)
		s.show.close()
	}
	if err == nil {
		err = a.finish(ctx, s, out)
	}
	a.sayFailures(s.failures)
	state := experiments.Finished
	switch {
	case ctx.Err() != nil:
		state = experiments.Killed
	case err != nil:
		state = experiments.Failed
	}
	return errors.Join(err, s.db.FinishSweep(context.WithoutCancel(ctx), s.plan.Spec.Name, state, s.now()))
}

// do does the fits that are left, several at once.
func (s *sweeper) do(ctx context.Context, left work, workers int) error {
	cores := runtime.GOMAXPROCS(0)
	s.spare = max(1, cores/min(workers, len(left.fits)))
	// Fits spend their time in onnxruntime, out of the sight of Go's scheduler. With one processor more, what else there is
	// to do in Go runs beside them; with as many as cores it takes turns with them, and each turn is long.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores + 1))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, t := range longestFirst(left.fits) {
		group.Go(func() error {
			if inner.Err() != nil {
				return inner.Err()
			}
			return s.fit(inner, t)
		})
	}
	return group.Wait()
}

// fitLabels returns what tells the fits of a plan apart, seeds aside, by key.
func fitLabels(plan experiments.Plan) (map[string]string, error) {
	settings := make([]experiments.Setting, len(plan.Fits))
	for i, fit := range plan.Fits {
		settings[i] = experiments.Setting{Recipe: fit.Recipe, Sample: fit.Runs[0].Sampling}
	}
	labels, err := experiments.NewLabels(settings)
	if err != nil {
		return nil, err
	}
	byKey := map[string]string{}
	for i, fit := range plan.Fits {
		byKey[fit.Key] = labels.Recipe(i)
	}
	return byKey, nil
}

// longestFirst orders the fits so that the cores come to an end together.
func longestFirst(fits []todo) []todo {
	cost := func(t todo) float64 {
		if !t.train {
			return 0
		}
		return multiplications(t.fit.Recipe)
	}
	slices.SortStableFunc(fits, func(a, b todo) int { return cmp.Compare(cost(b), cost(a)) })
	return fits
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

// confirm asks before a very large sweep.
func (a *app) confirm(plan experiments.Plan, yes bool) error {
	if plan.Runs() <= askAbove || yes {
		return nil
	}
	in, ok := a.stdin.(*os.File)
	if !ok || !isTerminal(in) {
		return usage(fmt.Errorf("%s has %d runs, more than %d: say --yes to start it, or see `flowsweep plan`", plan.Spec.Name, plan.Runs(), askAbove))
	}
	fmt.Fprintf(a.stderr, "%s has %d fits and %d runs. Start it? [y/N] ", plan.Spec.Name, len(plan.Fits), plan.Runs())
	answer, _ := bufio.NewReader(in).ReadString('\n')
	if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y") {
		return usage(errors.New("nothing was started"))
	}
	return nil
}
