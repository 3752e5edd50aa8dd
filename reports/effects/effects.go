// Package effects tells which of the swept values make a difference: how a metric depends on each of them, averaged over the
// others, and how much of its variance that explains.
//
//	sweep := effects.Sweep{Metric: "sliced-w2", Factors: factors, Settings: settings}
//	list := sweep.Effects()
package effects

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/metric"
)

// Sweep is a metric at settings that differ in factors.
type Sweep struct {
	Metric   string
	Scale    metric.Scale // on which effects are averaged
	Factors  []Factor
	Settings []Setting
	Chosen   int   // its Index, or -1
	Tied     []int // with the best, by Index
	Left     int   // settings of the sweep that are none of these: diverged, copies, or without a finite mean of every seed
}

// Factor is a swept field.
type Factor struct {
	Name   string
	Levels []string // values in order
}

// Setting is a setting with its metric.
type Setting struct {
	Index  int       // of its summary
	Label  string    // in words
	Levels []int     // by factor; -1 where it has none, as an adaptive solver has no steps
	Values []float64 // of the metric, by seed: the same seeds for all settings
	NFE    float64
}

// Effect is how a metric depends on a factor.
type Effect struct {
	Factor int
	Levels []Level // in the factor's order, those with settings
	Share  float64 // of the variance between settings, from 0 to 1: the correlation ratio
}

// Level is a value of a factor, over all settings that have it.
type Level struct {
	Value           string
	Mean, Low, High float64 // on the metric's own scale; the ends of a 95 % interval are NaN for fewer than 2 seeds
	Settings        int
}

// Effects returns the effects of all factors with at least two levels, largest share first. A mean is that of the metric on its
// scale over the settings of a level, seed by seed: its interval says how far other seeds would move it (Student). Of a factor that
// is swept for some settings only, these alone count. The share of a factor is
//
//	sum_l n_l (m_l - m)^2 / sum_i (y_i - m)^2
//
// with the means y_i of settings over seeds, m_l of levels and m of all. In a balanced sweep the shares add up to at most 1,
// and the rest is due to interactions (Hutter et al. 2014, "An efficient approach for assessing hyperparameter importance").
func (s Sweep) Effects() (list []Effect) {
	for f := range s.Factors {
		part := s
		part.Settings = s.where(f).settings
		e := Effect{Factor: f, Share: part.share(f)}
		for l, value := range s.Factors[f].Levels {
			if level, ok := part.level(f, l); ok {
				level.Value = value
				e.Levels = append(e.Levels, level)
			}
		}
		if len(e.Levels) > 1 {
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b Effect) int { return cmp.Compare(b.Share, a.Share) })
	return list
}

// level returns the mean of a level, and whether any setting has it.
func (s Sweep) level(f, l int) (level Level, ok bool) {
	var bySeed []float64
	for _, x := range s.Settings {
		if x.Levels[f] != l {
			continue
		}
		level.Settings++
		if bySeed == nil {
			bySeed = make([]float64, len(x.Values))
		}
		for k, v := range x.Values {
			bySeed[k] += s.Scale.To(v)
		}
	}
	for k := range bySeed {
		bySeed[k] /= float64(level.Settings)
	}
	mean, half := metric.MeanInterval(bySeed)
	level.Mean, level.Low, level.High = s.Scale.Back(mean), s.Scale.Back(mean-half), s.Scale.Back(mean+half)
	return level, level.Settings > 0
}

// share returns the correlation ratio of a factor. Settings without a level count as one level.
func (s Sweep) share(f int) float64 {
	sums, counts := map[int]float64{}, map[int]float64{}
	all := 0.
	for _, x := range s.Settings {
		sums[x.Levels[f]] += s.mean(x)
		counts[x.Levels[f]]++
		all += s.mean(x) / float64(len(s.Settings))
	}
	between, total := 0., 0.
	for l := -1; l < len(s.Factors[f].Levels); l++ {
		if counts[l] > 0 {
			between += counts[l] * math.Pow(sums[l]/counts[l]-all, 2)
		}
	}
	for _, x := range s.Settings {
		total += math.Pow(s.mean(x)-all, 2)
	}
	if !(total > 1e-20*all*all*float64(len(s.Settings))) { // equal but for rounding
		return 0
	}
	return between / total
}

// mean returns the mean of a setting over its seeds, on the scale.
func (s Sweep) mean(x Setting) float64 {
	sum := 0.
	for _, v := range x.Values {
		sum += s.Scale.To(v)
	}
	return sum / float64(len(x.Values))
}

// Balanced reports whether the settings are all combinations of the levels, each once: only then do shares add up.
func (s Sweep) Balanced() bool {
	combinations := 1
	for _, f := range s.Factors {
		combinations *= max(1, len(f.Levels))
		if combinations > len(s.Settings) {
			return false
		}
	}
	seen := map[string]bool{}
	for _, x := range s.Settings {
		if slices.Contains(x.Levels, -1) {
			return false
		}
		seen[fmt.Sprint(x.Levels)] = true
	}
	return combinations == len(s.Settings) && len(seen) == combinations
}
