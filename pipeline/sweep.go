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
	cmd.Flags().StringVar(&f.engine, "engine", engine.Auto, "what runs the nets: auto or go")
	cmd.Flags().BoolVar(&f.failFast, "fail-fast", false, "stop at the first fit or run that fails")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask before a large sweep")
	return cmd
}

// sweeper does the fits and runs of one sweep.
type sweeper struct {
	db       *store.DB
	plan     experiments.Plan
	engine   engine.Engine
	env      experiments.Environment
	court    *court
	show     *progress
	now      func() time.Time
	failFast bool

	mu       sync.Mutex
	failures []string
}

// sweep checks everything that could be wrong before it writes anything, then does what is left to do and ships it.
func (a *app) sweep(ctx context.Context, path string, f sweepFlags) error {
	plan, err := loadPlan(path)
	if err != nil {
		return err
	}
	e, why, err := engine.Pick(f.engine)
	if err != nil {
		return usage(err)
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
	s := &sweeper{
		db: db, plan: plan, engine: e, env: environment(e.Name), court: newCourt(plan.Spec), now: a.now, failFast: f.failFast,
	}
	err = s.do(ctx, a, workerCount(f.workers), why)
	if err == nil {
		err = a.finish(ctx, s, out)
	}
	return errors.Join(err, db.Close())
}

// do does what is left of the plan, several fits at once. Failed fits and runs are noted, not returned.
func (s *sweeper) do(ctx context.Context, a *app, workers int, why string) error {
	left, err := remaining(ctx, s.db, s.plan)
	if err != nil {
		return err
	}
	// A sweep that is stored as it stands and has nothing left is not started again: it was computed when it was.
	stored, err := s.db.Sweep(ctx, s.plan.Spec.Name)
	if len(left.fits) > 0 || err != nil || stored.Spec.Text != s.plan.Spec.Text {
		if err := s.db.StartSweep(ctx, s.plan, s.env, s.now()); err != nil {
			return err
		}
	}
	if len(left.fits) == 0 {
		fmt.Fprintf(a.stderr, "nothing to do: all %d fits and %d runs of %s are in %s\n",
			len(s.plan.Fits), s.plan.Runs(), s.plan.Spec.Name, a.db)
		return nil
	}
	fmt.Fprintf(a.stderr, "%s: %d fits (%d to train) and %d runs (%d to sample), %d at once, engine %s (%s)\n", s.plan.Spec.Name,
		len(s.plan.Fits), left.trained, s.plan.Runs(), left.sampled, min(workers, len(left.fits)), s.engine.Name, why)
	s.show = newProgress(a.stderr, left.trainSteps, left.measured)
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
	err = group.Wait()
	s.show.close()
	if err != nil {
		return s.stopped(ctx, a, err)
	}
	return nil
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

// stopped ends a sweep that did not come to its end, and says how to go on.
func (s *sweeper) stopped(ctx context.Context, a *app, err error) error {
	state := experiments.Failed
	if ctx.Err() != nil {
		state = experiments.Killed
		err = exitError{exitInterrupted, fmt.Errorf("interrupted: what is done is kept in %s; run the same command to go on", a.db)}
	}
	return errors.Join(err, s.db.FinishSweep(context.WithoutCancel(ctx), s.plan.Spec.Name, state, s.now()))
}

// workerCount returns how many fits are done at once.
func workerCount(asked int) int {
	if asked > 0 {
		return asked
	}
	return runtime.GOMAXPROCS(0)
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
