// Package metric measures how far samples lie from a reference sample of the truth, and how sure that is.
//
//	judge, err := metric.MMD.Judge(reference)
//	m, err := judge(samples) // m.Value ± m.SE
//
// Lower is better for every metric. A value may be non-finite where the samples are; it is never replaced. Values depend
// neither on the number of processors nor on each other. Null and Permutation say which values chance explains.
package metric

import "flowsweep/experiments/flow"

// Metric is a named distance. Judge does, once, all that depends on the reference, (m, d), alone (bandwidths, sorted
// projections) and returns the function that measures samples, (n, d), against it. It is nil where the distance is one
// of a model, see NeedsModel.
type Metric struct {
	Name  string
	Doc   string // what is estimated, and how, in a sentence for the report
	Judge func(reference flow.Batch) (Judge, error)
}

// Judge measures samples, (n, d), against the reference it was made for. It returns an error for fewer than two points
// or points of another dimension. It is safe for use by several goroutines.
type Judge func(samples flow.Batch) (Measurement, error)

// Metrics lists every metric by name: those of samples first, then those of models.
var Metrics = []Metric{MMD, MMDRFF, SlicedW2, Energy, W1, W2, ExactMMD, NLL, ExcessLoss, NPE, PathRMSE}

// SampleMetrics returns the metrics that two samples are enough for.
func SampleMetrics() []Metric {
	var metrics []Metric
	for _, m := range Metrics {
		if !m.NeedsModel() {
			metrics = append(metrics, m)
		}
	}
	return metrics
}

// NeedsModel reports whether the metric is computed from a velocity field, by whoever has one, and not from two samples:
// it then has no Judge.
func (m Metric) NeedsModel() bool { return m.Judge == nil }

// MarshalText returns the name of the metric, its form in a spec.
func (m Metric) MarshalText() ([]byte, error) { return []byte(m.Name), nil }
