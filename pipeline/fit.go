package pipeline

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
	"flowsweep/store"
)

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
