package experiments

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/metric"
)

// Interval is a mean, or a difference of means, and the ends of its interval, which are NaN where there is none.
type Interval struct {
	Mean Number `json:"mean"`
	Low  Number `json:"low"`
	High Number `json:"high"`
}

// String returns the mean and, in brackets, its interval if there is one.
func (i Interval) String() string {
	if math.IsNaN(float64(i.Low)) {
		return fmt.Sprintf("%.4g", float64(i.Mean))
	}
	return fmt.Sprintf("%.4g [%.3g, %.3g]", float64(i.Mean), float64(i.Low), float64(i.High))
}

// Interval returns the mean of the metric and its interval.
func (s Stat) Interval() Interval { return Interval{Number(s.Mean), Number(s.Low), Number(s.High)} }

// Fresh are the metrics of a setting on noise and a reference that its choice never saw: the figures to publish. Those that
// it was chosen by are the better for having been chosen.
type Fresh struct {
	Runs    []string            `json:"runs"` // keys of the runs whose nets were sampled anew
	Count   int                 `json:"count"`
	Metrics map[string]Interval `json:"metrics"` // over the seeds
}

// Of reports whether the figures are of just the runs of this setting, and hold each of the metrics that samples have.
func (f Fresh) Of(s Summary, metrics []metric.Metric) bool {
	for _, m := range metrics {
		if _, ok := f.Metrics[m.Name]; !ok && m.TwoSamples() {
			return false
		}
	}
	return slices.EqualFunc(f.Runs, s.Runs, func(key string, r Result) bool { return key == r.Run })
}

// Stats returns the figures in the order of the metrics.
func (f Fresh) Stats(metrics []metric.Metric) (list []Stat) {
	for _, m := range metrics {
		if got, ok := f.Metrics[m.Name]; ok {
			list = append(list, Stat{Name: m.Name, Mean: float64(got.Mean), Low: float64(got.Low), High: float64(got.High), N: len(f.Runs)})
		}
	}
	return list
}
