package target

import (
	"math"
	"slices"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

const (
	emRounds = 200  // at most
	emGain   = 1e-6 // of the mean log likelihood, below which the fit ends
	// emLeast is the smallest variance of a part, as a share of the mean variance of a column. A part of equal rows would have
	// none, and the density no bound.
	emLeast = 1e-3
)

// fitMixture returns the mixture of k isotropic Gaussians, of widths and weights of their own, that expectation maximisation
// finds for the rows, (n, d) (Dempster, Laird and Rubin 1977, "Maximum likelihood from incomplete data via the EM algorithm"). It
// starts from rows that k-means++ chooses (Arthur and Vassilvitskii 2007), by random numbers that depend only on the sizes.
func fitMixture(rows flow.Batch, k int) oracle.Mixture {
	_, std := rows.Moments()
	variance := 0.
	for _, s := range std {
		variance += s * s / float64(rows.Dim)
	}
	m := oracle.Mixture{Weights: make([]float64, k), Means: spreadRows(rows, k), Std: make([]float64, k)}
	for i := range k {
		m.Weights[i], m.Std[i] = 1/float64(k), math.Sqrt(variance)
	}
	shares := flow.NewBatch(rows.Len(), k)
	last := math.Inf(-1)
	for range emRounds {
		likelihood := expect(m, rows, shares)
		maximise(&m, rows, shares, emLeast*variance)
		if !(likelihood > last+emGain) {
			break
		}
		last = likelihood
	}
	return m
}

// spreadRows returns k rows, (k, d), each drawn with a probability that grows with the squared distance to those before.
func spreadRows(rows flow.Batch, k int) flow.Batch {
	r := flow.NewStream(0, "mixture rows").At(0)
	chosen := []int{r.IntN(rows.Len())}
	near := slices.Repeat([]float64{math.Inf(1)}, rows.Len())
	for len(chosen) < k {
		last := rows.Row(chosen[len(chosen)-1])
		total := 0.
		for i := range near {
			near[i] = min(near[i], squaredDistance(rows.Row(i), last))
			total += near[i]
		}
		next, at := r.IntN(rows.Len()), total*r.Float64()
		for i := 0; i < len(near) && total > 0; i++ {
			if at -= near[i]; at < 0 {
				next = i
				break
			}
		}
		chosen = append(chosen, next)
	}
	return rows.Take(flow.Batch{}, chosen)
}

func squaredDistance(a, b []float64) (sum float64) {
	for j, x := range a {
		sum += (x - b[j]) * (x - b[j])
	}
	return sum
}

// expect writes the probability of each part given each row, (n, k), and returns the mean log likelihood of the rows.
func expect(m oracle.Mixture, rows, shares flow.Batch) float64 {
	k, d := len(m.Std), float64(rows.Dim)
	logs := make([]float64, rows.Len())
	flow.Parallel(rows.Len(), func(i int) {
		of := shares.Row(i)
		for j := range k {
			v := m.Std[j] * m.Std[j]
			of[j] = math.Log(m.Weights[j]) - d/2*math.Log(2*math.Pi*v) - squaredDistance(rows.Row(i), m.Means.Row(j))/(2*v)
		}
		largest := slices.Max(of)
		sum := 0.
		for j := range of {
			of[j] = math.Exp(of[j] - largest)
			sum += of[j]
		}
		for j := range of {
			of[j] /= sum
		}
		logs[i] = largest + math.Log(sum)
	})
	mean := 0.
	for _, l := range logs {
		mean += l / float64(len(logs))
	}
	return mean
}

// maximise moves the parts to where they make the rows likeliest, given the shares.
func maximise(m *oracle.Mixture, rows, shares flow.Batch, least float64) {
	n, d := float64(rows.Len()), float64(rows.Dim)
	flow.Parallel(len(m.Std), func(j int) {
		weight := 0.
		mean := make([]float64, rows.Dim)
		for i := range rows.Len() {
			share := shares.Row(i)[j]
			weight += share
			for c, x := range rows.Row(i) {
				mean[c] += share * x
			}
		}
		if weight < 1e-9*n {
			return // of no row; its weight is too small to matter
		}
		for c := range mean {
			mean[c] /= weight
		}
		square := 0.
		for i := range rows.Len() {
			square += shares.Row(i)[j] * squaredDistance(rows.Row(i), mean)
		}
		m.Weights[j] = weight / n
		copy(m.Means.Row(j), mean)
		m.Std[j] = math.Sqrt(max(square/(weight*d), least))
	})
}
