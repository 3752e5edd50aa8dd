package experiments

import (
	"cmp"
	"math"
	"slices"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
)

// Summary is a setting and its results over all seeds.
type Summary struct {
	Setting       Setting
	Runs          []Result // the finished ones, ordered by seed
	Planned       int      // number of seeds, finished or not
	NFE           Calls    // mean over the seeds
	Params        int
	Metrics       []Stat   // in the order of the spec
	SampleSeconds float64  // mean of the finished runs
	Tags          []string // of all its runs, sorted
	Aliases       []string // of its runs
}

// Stat is a metric over the seeds of a setting.
type Stat struct {
	Name      string
	Mean      float64
	Low, High float64 // 95 % interval of the mean, by hierarchical bootstrap; NaN for fewer than 2 seeds
	N         int     // number of finished seeds

	SeedLow, SeedHigh float64      // lowest and highest value of a seed; NaN without one
	Scale             metric.Scale // on which the noise is even
}

// confidence is the confidence level of the interval in a Stat.
const confidence = .95

// Stat returns the named metric of the setting, and whether it was measured.
func (s Summary) Stat(name string) (Stat, bool) {
	for _, st := range s.Metrics {
		if st.Name == name {
			return st, true
		}
	}
	return Stat{}, false
}

// Complete reports whether every planned seed finished with a finite value of the metric.
func (s Summary) Complete(name string) bool {
	st, ok := s.Stat(name)
	return ok && st.N == s.Planned && flow.Finite(st.Mean)
}

// values returns the metric of every run, ordered by seed.
func (s Summary) values(name string) []float64 {
	var values []float64
	for _, r := range s.Runs {
		if v, ok := r.Metric(name); ok {
			values = append(values, v)
		}
	}
	return values
}

// Summaries groups the results by setting, in order of first appearance. Intervals use the nulls given to SetNulls.
func (s Sweep) Summaries() []Summary {
	var summaries []Summary
	at := map[string]int{}
	for _, r := range s.Results {
		form := r.Setting.Form()
		i, ok := at[form]
		if !ok {
			i = len(summaries)
			at[form] = i
			summaries = append(summaries, Summary{Setting: r.Setting})
		}
		summaries[i].Planned++
		summaries[i].Tags = append(summaries[i].Tags, r.Tags...)
		summaries[i].Aliases = append(summaries[i].Aliases, r.Aliases...)
		if r.State == Finished {
			summaries[i].Runs = append(summaries[i].Runs, r)
		}
	}
	for i := range summaries {
		own := &summaries[i]
		slices.Sort(own.Tags)
		own.Tags = slices.Compact(own.Tags)
		own.aggregate()
		for _, m := range s.Spec.Metrics {
			own.Metrics = append(own.Metrics, own.stat(m, s.Noise(own.Setting, m.Name)))
		}
	}
	return summaries
}

func (s *Summary) aggregate() {
	slices.SortStableFunc(s.Runs, func(a, b Result) int { return cmp.Compare(a.Seed, b.Seed) })
	for _, r := range s.Runs {
		s.NFE, s.Params = s.NFE+r.NFE, r.Params
		s.SampleSeconds += r.SampleSeconds / float64(len(s.Runs))
	}
	s.NFE /= Calls(max(1, len(s.Runs)))
}

// stat aggregates a metric over the seeds. All runs share the noise they start from and the reference sample, and so
// the effect of these on the values. All intervals draw the same resamples, so that equal values have equal intervals.
func (s *Summary) stat(m metric.Metric, noise metric.NullNoise) Stat {
	of := s.replicates(m.Name)
	mean, _ := metric.MeanInterval(of.Values)
	st := Stat{Name: m.Name, Mean: mean, N: len(of.Values), SeedLow: math.NaN(), SeedHigh: math.NaN()}
	if st.N > 0 {
		st.SeedLow, st.SeedHigh = slices.Min(of.Values), slices.Max(of.Values)
	}
	of.Scale = m.Scale(noise, of.Noise()...)
	of.Null, st.Scale = noise, of.Scale
	st.Low, st.High = of.Interval(confidence, flow.NewStream(0, "bootstrap").At(0))
	return st
}

// replicates returns the values of a metric and their standard errors from the samples alone, ordered by seed.
func (s Summary) replicates(name string) metric.Replicates {
	of := metric.Replicates{Shared: true}
	for _, r := range s.Runs {
		if v, ok := r.value(name); ok {
			se := v.SE
			if v.P != 0 {
				se = v.ownSE
			}
			of.Values, of.SE = append(of.Values, v.Value), append(of.SE, se)
		}
	}
	return of
}

// Diverged returns the seeds whose nets diverged, judged by a metric: those whose value is not finite, or orders of
// magnitude above that of the other seeds (see metric.Replicates.Diverged).
func (s Summary) Diverged(name string) (seeds []uint64) {
	st, _ := s.Stat(name)
	of := s.replicates(name)
	of.Scale = st.Scale
	var measured []uint64
	for _, r := range s.Runs {
		if _, ok := r.Metric(name); ok {
			measured = append(measured, r.Seed)
		}
	}
	for _, i := range of.Diverged() {
		seeds = append(seeds, measured[i])
	}
	return seeds
}

// ParetoFront returns the settings that no other setting beats in both the mean of the metric and the cost, in order of
// increasing cost: each costs more than the one before it and has a lower mean. Of equal settings it has the first. It
// leaves out settings that did not finish every seed with a finite value, and those whose cost is not positive.
//
// Means are uncertain, most of all at the expensive end of the front: a setting there that is tied with the best
// (Choice.Tied) is no better than the cheapest tied setting.
func ParetoFront(summaries []Summary, metric string, cost func(Summary) float64) []int {
	mean := func(i int) float64 {
		st, _ := summaries[i].Stat(metric)
		return st.Mean
	}
	var order []int
	for i, s := range summaries {
		if c := cost(s); s.Complete(metric) && c > 0 && flow.Finite(c) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(cost(summaries[i]), cost(summaries[j])), cmp.Compare(mean(i), mean(j)))
	})
	var front []int
	for _, i := range order {
		if len(front) == 0 || mean(i) < mean(front[len(front)-1]) {
			front = append(front, i)
		}
	}
	return front
}

// Memorised returns the number of seeds whose samples are copies of training rows.
func (s Summary) Memorised() (seeds int) {
	for _, r := range s.Runs {
		if r.Memorised() {
			seeds++
		}
	}
	return seeds
}

// DensePlace says of which samples metrics are: those of a dense solve of a fit, Count points of a class or of all, with a guidance.
type DensePlace struct {
	Fit      string // key
	Count    int
	Label    string // as in a Sampling
	Guidance string // the weight; empty for a net that is conditional on nothing
}

// DensePlaceOf returns the place of the dense solve of a fit for what a sampling samples.
func DensePlaceOf(fit string, s Sampling) DensePlace {
	at := DensePlace{Fit: fit, Count: s.Count, Label: s.Label}
	if !s.Guidance.IsZero() {
		at.Guidance = s.Guidance.String()
	}
	return at
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
		at := Result{Metrics: dense[DensePlaceOf(r.Fit, r.Setting.Sample)]}
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
