package job

import (
	"errors"
	"fmt"
	"math"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/velocity"
)

// The sizes of what net metrics are measured on. They are part of what a value means: raise measureVersion with them.
const (
	excessPoints     = 20_000 // (t, x) on the path
	likelihoodPoints = 2_000  // fresh data
	energyPoints     = 1_000  // trajectories, and points of the exact transport
	likelihoodSteps  = 32     // of rk4, backwards
)

// netMetric measures the metric of a net, or of one of its runs, that needs the velocity and not only samples.
func (f *Fitted) netMetric(m metric.Metric, run experiments.Run, points flow.Batch) (metric.Measurement, error) {
	if m.Name == metric.PathRMSE.Name {
		return f.pathRMSE(run, points)
	}
	if got, ok := f.once[m.Name]; ok {
		return got, nil
	}
	measure := map[string]func() (metric.Measurement, error){
		metric.ExcessLoss.Name: f.excessLoss, metric.NLL.Name: f.negativeLogLikelihood, metric.NPE.Name: f.normalisedPathEnergy,
	}[m.Name]
	if measure == nil {
		return metric.Measurement{}, fmt.Errorf("nothing here measures %s", m.Name)
	}
	got, err := measure()
	if err == nil {
		f.once[m.Name] = got
	}
	return got, err
}

// pathRMSE is the distance of a run's samples from where a dense solve of the same net carries the same noise.
func (f *Fitted) pathRMSE(run experiments.Run, points flow.Batch) (metric.Measurement, error) {
	exact, err := f.exactEnds(run.Sampling.Count)
	if err == nil {
		err = flow.CheckLike(exact, points)
	}
	if err != nil {
		return metric.Measurement{}, err
	}
	squares := make([]float64, points.Len())
	for i := range squares {
		for j, v := range points.Row(i) {
			d := v - exact.Row(i)[j]
			squares[i] += d * d
		}
	}
	m := metric.Mean(squares)
	root := math.Sqrt(m.Value)
	return metric.Measurement{Value: root, SE: m.SE / (2 * root)}, nil
}

// excessLoss is the mean squared distance of the net from the exact velocity, at even times on fresh pairs.
func (f *Fitted) excessLoss() (metric.Measurement, error) {
	r := f.fit.Recipe
	if r.Target.Law == nil {
		return metric.Measurement{}, fmt.Errorf("the exact velocity of %s is not known", r.Target.Name)
	}
	dim := r.Target.Dim
	x0, x1, xt, u := flow.NewBatch(excessPoints, dim), flow.NewBatch(excessPoints, dim), flow.NewBatch(excessPoints, dim), flow.NewBatch(excessPoints, dim)
	flow.NewStream(f.seed, "held-out noise").Normal(x0, 0)
	r.Target.Fill(x1, flow.NewStream(f.seed, "held-out data"), 0)
	t := make([]float64, excessPoints)
	flow.NewStream(f.seed, "held-out times").Uniform(t, 0)
	for i := range t {
		t[i] = (float64(i) + t[i]) / excessPoints
	}
	r.Path.Interpolate(xt, u, t, x0, x1)
	want, err := oracle.Oracle{Law: r.Target.Law, Path: r.Path}.RowField()(t, xt)
	if err != nil {
		return metric.Measurement{}, err
	}
	got, err := f.model.RowField()(t, xt)
	if err != nil {
		return metric.Measurement{}, err
	}
	squares := make([]float64, excessPoints)
	for i := range squares {
		for j, v := range got.Row(i) {
			d := v - want.Row(i)[j]
			squares[i] += d * d / float64(dim)
		}
	}
	return metric.Mean(squares), nil
}

// exactDimensions is the most dimensions in which the divergence is exact, one backward pass each. Above, it is Hutchinson's
// estimate from a few probes, which adds to the scatter over the points and so to the standard error.
const (
	exactDimensions  = 16
	likelihoodProbes = 4
)

// negativeLogLikelihood is that of fresh data under a dense solve of the net.
func (f *Fitted) negativeLogLikelihood() (metric.Measurement, error) {
	data := f.fit.Recipe.Target.Reference(likelihoodPoints, flow.NewStream(f.seed, "held-out data"))
	density := f.exactLogDensity
	if data.Dim > exactDimensions {
		density = f.estimatedLogDensity
	}
	logp, err := density(data)
	if err != nil {
		return metric.Measurement{}, err
	}
	m := metric.Mean(logp)
	return metric.Measurement{Value: -m.Value, SE: m.SE}, nil
}

// exactLogDensity returns log p_1 of the points, (n), under a dense solve of the net.
func (f *Fitted) exactLogDensity(x flow.Batch) (logp []float64, err error) {
	div, err := velocity.CompileDivergence(f.engine, f.model.Net, f.weights)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, div.Close()) }()
	logp, _, _, err = ode.LogLikelihood(div.DivField(), ode.RK4, ode.Uniform(likelihoodSteps), x, ode.StandardNormal)
	return logp, err
}

// estimatedLogDensity is exactLogDensity without bias, but not without noise.
func (f *Fitted) estimatedLogDensity(x flow.Batch) (logp []float64, err error) {
	vjp, err := velocity.CompileVJP(f.engine, f.model.Net, f.weights)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, vjp.Close()) }()
	probes := ode.Probes{Count: likelihoodProbes, Stream: flow.NewStream(f.seed, "likelihood probes")}
	logp, _, _, _, err = ode.EstimateLogLikelihood(vjp.Field(), ode.RK4, ode.Uniform(likelihoodSteps), x, ode.StandardNormal, probes)
	return logp, err
}

// normalisedPathEnergy compares the energy of a dense solve's paths with that of the shortest ones between as many points
// of the source and of the target.
func (f *Fitted) normalisedPathEnergy() (got metric.Measurement, err error) {
	x0 := f.start(energyPoints).x0
	energies, _, _, err := ode.PathEnergies(f.model.Field(), ode.RK4, ode.Uniform(denseSteps), x0)
	if err != nil {
		return got, err
	}
	judge, err := metric.W2.Judge(f.fit.Recipe.Target.Reference(energyPoints, flow.NewStream(f.seed, "held-out data")))
	if err != nil {
		return got, err
	}
	least, err := judge(x0)
	if err != nil {
		return got, err
	}
	m, square := metric.Mean(energies), least.Value*least.Value
	ratio := m.Value / square
	// By the delta method, from the energy and from the distance, whose square has the relative error twice its own.
	se := ratio * math.Hypot(m.SE/m.Value, 2*least.SE/least.Value)
	return metric.Measurement{Value: math.Abs(ratio - 1), SE: se}, nil
}
