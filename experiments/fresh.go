package experiments

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/metric"
)

// Interval is a mean, or a difference of means, and the ends of its interval, which are NaN if it has none.
type Interval struct {
	Mean Number `json:"mean"`
	Low  Number `json:"low"`
	High Number `json:"high"`
}

// String returns the mean, followed by its interval in brackets if it has one.
func (i Interval) String() string {
	if math.IsNaN(float64(i.Low)) {
		return fmt.Sprintf("%.4g", float64(i.Mean))
	}
	return fmt.Sprintf("%.4g [%.3g, %.3g]", float64(i.Mean), float64(i.Low), float64(i.High))
}

// Interval returns the mean of the metric and its interval.
func (s Stat) Interval() Interval { return Interval{Number(s.Mean), Number(s.Low), Number(s.High)} }

// Fresh holds the metrics of a setting for noise and a reference sample that were not used to choose it. These are the
// figures to publish, since the choice makes the others look better than they are.
type Fresh struct {
	Runs      []string               `json:"runs"` // keys of the runs whose nets were sampled again
	Count     int                    `json:"count"`
	Compared  int                    `json:"compared"`  // points of each sample that metrics of two samples use
	Reference int                    `json:"reference"` // points of the reference
	SameRows  bool                   `json:"same_rows"` // the reference is of the rows that the choice used, for lack of others: only the noise is fresh
	Metrics   map[string]FreshFigure `json:"metrics"`   // over the seeds
}

// FreshFigure is the mean of a metric on fresh points, with its interval, and with its p-value under the null of the fresh
// reference.
type FreshFigure struct {
	Interval
	P    Number  `json:"p"`
	Null NullRow `json:"null"`
}

// Covers reports whether the figures are of exactly the runs of the setting, and include all metrics of two samples.
func (f Fresh) Covers(s Summary, metrics []metric.Metric) bool {
	for _, m := range metrics {
		// Those of versions before 0.1.0 have no p-value.
		if got, ok := f.Metrics[m.Name]; (!ok || got.P == 0) && m.TwoSamples() && s.Setting.Measures(m) {
			return false
		}
	}
	return slices.EqualFunc(f.Runs, s.Runs, func(key string, r Result) bool { return key == r.Run })
}

// Stats returns the figures, in the order of the metrics.
func (f Fresh) Stats(metrics []metric.Metric) (list []Stat) {
	for _, m := range metrics {
		if got, ok := f.Metrics[m.Name]; ok {
			list = append(list, Stat{Name: m.Name, Mean: float64(got.Mean), Low: float64(got.Low), High: float64(got.High), N: len(f.Runs)})
		}
	}
	return list
}
