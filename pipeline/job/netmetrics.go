package job

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
	"flowsweep/experiments/velocity"
)

// netMetric measures a metric of the net, or of one of its runs, of which the points are. One of the net is measured once.
func (f *Fitted) netMetric(m metric.Metric, s experiments.Sampling, points flow.Batch) (metric.Measurement, error) {
	if got, ok := f.once[m.Name]; ok {
		return got, nil
	}
	switch {
	case m.OfRun != nil:
		return m.OfRun(f.metricModel(s), points)
	case m.OfNet == nil:
		return metric.Measurement{}, fmt.Errorf("nothing here measures %s", m.Name)
	}
	got, err := m.OfNet(f.metricModel(f.whole(0)))
	if err == nil {
		f.once[m.Name] = got
	}
	return got, err
}

// metricModel returns the net as metrics see it, sampled as a run is.
func (f *Fitted) metricModel(s experiments.Sampling) metric.Model {
	at := func(n int) experiments.Sampling {
		s.Count = n
		return s
	}
	r := f.fit.Recipe
	heldOut := flow.NewStream(f.seed, "held-out data")
	rows := rowModel(experiments.Setting{Recipe: r, Sample: s}.Measured(), f.seed)
	return metric.Model{
		Seed: f.seed, Path: r.Path, Velocity: f.model.RowField(), Exact: f.exactVelocity(),
		Start: func(n int) flow.Batch { return f.start(at(n)).x0 },
		Draw:  func(n int) flow.Batch { return r.Target.Sample(n, heldOut) },
		HeldOut: func(n int) flow.Batch {
			if r.Target.Held.Len() == 0 {
				return r.Target.Sample(n, heldOut)
			}
			points := r.Target.Reference(n, heldOut)
			blur(r.Target, points, flow.NewStream(f.seed, "held-out grains"), 0)
			return points
		},
		Trained: rows.Trained, Held: rows.Held, Losses: f.rowLosses,
		Ends: func(n int) (flow.Batch, error) { return f.exactEnds(context.Background(), at(n)) }, Energies: f.pathEnergies, LogDensities: f.logDensities, Posterior: f.posterior,
		Whole: func(n int) (flow.Batch, bool) { return r.Target.Whole(n, flow.NewStream(f.seed, "whole data")) },
	}
}

// subset returns the rows, or n random ones if there are more.
func subset(rows target.Rows, n int, seed uint64, stream string) flow.Batch {
	if rows.Len() <= n {
		return rows.All()
	}
	return rows.Take(flow.Batch{}, flow.NewStream(seed, stream).At(0).Perm(rows.Len())[:n])
}

// exactVelocity returns the velocity that the net is trained towards.
func (f *Fitted) exactVelocity() flow.RowField {
	r := f.fit.Recipe
	if r.Target.LawGiven != nil {
		return oracle.NewConditional(r.Target.LawGiven, r.Path).RowField()
	}
	if r.Target.Law == nil || !r.Target.Given.Empty() {
		return func([]float64, flow.Batch) (flow.Batch, error) {
			return flow.Batch{}, fmt.Errorf("the exact velocity of %s is not known", r.Target.Name)
		}
	}
	return oracle.Oracle{Law: r.Target.Law, Path: r.Path}.RowField()
}

// pathEnergies returns the energies of the paths of a dense solve of the net from the points, (n).
func (f *Fitted) pathEnergies(x0 flow.Batch) ([]float64, error) {
	energies, _, _, err := ode.PathEnergies(f.model.Field(), ode.RK4, ode.Uniform(experiments.DenseSteps), x0)
	return energies, err
}

// How log densities are computed. It is part of what a value means: raise measureVersion with it. exactDimensions is the most
// dimensions in which the divergence is exact, one backward pass each. Above, it is Hutchinson's estimate from a few probes,
// which adds to the scatter over the points and so to the standard error.
const (
	likelihoodSteps  = 32 // of rk4, backwards
	exactDimensions  = 16
	likelihoodProbes = 4
)

// logDensities returns log p_1 of the points, (n), under a dense solve of the net.
func (f *Fitted) logDensities(x flow.Batch) ([]float64, error) {
	if x.Dim > exactDimensions {
		return f.estimatedLogDensities(x)
	}
	return f.exactLogDensities(x)
}

// exactLogDensities returns log p_1 of the points, (n), under a dense solve of the net.
func (f *Fitted) exactLogDensities(x flow.Batch) (logp []float64, err error) {
	div, err := velocity.CompileDivergence(f.engine, f.model.Net, f.weights)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, div.Close()) }()
	logp, _, _, err = ode.LogLikelihood(div.DivField(), ode.RK4, ode.Uniform(likelihoodSteps), x, ode.StandardNormal)
	return logp, err
}

// estimatedLogDensities is exactLogDensities without bias, but not without noise.
func (f *Fitted) estimatedLogDensities(x flow.Batch) (logp []float64, err error) {
	vjp, err := velocity.CompileVJP(f.engine, f.model.Net, f.weights)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, vjp.Close()) }()
	probes := ode.Probes{Count: likelihoodProbes, Stream: flow.NewStream(f.seed, "likelihood probes")}
	logp, _, _, _, err = ode.EstimateLogLikelihood(vjp.Field(), ode.RK4, ode.Uniform(likelihoodSteps), x, ode.StandardNormal, probes)
	return logp, err
}
