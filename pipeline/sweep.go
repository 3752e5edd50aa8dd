package pipeline

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
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
	out := f.out
	if out == "" {
		out = filepath.Join("out", plan.Spec.Name)
	}
	if err := errors.Join(store.CheckPath(a.db), checkFolder(out)); err != nil {
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

// fit trains one net, if that is left to do, and then does its runs.
func (s *sweeper) fit(ctx context.Context, t todo) error {
	var weights []float32
	var err error
	if t.train {
		if weights, err = s.train(ctx, t.fit); weights == nil || err != nil {
			return err
		}
	}
	if err := s.again(ctx, t); err != nil || len(t.sample) == 0 {
		return err
	}
	net, err := netOf(t.fit.Recipe)
	if err != nil {
		return err
	}
	if weights == nil {
		if weights, err = loadWeights(ctx, s.db, net, t.fit.Key); err != nil {
			return err
		}
	}
	model, err := velocity.Compile(s.engine, net, weights)
	if err != nil {
		return s.failed(ctx, "fit", t.fit.Key, err)
	}
	for _, run := range t.sample {
		if err = s.run(ctx, t.fit, run, model); err != nil {
			break
		}
	}
	return errors.Join(err, model.Close())
}

// train trains the net of a fit and stores it. No weights and no error mean that it failed and that this is noted.
func (s *sweeper) train(ctx context.Context, fit experiments.Fit) ([]float32, error) {
	if err := s.db.StartFit(ctx, fit.Key, s.env, s.now()); err != nil {
		return nil, err
	}
	start, last := s.now(), 0.
	weights, err := train(ctx, s.engine, fit, func(l experiments.Loss) {
		last = l.Value
		s.db.LogLosses(fit.Key, l)
	}, func(n int) { s.show.advance(n, 0) })
	seconds := s.now().Sub(start).Seconds()
	kept := context.WithoutCancel(ctx)
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), s.db.EndFit(kept, fit.Key, experiments.Killed, "interrupted", s.now()))
	}
	if err != nil {
		return nil, errors.Join(s.db.EndFit(kept, fit.Key, experiments.Failed, err.Error(), s.now()), s.failed(ctx, "fit", fit.Key, err))
	}
	net, err := netOf(fit.Recipe)
	if err != nil {
		return nil, err
	}
	file, err := velocity.EncodeWeights(net, weights)
	if err != nil {
		return nil, err
	}
	s.show.line("fit %s: width %d, depth %d, %s, seed %d: loss %.4f, %.1f s", fit.Key, fit.Recipe.Net.Width, fit.Recipe.Net.Depth,
		fit.Recipe.Net.Activation, fit.Seed, last, seconds)
	return weights, s.db.FinishFit(ctx, fit.Key, seconds, net.Size(), file, s.now())
}

// run samples and measures one run and stores it.
func (s *sweeper) run(ctx context.Context, fit experiments.Fit, run experiments.Run, model *velocity.Model) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	got, err := sample(model, run.Sampling, s.plan.Spec.Reference.Seed, s.now)
	var values []experiments.Value
	if err == nil {
		values, err = s.court.measure(fit.Recipe, run, got.points)
	}
	s.show.advance(0, 1)
	if err != nil {
		return errors.Join(s.db.EndRun(ctx, run.Key, s.env, experiments.Failed, err.Error(), s.now()), s.failed(ctx, "run", run.Key, err))
	}
	if err := s.db.FinishRun(ctx, run.Key, s.env, got.nfe, got.seconds, flow.EncodeNPY(got.points), s.now()); err != nil {
		return err
	}
	return s.db.SaveMetrics(ctx, run.Key, run.Reference, values)
}

// again measures the runs whose samples are stored but not all of whose metrics are.
func (s *sweeper) again(ctx context.Context, t todo) error {
	for _, run := range t.again {
		points, err := loadSamples(ctx, s.db, run.Key)
		if err != nil {
			return err
		}
		values, err := s.court.measure(t.fit.Recipe, run, points)
		s.show.advance(0, 1)
		if err != nil {
			return err
		}
		if err := s.db.SaveMetrics(ctx, run.Key, run.Reference, values); err != nil {
			return err
		}
	}
	return nil
}

// failed notes a failure and says it at once; with --fail-fast it returns it, which stops the sweep.
func (s *sweeper) failed(ctx context.Context, kind, key string, err error) error {
	text := fmt.Sprintf("%s %s failed: %v", kind, key, err)
	s.mu.Lock()
	s.failures = append(s.failures, text)
	s.mu.Unlock()
	s.show.line("%s", text)
	if s.failFast {
		return errors.New(text)
	}
	return ctx.Err()
}

func loadWeights(ctx context.Context, db *store.DB, net velocity.Net, fit string) ([]float32, error) {
	file, err := db.Weights(ctx, fit)
	if err != nil {
		return nil, err
	}
	return velocity.DecodeWeights(net, file)
}

func loadSamples(ctx context.Context, db *store.DB, run string) (flow.Batch, error) {
	file, err := db.Samples(ctx, run)
	if err != nil {
		return flow.Batch{}, err
	}
	return flow.DecodeNPY(file)
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
