package experiments

import (
	"math"

	"flowsweep/experiments/metric"
)

// DensePlace says of which samples metrics are: those of a dense solve of a fit, Count points.
type DensePlace struct {
	Fit   string // key
	Count int
}

// Budget splits the mean value of a metric at a setting into parts that add up to it:
//
//	value = noise + net + solver
//
// Noise is the mean of the null, that of samples of the target itself. Net is what a dense solve of the net adds to it,
// and Solver what the run adds to the dense solve of the same net from the same noise. Each difference is paired: its
// parts share their noise and their reference.
type Budget struct {
	Metric string
	Solver metric.Measurement // mean over the seeds, with its standard error
	Net    metric.Measurement // likewise; the standard error includes the spread of the null
	Noise  metric.NullSummary
}

// Budgets returns the budgets of a setting, one for each metric of samples that has a null and dense values, in the order
// of its metrics.
func (s Sweep) Budgets(of Summary) (list []Budget) {
	for _, st := range of.Metrics {
		null, ok := s.Null(of.Setting, st.Name)
		if !ok {
			continue
		}
		var solver, net []float64
		for _, r := range of.Runs {
			own, there := r.Metric(st.Name)
			dense, known := s.denseValue(r, st.Name)
			if there && known {
				solver, net = append(solver, own-dense), append(net, dense-null.Mean)
			}
		}
		if len(solver) == 0 {
			continue
		}
		b := Budget{Metric: st.Name, Solver: metric.Mean(solver), Net: metric.Mean(net), Noise: null}
		b.Net.SE = spread(b.Net.SE, null.SD)
		list = append(list, b)
	}
	return list
}

// spread returns the standard error of a sum, of which the first part has none if there is one seed.
func spread(seeds, noise float64) float64 {
	if math.IsNaN(seeds) {
		return noise
	}
	return math.Hypot(seeds, noise)
}

// denseValue returns the metric of a dense solve from the noise of a run, and whether it is known.
func (s Sweep) denseValue(r Result, name string) (float64, bool) {
	return Result{Metrics: s.dense[DensePlace{r.Fit, r.Setting.Sample.Count}]}.Metric(name)
}

// SetDense adds the metrics of dense solves to the sweep.
func (s *Sweep) SetDense(dense map[DensePlace][]Value) { s.dense = dense }
