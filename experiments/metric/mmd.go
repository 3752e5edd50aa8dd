package metric

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// MMD is the unbiased squared maximum mean discrepancy (Gretton et al. 2012, "A kernel two-sample test", equation 3):
//
//	mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)
//
// where k is the mean of five Gaussian kernels exp(-|x - y|^2 / (2 l^2)), with l the Bandwidth of the reference times
// 1/4, 1/2, 1, 2 and 4. It is about 0 for equal distributions, with half of its values negative. Time is quadratic in
// the number of points, memory linear.
var MMD = Metric{
	Name: "mmd",
	Doc: "Unbiased squared maximum mean discrepancy (a U-statistic; negative values are noise around 0) with the mean of " +
		"five Gaussian kernels, whose bandwidths are 1/4, 1/2, 1, 2 and 4 times the median distance within the reference.",
	Judge: func(reference flow.Batch) (Judge, error) {
		l, err := Bandwidth(reference)
		if err != nil {
			return nil, err
		}
		return gaussians(l).judge(reference)
	},
	Unbiased: true,
	permute:  func(int) (int, permuted, error) { return permutedPairPoints, permutedMMD, nil },
}

// judge returns the Judge of the unbiased squared MMD with the kernel.
func (k kernel) judge(reference flow.Batch) (Judge, error) {
	if err := checkSizes(reference, reference); err != nil {
		return nil, err
	}
	finite := reference.Finite()
	y := columnsOf(reference)
	yy := k.within(y)
	return func(samples flow.Batch) (Measurement, error) {
		if err := checkSizes(reference, samples); err != nil {
			return Measurement{}, err
		}
		if !finite || !samples.Finite() {
			return notFinite, nil
		}
		x := columnsOf(samples)
		return discrepancy(k.within(x), yy, k.between(x, y)), nil
	}, nil
}

// discrepancy returns the unbiased squared MMD of samples x, (n), and y, (m), from the sums of any kernel (Gretton et
// al. 2012, "A kernel two-sample test", equation 3), with its standard error:
//
//	mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)
func discrepancy(xx, yy, xy sums) Measurement {
	n, m := float64(len(xy.rows)), float64(len(xy.cols))
	value := xx.total()/(n*(n-1)) + yy.total()/(m*(m-1)) - 2*xy.total()/(n*m)
	return Measurement{Value: value, SE: math.Sqrt(jackknife(xx.rows, xy.rows, m) + jackknife(yy.rows, xy.cols, n))}
}

// jackknife returns the contribution of one sample to the variance of a discrepancy, estimated by leaving out each of
// its points in turn (Arvesen 1969, "Jackknifing U-statistics"). own, (n), holds the sums of the kernel between each
// point and the other points of its sample, and other, (n), those between the point and the other sample, of size m.
// The value without point i is a constant minus 2/(n-1) times
//
//	h_i = own_i / (n-2) - other_i / m,  so the variance is  4 Var(h) / n
//
// Its mean exceeds the variance (Efron and Stein 1981, "The jackknife estimate of variance"): by a factor of about 1 +
// 1/n if the distributions differ, and of 2 if they are equal.
func jackknife(own, other []float64, m float64) float64 {
	n := float64(len(own))
	if n < 3 {
		return math.NaN()
	}
	h := make([]float64, len(own))
	for i := range h {
		h[i] = own[i]/(n-2) - other[i]/m
	}
	return 4 * stat.Variance(h, nil) / n
}

// Energy is the energy distance (Szekely and Rizzo 2013, "Energy statistics: a class of statistics based on
// distances"), in the units of x:
//
//	2 E|X - Y| - E|X - X'| - E|Y - Y'|
//
// estimated without bias, with each mean over pairs of different points. So it is about 0 for equal distributions, with
// half of its values negative. It takes no root, since negative values have none, and is not scaled by n m / (n + m),
// as a test statistic would be. scipy.stats.energy_distance is the root of its biased form. It is a squared MMD with
// the kernel -|x - y|, and has no bandwidth. Time is quadratic in the number of points, memory linear.
var Energy = Metric{
	Name: "energy",
	Doc: "Energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'|, in the units of the data (an unbiased U-statistic, without a root; " +
		"negative values are noise around 0).",
	Unbiased: true,
	Judge:    kernel(negativeDistance).judge,
	permute: func(int) (int, permuted, error) {
		return permutedPairPoints, kernel(negativeDistance).permuted, nil
	},
}

func negativeDistance(values []float64) {
	for j, d2 := range values {
		values[j] = -math.Sqrt(d2)
	}
}

func permutedMMD(pooled flow.Batch, partitions []partition) (values []float64, scale float64, err error) {
	l, err := Bandwidth(thinned(pooled, medianPoints))
	if err != nil {
		return nil, 0, err
	}
	return gaussians(l).permuted(pooled, partitions)
}

// thinned returns at most the given number of points, evenly spaced in the order of the points' coordinates. This order
// does not depend on which sample a point is from, as a permutation test requires.
func thinned(pooled flow.Batch, maxPoints int) flow.Batch {
	rows := make([][]float64, pooled.Len())
	for i := range rows {
		rows[i] = pooled.Row(i)
	}
	slices.SortFunc(rows, slices.Compare)
	n := min(len(rows), maxPoints)
	out := flow.Batch{Dim: pooled.Dim}
	for i := range n {
		out.Data = append(out.Data, rows[i*len(rows)/n]...)
	}
	return out
}

// permuted returns the discrepancy between the parts. Let S be the sum over pairs within one part, R over pairs of a
// point in it with any point, and T over all pairs. Then the pairs between the parts sum to R - S, and those within the
// other part to T - 2 R + S.
func (k kernel) permuted(pooled flow.Batch, partitions []partition) (values []float64, scale float64, err error) {
	x := columnsOf(pooled)
	within, rows := k.partSums(x, partitions), k.within(x).rows
	points, total := float64(x.n), sum(rows)
	values = make([]float64, len(partitions))
	for b, p := range partitions {
		n, s, r := float64(len(p.part)), 2*within[b], 0.
		for _, i := range p.part {
			r += rows[i]
		}
		m := points - n
		values[b] = s/(n*(n-1)) + (total-2*r+s)/(m*(m-1)) - 2*(r-s)/(n*m)
	}
	return values, math.Abs(total) / (points * (points - 1)), nil
}

// partSums returns the sum of the kernel over the pairs of points i > j within each part. It computes one row of the
// kernel's matrix at a time and uses it for all parts.
func (k kernel) partSums(x columns, partitions []partition) []float64 {
	blocks := (x.n + tile - 1) / tile
	sums := make([][]float64, blocks)
	flow.Parallel(blocks, func(block int) {
		block = blocks - 1 - block // the longest rows first, which balances the workers
		sums[block] = make([]float64, len(partitions))
		row := make([]float64, x.n)
		before := make([]int, len(partitions)) // points of each part before point i
		for b, p := range partitions {
			before[b], _ = slices.BinarySearch(p.part, uint16(block*tile))
		}
		for i := block * tile; i < min((block+1)*tile, x.n); i++ {
			x.squaredDistances(row[:i], x, i, 0)
			k(row[:i])
			for b, p := range partitions {
				if p.in[i] {
					sums[block][b] += gather(row, p.part[:before[b]])
					before[b]++
				}
			}
		}
	})
	for _, s := range sums[1:] {
		addTo(sums[0], s)
	}
	return sums[0]
}

// gather returns the sum of the numbers at the given indices. It adds up four independent sums for speed.
func gather(row []float64, places []uint16) float64 {
	var a, b, c, d float64
	for ; len(places) >= 4; places = places[4:] {
		a += row[places[0]]
		b += row[places[1]]
		c += row[places[2]]
		d += row[places[3]]
	}
	for _, i := range places {
		a += row[i]
	}
	return (a + b) + (c + d)
}
