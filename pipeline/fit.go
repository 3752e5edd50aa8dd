package pipeline

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
	"flowsweep/store"
)

// fit trains one net, if that is left to do, and then does its runs. What goes wrong with a fit or a run is noted and
// not returned; what goes wrong with the store is. What is done is stored even if the context has ended meanwhile.
func (s *sweeper) fit(ctx context.Context, t todo) error {
	if t.train {
		if ok, err := s.train(ctx, t.fit); err != nil || !ok {
			return err
		}
	}
	net, err := netOf(t.fit.Recipe)
	if err != nil {
		return err
	}
	weights, err := loadWeights(ctx, s.db, net, t.fit.Key)
	if err != nil {
		return err
	}
	var f *fitted
	err = guarded(func() (err error) {
		f, err = newFitted(s.engine, t.fit, weights, s.plan.Spec.Reference.Seed)
		return err
	})
	if err != nil {
		return s.failed("fit", t.fit.Key, err)
	}
	return errors.Join(s.runs(ctx, t, f), f.close())
}

// runs does the runs of a fit that are left to sample or to measure.
func (s *sweeper) runs(ctx context.Context, t todo, f *fitted) error {
	for _, run := range t.again {
		points, err := loadSamples(ctx, s.db, run.Key)
		if err != nil {
			return err
		}
		if err := s.measure(ctx, f, run, points); err != nil {
			return err
		}
	}
	for _, run := range t.sample {
		if err := s.run(ctx, f, run); err != nil {
			return err
		}
	}
	return nil
}

// train trains the net of a fit, from its checkpoint if there is one, and stores its weights. It reports false, with no
// error, where that failed.
func (s *sweeper) train(ctx context.Context, fit experiments.Fit) (ok bool, err error) {
	started, err := s.db.StartFit(ctx, fit.Key, s.env, s.now())
	if err != nil || !started {
		return !started, err // it finished meanwhile, elsewhere
	}
	net, err := netOf(fit.Recipe)
	if err != nil {
		return false, err
	}
	last := 0.
	t := &training{
		fit: fit, engine: s.engineFor(net, fit), ahead: s.spare > 1, pace: newPace(s.checkpoints, s.now),
		resumed: func(step int) {
			s.show.line("fit %s: %s, seed %d: goes on from step %d of %d", fit.Key, s.labels[fit.Key], fit.Seed, step, fit.Recipe.Train.Steps)
			s.show.skip(step)
		},
		log: func(l experiments.Loss) {
			last = l.Value
			s.db.LogLosses(fit.Key, l)
		},
		steps: func(n int) { s.show.advance(n, 0) },
		save:  func(c checkpoint) { s.saveCheckpoint(ctx, c) },
	}
	if t.from, err = s.checkpointOf(ctx, fit, t.engine.Name); err != nil {
		return false, err
	}
	weights, err := s.trained(ctx, t)
	kept := context.WithoutCancel(ctx)
	if err != nil && errors.Is(err, ctx.Err()) {
		return false, errors.Join(err, s.db.EndFit(kept, fit.Key, experiments.Killed, "interrupted", s.now()))
	}
	if err != nil {
		return false, errors.Join(s.db.EndFit(kept, fit.Key, experiments.Failed, err.Error(), s.now()), s.failed("fit", fit.Key, err))
	}
	file, err := velocity.EncodeWeights(net, weights)
	if err != nil {
		return false, err
	}
	seconds := t.seconds()
	if err := s.db.FinishFit(kept, fit.Key, seconds, net.Size(), file, s.now()); err != nil {
		return false, err
	}
	s.show.line("fit %s: %s, seed %d: loss %.4f, %.1f s", fit.Key, s.labels[fit.Key], fit.Seed, last, seconds)
	return true, nil
}

// trained returns the weights of a training, which starts from nothing where its checkpoint turns out to be of no use.
func (s *sweeper) trained(ctx context.Context, t *training) (weights []float32, err error) {
	run := func() (err error) {
		net, err := netOf(t.fit.Recipe)
		if err == nil {
			err = checkMemory(net, s.memory)
		}
		if err != nil {
			return err
		}
		weights, err = t.run(ctx)
		return err
	}
	err = guarded(run)
	if bad := (*velocity.CheckpointError)(nil); errors.As(err, &bad) {
		if err := s.dropCheckpoint(ctx, t.fit, bad.Err); err != nil {
			return nil, err
		}
		t.from = nil
		err = guarded(run)
	}
	return weights, err
}

// run samples one run, stores the samples, and measures them.
func (s *sweeper) run(ctx context.Context, f *fitted, run experiments.Run) error {
	var got sampled
	err := guarded(func() (err error) {
		got, err = f.sample(ctx, run.Sampling, s.now)
		return err
	})
	if err != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	kept := context.WithoutCancel(ctx)
	if err != nil {
		s.show.advance(0, 1)
		return errors.Join(s.db.EndRun(kept, run.Key, s.env, experiments.Failed, err.Error(), s.now()), s.failed("run", run.Key, err))
	}
	if err := s.db.FinishRun(kept, run.Key, s.env, got.nfe, got.most, got.seconds, flow.EncodeNPY(got.points), s.now()); err != nil {
		return err
	}
	return s.measure(kept, f, run, got.points)
}

// measure measures the samples of a run and stores the values.
func (s *sweeper) measure(ctx context.Context, f *fitted, run experiments.Run, points flow.Batch) error {
	var values []experiments.Value
	err := guarded(func() (err error) {
		values, err = s.court.measure(f, run, points)
		return err
	})
	s.show.advance(0, 1)
	if err != nil {
		return s.failed("run", run.Key, err)
	}
	return s.db.SaveMetrics(ctx, run.Key, run.Reference, values)
}

// threadsPay is the floating-point operations of a training step above which a second thread pays: below, threads wait
// for each other longer than they work (`flowsweep bench train`).
const threadsPay = 200e6

// engineFor returns the engine with as many threads as there are cores for the fit, if it is large enough to use them.
func (s *sweeper) engineFor(net velocity.Net, fit experiments.Fit) engine.Engine {
	if stepFlops(net, fit.Recipe.Train.Batch) < threadsPay {
		return s.engine
	}
	return s.engine.WithThreads(s.spare)
}

// failed notes a failure and says it at once; with --fail-fast it returns it, which stops the sweep.
func (s *sweeper) failed(kind, key string, err error) error {
	text := fmt.Sprintf("%s %s failed: %v", kind, key, err)
	s.mu.Lock()
	s.failures = append(s.failures, text)
	s.mu.Unlock()
	s.show.line("%s", text)
	if s.failFast {
		return errors.New(text)
	}
	return nil
}

// guarded returns the panic of do, if there is one, as an error: a fit that asks for more memory than there can be must
// not take the others with it.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return do()
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
