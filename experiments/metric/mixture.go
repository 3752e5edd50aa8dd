package metric

import (
	"errors"
	"fmt"
	"math"

	"flowsweep/experiments/flow"
)

// Mixture is a mixture of spherical Gaussians sum_c w_c N(m_c, r_c^2 I) with means, (k, d), stds r_c >= 0, (k), and
// weights, (k), that sum to 1.
type Mixture struct {
	Means         flow.Batch
	Stds, Weights []float64
}

// ExactMMD is MMD against the law of the target itself, a mixture of Gaussians, instead of a sample of it; see
// MixtureMMD. Its bandwidth is that of the reference.
var ExactMMD = Metric{
	Name: "mmd-exact",
	Doc: "Unbiased squared maximum mean discrepancy between the samples and the target itself, a mixture of Gaussians. It has the bandwidth " +
		"of a reference sample, but not its noise.",
	JudgeMixture: func(truth Mixture, reference flow.Batch) (Judge, error) {
		l, err := Bandwidth(reference)
		if err != nil {
			return nil, err
		}
		return MixtureMMD(truth.Means, truth.Stds, truth.Weights, l)
	},
	Instead:  MMD.Name,
	Signed:   true,
	Unbiased: true,
}

// MixtureMMD returns the judge of MMD against a Mixture, given by its fields, instead of a sample of it. The kernels
// are those of MMD for the given bandwidth, for example Bandwidth of any sample of the truth. The means over y in MMD
// become integrals,
//
//	E exp(-|x - Y|^2 / (2 l^2)) = sum_c w_c (l^2 / (l^2 + r_c^2))^(d/2) exp(-|x - m_c|^2 / (2 (l^2 + r_c^2)))
//
// so the value has the noise of one sample instead of two, and SE is over fresh samples.
func MixtureMMD(means flow.Batch, stds, weights []float64, bandwidth float64) (Judge, error) {
	if err := checkMixture(means, stds, weights); err != nil {
		return nil, fmt.Errorf("mixture: %w", err)
	}
	if !(bandwidth > 0) || math.IsInf(bandwidth, 0) {
		return nil, fmt.Errorf("bandwidth %g: must be positive, such as metric.Bandwidth of a sample of the truth", bandwidth)
	}
	t := mixture{centres: columnsOf(means), stds: stds, weights: weights, bandwidth: bandwidth}
	yy := make([]float64, means.Len())
	flow.Parallel(len(yy), func(c int) { yy[c] = weights[c] * t.blurred(stds[c]).at(t.centres, c) })
	within, k, blurred := sum(yy), gaussians(bandwidth), t.blurred(0)
	return func(samples flow.Batch) (Measurement, error) {
		if err := checkSizes(samples, samples); err != nil {
			return Measurement{}, err
		}
		if samples.Dim != means.Dim {
			return Measurement{}, fmt.Errorf("samples have %d columns, but the mixture has %d: use points of the same dimension", samples.Dim, means.Dim)
		}
		if !samples.Finite() {
			return notFinite, nil
		}
		x := columnsOf(samples)
		between := make([]float64, x.n)
		flow.Parallel(x.n, func(i int) { between[i] = blurred.at(x, i) })
		return oneSample(k.within(x), within, between), nil
	}, nil
}

func checkMixture(means flow.Batch, stds, weights []float64) error {
	if means.Len() == 0 || len(stds) != means.Len() || len(weights) != means.Len() {
		return fmt.Errorf("%d means, %d stds, %d weights: must be one of each per component", means.Len(), len(stds), len(weights))
	}
	if !means.Finite() {
		return errors.New("a mean is not finite")
	}
	total := 0.
	for c, w := range weights {
		if !(w >= 0) || !(stds[c] >= 0) || math.IsInf(stds[c], 0) {
			return fmt.Errorf("component %d has std %g and weight %g: must not be below 0", c, stds[c], w)
		}
		total += w
	}
	if math.Abs(total-1) > 1e-9 {
		return fmt.Errorf("the weights sum to %.10g: must be 1", total)
	}
	return nil
}

type mixture struct {
	centres       columns
	stds, weights []float64
	bandwidth     float64
}

// smooth is the expectation of the kernel between a point and a mixture: a sum of Gaussians around its centres.
type smooth struct {
	centres        columns
	rates, factors [bandwidths][]float64 // for each bandwidth and component
}

// blurred returns the expectation of the kernel for a point with Gaussian noise of the given std.
func (t mixture) blurred(std float64) (s smooth) {
	s.centres = t.centres
	half := float64(len(t.centres.col)) / 2
	for b := range bandwidths {
		l := math.Ldexp(t.bandwidth*widest, -b)
		s.rates[b], s.factors[b] = make([]float64, t.centres.n), make([]float64, t.centres.n)
		for c, w := range t.weights {
			v := l*l + t.stds[c]*t.stds[c] + std*std
			s.rates[b][c], s.factors[b][c] = -1/(2*v), w*math.Pow(l*l/v, half)/bandwidths
		}
	}
	return s
}

// at returns the expectation at point i of x.
func (s smooth) at(x columns, i int) (total float64) {
	distances, values := make([]float64, s.centres.n), make([]float64, s.centres.n)
	s.centres.squaredDistances(distances, x, i, 0)
	for b := range bandwidths {
		for c, rate := range s.rates[b] {
			values[c] = rate * distances[c]
		}
		expNegative(values)
		for c, factor := range s.factors[b] {
			total += factor * values[c]
		}
	}
	return total
}

// oneSample is discrepancy for known means of the kernel within y, and between y and each x, (n).
func oneSample(xx sums, within float64, between []float64) Measurement {
	n := float64(len(between))
	return Measurement{
		Value: xx.total()/(n*(n-1)) + within - 2*sum(between)/n,
		SE:    math.Sqrt(jackknife(xx.rows, between, 1)),
	}
}
