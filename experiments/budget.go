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

// Share splits the value of a metric of one run into parts that add up to it:
//
//	value = floor + net + solver
//
// Floor is the mean of the null, that of samples of the target itself, and Noise its standard deviation. Net is what a
// dense solve of the net adds to the floor, and Solver what the run adds to the dense solve from the same noise, measured
// against the same reference.
type Share struct {
	Metric                    string
	Solver, Net, Floor, Noise float64
}

// SetDense adds the metrics of dense solves to the sweep, and with them the shares of its results. It comes after SetNulls.
func (s *Sweep) SetDense(dense map[DensePlace][]Value) {
	for i := range s.Results {
		r := &s.Results[i]
		at := Result{Metrics: dense[DensePlace{r.Fit, r.Setting.Sample.Count}]}
		r.Shares = nil
		for _, v := range r.Metrics {
			null, known := s.Null(r.Setting, v.Name)
			ends, there := at.value(v.Name)
			if known && there && ends.Version == v.Version {
				r.Shares = append(r.Shares, Share{v.Name, v.Value - ends.Value, ends.Value - null.Mean, null.Mean, null.SD})
			}
		}
	}
}

// Budget is the mean of the shares of a setting's seeds, with standard errors.
type Budget struct {
	Metric      string
	Solver, Net metric.Measurement // NaN errors for one seed; that of Net includes the noise
	Floor       float64
	Noise       float64
}

// Budget returns the budget of a metric, and whether it is known.
func (s Summary) Budget(name string) (b Budget, ok bool) {
	var solver, net []float64
	for _, r := range s.Runs {
		for _, share := range r.Shares {
			if share.Metric == name {
				solver, net = append(solver, share.Solver), append(net, share.Net)
				b.Floor, b.Noise = share.Floor, share.Noise
			}
		}
	}
	b.Metric, b.Solver, b.Net = name, metric.Mean(solver), metric.Mean(net)
	if len(net) > 1 {
		b.Net.SE = math.Hypot(b.Net.SE, b.Noise)
	} else {
		b.Net.SE = b.Noise
	}
	return b, len(solver) > 0
}
