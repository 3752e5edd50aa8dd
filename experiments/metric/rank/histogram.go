package rank

import "math"

// Histogram is how many of n ranks fall into each of equally wide bins, and between which numbers all bins are with a probability of at
// least some level, if the ranks are uniform.
type Histogram struct {
	Counts    []int
	Low, High int
}

// HistogramOf returns the histogram of ranks among l draws in so many bins, which must divide l + 1. Its band corrects for the number of
// bins (Bonferroni), each of which has a binomial law.
func HistogramOf(ranks []int, l, bins int, level float64) Histogram {
	h := Histogram{Counts: make([]int, bins)}
	for _, k := range ranks {
		h.Counts[k*bins/(l+1)]++
	}
	tails := binomialTails(len(ranks), 1/float64(bins))
	limit := (1 - level) / float64(bins)
	mean := int(math.Round(float64(len(ranks)) / float64(bins)))
	h.Low, h.High = mean, mean
	for h.Low > 0 && tails[h.Low-1] > limit {
		h.Low--
	}
	for h.High < len(ranks) && tails[h.High+1] > limit {
		h.High++
	}
	return h
}

// Within reports whether all bins are within the band.
func (h Histogram) Within() bool {
	for _, c := range h.Counts {
		if c < h.Low || c > h.High {
			return false
		}
	}
	return true
}
