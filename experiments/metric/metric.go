// Package metric measures how far samples lie from a reference sample of the truth, and how sure that is.
//
//	judge, err := metric.MMD.Judge(reference)
//	m, err := judge(samples) // m.Value ± m.SE
//
// Lower is better for every metric. A value may be non-finite where the samples are; it is never replaced. Values depend
// neither on the number of processors nor on each other. Null and Permutation say which values chance explains.
package metric

import "flowsweep/experiments/flow"

// Metric is a named distance, and states what the rest of the program needs to know of it.
type Metric struct {
	Name string
	Doc  string // what is estimated, and how, in a sentence for the report

	// How it is measured: exactly one of these is not nil. What returns a Judge does once all that depends on its arguments
	// alone, such as bandwidths and sorted projections.
	Judge        func(reference flow.Batch) (Judge, error)                // samples, against a sample of the truth, (m, d)
	JudgeMixture func(truth Mixture, reference flow.Batch) (Judge, error) // samples, against the truth itself
	OfRun        func(net Model, samples flow.Batch) (Measurement, error) // samples, against the flow of the net that drew them
	OfNet        func(net Model) (Measurement, error)                     // a net, whatever solver samples it

	// What else it needs.
	FromNoise     bool   // a flow that starts from N(0, I)
	ExactVelocity bool   // the exact velocity, known for a law in closed form and independent pairs
	Instead       string // of a JudgeMixture, the metric for targets that are no mixture

	// What its values mean.
	Signed     bool   // values below 0 are as good as others
	Least      string // a sentence on what has the least value, unless Doc says it
	Entropy    bool   // the least value is the entropy of the target
	AboveFloor bool   // it is the held-out loss less the least that any velocity has
	Order      int    // p, if moving sample i by e_i changes it by at most (mean |e_i|^p)^(1/p); 0 otherwise

	Assigned bool // it solves an assignment in more than one dimension, which takes about a second

	// permute returns what a permutation test in dim dimensions needs: the most points of each sample, and how to compute the
	// values. A test of a metric without it judges the parts of every permutation anew.
	permute func(dim int) (most int, values permuted, err error)
}

// Judge measures samples, (n, d), against what it was made for. It returns an error for fewer than two points or points of
// another dimension. It is safe for use by several goroutines.
type Judge func(samples flow.Batch) (Measurement, error)

// Model is what a metric may ask of a fitted net. It is used from one goroutine at a time. How many points a metric asks for
// is part of what its values mean: raise measureVersion, in experiments, with it.
type Model struct {
	Seed     uint64        // of the streams that a metric draws from
	Path     flow.Path     // that the net was trained along
	Velocity flow.RowField // of the net
	Exact    flow.RowField // the exact velocity; it returns an error where that is not known

	Start   func(n int) flow.Batch // the first n points that runs start from, (n, d)
	Draw    func(n int) flow.Batch // n fresh draws of what the net was trained on, (n, d)
	HeldOut func(n int) flow.Batch // points to hold a net against, which training never saw, (at most n, d)

	// What dense solves of the net yield: where Start(n) ends, (n, d); the energies of the paths from x0, (n); and the log
	// densities of x, (n).
	Ends         func(n int) (flow.Batch, error)
	Energies     func(x0 flow.Batch) ([]float64, error)
	LogDensities func(x flow.Batch) ([]float64, error)
}

// Metrics lists every metric by name: those of samples first, then those of models.
var Metrics = []Metric{MMD, MMDRFF, SlicedW2, Energy, W1, W2, ExactMMD, NLL, ExcessLoss, NPE, PathRMSE}

// SampleMetrics returns the metrics that two samples are enough for.
func SampleMetrics() []Metric {
	var metrics []Metric
	for _, m := range Metrics {
		if m.TwoSamples() {
			metrics = append(metrics, m)
		}
	}
	return metrics
}

// TwoSamples reports whether two samples are enough to measure the metric.
func (m Metric) TwoSamples() bool { return m.Judge != nil }

// NullCount returns the number of values of a null in dim dimensions. A p-value from n of them is a multiple of 1/(n + 1).
func (m Metric) NullCount(dim int) int {
	if m.Assigned && dim > 1 {
		return 19
	}
	return 99
}

// MarshalText returns the name of the metric, its form in a spec.
func (m Metric) MarshalText() ([]byte, error) { return []byte(m.Name), nil }
