// Package metric measures how far samples lie from a reference sample of the truth.
//
//	judge, err := metric.MMD.Judge(reference)
//	value, err := judge(samples)
//
// Lower is better for every metric. A value may be non-finite where the samples are; it is never replaced.
package metric

import (
	"fmt"
	"math"

	"flowsweep/experiments/flow"
)

// Metric is a named distance between two samples. Judge does, once, all that depends on the reference, (m, d), alone
// (bandwidths, sorted projections) and returns the function that measures samples, (n, d), against it.
type Metric struct {
	Name  string
	Doc   string // what is estimated, and how, in a sentence for the report
	Judge func(reference flow.Batch) (Judge, error)
}

// Judge measures samples, (n, d), against the reference it was made for. It is safe for use by several goroutines.
type Judge func(samples flow.Batch) (float64, error)

// Metrics lists every metric by name.
var Metrics = []Metric{MMD, SlicedW2}

// MarshalText returns the name of the metric, its form in a spec.
func (m Metric) MarshalText() ([]byte, error) { return []byte(m.Name), nil }

// checkSizes returns an error unless both samples have at least two points of one dimension.
func checkSizes(reference, samples flow.Batch) error {
	if reference.Dim != samples.Dim {
		return fmt.Errorf("samples have %d columns and the reference %d: compare points of one dimension",
			samples.Dim, reference.Dim)
	}
	if reference.Len() < 2 || samples.Len() < 2 {
		return fmt.Errorf("%d samples against %d reference points: give at least 2 of each", samples.Len(), reference.Len())
	}
	return nil
}

// finite reports whether every number is one. Where samples are not, a metric's value is NaN: sorting or a kernel that
// vanishes at infinity would hide them.
func finite(b flow.Batch) bool {
	for _, v := range b.Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
