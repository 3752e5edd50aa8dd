package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// Sinkhorn draws pairs from the entropic optimal transport plan of a batch (arXiv 1306.0895):
//
//	minimise sum_ij P_ij |x1_i - x0_j|^2 + Epsilon sum_ij P_ij log P_ij,  all rows and columns of P summing to 1/n
//
// Row i of x1 is paired with noise point j with probability n P_ij, so every data point is used once, and every noise
// point once on average. Epsilon is absolute, in squared units of the data, like reg in torchcfm and POT. 0.05 is
// torchcfm's default, and 2 sigma^2 gives a Schroedinger bridge with noise sigma (arXiv 2302.00482, section 3.3). The
// limit at 0 is OT, and at infinity Independent.
type Sinkhorn struct {
	Epsilon float64 `json:"epsilon" above:"0" doc:"weight of the entropy, in squared units of the data"`
}

// Make returns the coupling, or an error unless Epsilon is positive.
func (c Sinkhorn) Make() (Coupling, error) {
	if !(c.Epsilon > 0) || !Finite(c.Epsilon) {
		return Coupling{}, fmt.Errorf("epsilon: %g: must be positive and finite", c.Epsilon)
	}
	return Coupling{Name: "sinkhorn", Params: c, Pair: c.pair}, nil
}

func (c Sinkhorn) pair(r *rand.Rand, x0, x1 Batch) error {
	if err := checkPairs(x0, x1); err != nil {
		return fmt.Errorf("pair by sinkhorn: %w", err)
	}
	n := x0.Len()
	plan, err := entropicPlan(SquaredDistances(x1, x0), n, c.Epsilon)
	if err != nil {
		return fmt.Errorf("pair by sinkhorn: %w", err)
	}
	from := make([]int, n)
	for i := range from {
		// Draw from row i: find a uniform number among the cumulative sums.
		row, sum := plan[i*n:(i+1)*n], 0.
		for j, p := range row {
			sum += p
			row[j] = sum
		}
		u := r.Float64() * sum
		from[i] = sort.Search(n-1, func(j int) bool { return row[j] > u })
	}
	gather(x0, from)
	return nil
}

const (
	planTolerance = 1e-3   // mean over the columns of |sum - 1|
	planRounds    = 10_000 // at the final Epsilon
)

// entropicPlan returns n P for the (n, n) costs. Rows sum to 1 up to rounding, and columns up to planTolerance on
// average. It starts with the largest cost as epsilon and divides that by 4 until it is small enough, since each plan
// is close to the next.
func entropicPlan(cost []float64, n int, epsilon float64) ([]float64, error) {
	s := newScaling(cost, n)
	largest := 0.
	for _, c := range cost {
		largest = max(largest, c)
	}
	for coarse := largest; coarse > epsilon; coarse /= 4 {
		s.balance(coarse, 10*planTolerance, 100)
	}
	if off := s.balance(epsilon, planTolerance, planRounds); !(off <= planTolerance) {
		return nil, fmt.Errorf("the plan is still %.1g from its marginals after %d rounds: raise epsilon (now %g), or use ot",
			off, planRounds, epsilon)
	}
	for i := range n {
		for j, b := range s.b {
			s.kernel[i*n+j] *= s.a[i] * b
		}
	}
	return s.kernel, nil
}

// scaling is Sinkhorn's algorithm, stabilised (arXiv 1610.06519, section 3). The plan is a_i kernel_ij b_j with
//
//	kernel_ij = exp((f_i + g_j - cost_ij) / epsilon)
//
// Before a and b overflow, they are absorbed into the potentials f and g. This avoids most exponentials, which are
// slow.
type scaling struct {
	n            int
	cost, kernel []float64 // (n, n)
	f, g, a, b   []float64 // (n); f and g in units of cost
	sums         []float64 // sums of the columns of a_i kernel_ij, (n)
}

func newScaling(cost []float64, n int) *scaling {
	rows := func() []float64 { return make([]float64, n) }
	return &scaling{n: n, cost: cost, kernel: make([]float64, n*n), f: rows(), g: rows(), a: rows(), b: rows(), sums: rows()}
}

// maxScaling bounds b before it is absorbed into the potentials. Every row of the kernel has an entry of at least 1/n,
// so a is at most n times as large.
const maxScaling = 1e100

// balance scales columns and rows alternately until the columns sum to 1 within the tolerance, and returns their mean
// deviation.
func (s *scaling) balance(epsilon, tolerance float64, rounds int) (off float64) {
	s.renew(epsilon)
	for range rounds {
		off = 0.
		for j, sum := range s.sums {
			off += math.Abs(s.b[j]*sum-1) / float64(s.n)
		}
		switch {
		case off <= tolerance:
			return off
		case slices.Min(s.sums) < 1/maxScaling || slices.Max(s.sums) > maxScaling:
			s.absorb(epsilon)
			s.renew(epsilon)
		default:
			s.scale()
		}
	}
	return off
}

// scale makes the columns sum to 1, then the rows.
func (s *scaling) scale() {
	for j, sum := range s.sums {
		s.b[j] = 1 / sum
	}
	clear(s.sums)
	i := 0
	for ; i+4 <= s.n; i += 4 {
		s.scaleRows(i)
		s.sumRows(i)
	}
	for ; i < s.n; i++ {
		sum := 0.
		for j, k := range s.row(i) {
			sum += k * s.b[j]
		}
		s.a[i] = 1 / sum
		s.sumRow(i)
	}
}

func (s *scaling) row(i int) []float64 { return s.kernel[i*s.n : (i+1)*s.n : (i+1)*s.n] }

// scaleRows makes the rows i to i+3 sum to 1. One sum waits for each of its additions, four at a time do not.
func (s *scaling) scaleRows(i int) {
	n := len(s.b)
	row0, row1, row2, row3 := s.row(i)[:n], s.row(i + 1)[:n], s.row(i + 2)[:n], s.row(i + 3)[:n]
	var sum0, sum1, sum2, sum3 float64
	for j, b := range s.b {
		sum0 += row0[j] * b
		sum1 += row1[j] * b
		sum2 += row2[j] * b
		sum3 += row3[j] * b
	}
	s.a[i], s.a[i+1], s.a[i+2], s.a[i+3] = 1/sum0, 1/sum1, 1/sum2, 1/sum3
}

func (s *scaling) sumColumns() {
	clear(s.sums)
	i := 0
	for ; i+4 <= s.n; i += 4 {
		s.sumRows(i)
	}
	for ; i < s.n; i++ {
		s.sumRow(i)
	}
}

// sumRows adds the rows i to i+3 to the sums of the columns, in order.
func (s *scaling) sumRows(i int) {
	n := len(s.sums)
	row0, row1, row2, row3 := s.row(i)[:n], s.row(i + 1)[:n], s.row(i + 2)[:n], s.row(i + 3)[:n]
	a0, a1, a2, a3 := s.a[i], s.a[i+1], s.a[i+2], s.a[i+3]
	for j, sum := range s.sums {
		s.sums[j] = sum + a0*row0[j] + a1*row1[j] + a2*row2[j] + a3*row3[j]
	}
}

func (s *scaling) sumRow(i int) {
	a := s.a[i]
	for j, k := range s.row(i) {
		s.sums[j] += a * k
	}
}

// absorb moves a into the potential f, from which renew computes the rest.
func (s *scaling) absorb(epsilon float64) {
	for i, a := range s.a {
		s.f[i] += epsilon * math.Log(a)
	}
}

// renew runs one round of the algorithm on the potentials, g from f and f from g, by log-sum-exp, which cannot
// overflow. Afterwards the rows of the kernel sum to 1, and sums are those of its columns.
func (s *scaling) renew(epsilon float64) {
	terms := make([]float64, s.n)
	for j := range s.g {
		for i := range terms {
			terms[i] = (s.f[i] - s.cost[i*s.n+j]) / epsilon
		}
		s.g[j] = -epsilon * logSumExp(terms)
	}
	for i := range s.f {
		row := s.kernel[i*s.n : (i+1)*s.n]
		for j, g := range s.g {
			row[j] = (g - s.cost[i*s.n+j]) / epsilon
		}
		all := logSumExp(row)
		s.f[i] = -epsilon * all
		for j := range row {
			row[j] = math.Exp(row[j] - all)
		}
		s.a[i], s.b[i] = 1, 1
	}
	s.sumColumns()
}

// logSumExp returns log sum_i exp(x_i).
func logSumExp(x []float64) float64 {
	largest := math.Inf(-1)
	for _, v := range x {
		largest = max(largest, v)
	}
	sum := 0.
	for _, v := range x {
		sum += math.Exp(v - largest)
	}
	return largest + math.Log(sum)
}
