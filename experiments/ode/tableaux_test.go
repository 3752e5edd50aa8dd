package ode

import (
	"math"
	"slices"
	"testing"
)

// tree is a rooted tree, given as the subtrees of its root.
type tree []tree

// trees returns the rooted trees with n nodes.
func trees(n int) []tree {
	return forests(n-1, n-1)
}

// forests returns the multisets of trees with n nodes in total, each with at most the given number of nodes.
func forests(n, largest int) []tree {
	if n == 0 {
		return []tree{{}}
	}
	var all []tree
	for size := min(n, largest); size >= 1; size-- {
		ofSize := trees(size)
		for first, t := range ofSize {
			for _, rest := range forests(n-size, size) {
				// Each multiset counts once: its trees of equal size follow the order of the list.
				if len(rest) == 0 || rest[0].nodes() < size || slices.IndexFunc(ofSize, rest[0].equal) >= first {
					all = append(all, append(tree{t}, rest...))
				}
			}
		}
	}
	return all
}

func (t tree) nodes() int {
	n := 1
	for _, c := range t {
		n += c.nodes()
	}
	return n
}

func (t tree) equal(o tree) bool { return slices.EqualFunc(t, o, tree.equal) }

// density returns gamma(t) (Hairer, Norsett and Wanner, definition II.2.10).
func (t tree) density() float64 {
	gamma := float64(t.nodes())
	for _, c := range t {
		gamma *= c.density()
	}
	return gamma
}

// weight returns Phi_i(t) for every stage i: the product over the children c of sum_j A_ij Phi_j(c).
func (t tree) weight(s Solver) []float64 {
	phi := make([]float64, s.Stages())
	for i := range phi {
		phi[i] = 1
	}
	for _, c := range t {
		inner := c.weight(s)
		for i := range phi {
			phi[i] *= dot(s.A[i], inner)
		}
	}
	return phi
}

func dot(a, b []float64) float64 {
	sum := 0.
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// worst returns the largest |sum_i b_i Phi_i(t) - 1/gamma(t)| over the trees with n nodes. It is 0 for all n up to p if
// and only if the weights b give a method of order p (Hairer, Norsett and Wanner, theorem II.2.13).
func worst(s Solver, b []float64, n int) float64 {
	largest := 0.
	for _, t := range trees(n) {
		largest = max(largest, math.Abs(dot(b, t.weight(s))-1/t.density()))
	}
	return largest
}

func TestTreesAreCounted(t *testing.T) {
	t.Parallel()
	for n, want := range []int{1: 1, 2: 1, 3: 2, 4: 4, 5: 9, 6: 20, 7: 48} {
		if got := 0; n > 0 {
			if got = len(trees(n)); got != want {
				t.Errorf("%d rooted trees with %d nodes, want %d", got, n, want)
			}
		}
	}
}

// TestOrderConditions fails if one digit of a coefficient is wrong. The tolerance allows for sums of terms as large as
// 12, printed to 16 digits, as in Tsit5. The conditions beyond a method's order are violated by more than 1e-5.
func TestOrderConditions(t *testing.T) {
	t.Parallel()
	const rounding, off = 2e-14, 1e-5
	for _, s := range Solvers {
		check := func(what string, b []float64, order int) {
			for n := 1; n <= order; n++ {
				if e := worst(s, b, n); e > rounding {
					t.Errorf("%s: an order condition with %d nodes for the %s is off by %g, want 0 within %g", s.Name, n, what, e, rounding)
				}
			}
			if e := worst(s, b, order+1); e < off {
				t.Errorf("%s: the order conditions with %d nodes hold for the %s within %g: its order is higher", s.Name, order+1, what, e)
			}
		}
		if s.Table != nil {
			continue // its tableau is that of a step of Euler
		}
		check("method", s.B, s.Order)
		if !s.Adaptive() {
			continue
		}
		embedded := slices.Clone(s.B)
		for i, e := range s.E {
			embedded[i] -= e
		}
		check("embedded method", embedded, s.Order-1)
	}
}

func TestTableausAreConsistent(t *testing.T) {
	t.Parallel()
	for _, s := range Solvers {
		if len(s.A) != s.Stages() || len(s.C) != s.Stages() || s.Adaptive() && len(s.E) != s.Stages() {
			t.Errorf("%s: %d rows of A, %d of C and %d of E for %d stages", s.Name, len(s.A), len(s.C), len(s.E), s.Stages())
		}
		for i, row := range s.A {
			if sum := dot(row, slices.Repeat([]float64{1}, len(row))); !(math.Abs(sum-s.C[i]) <= 1e-15) {
				t.Errorf("%s: row %d of A sums to %g, want C = %g", s.Name, i, sum, s.C[i])
			}
			if len(row) > i {
				t.Errorf("%s: row %d of A has %d entries: the method is not explicit", s.Name, i, len(row))
			}
		}
		last := s.Stages() - 1
		same := s.C[last] == 1 && s.B[last] == 0 && slices.Equal(s.A[last], s.B[:last])
		if s.FSAL != same {
			t.Errorf("%s: FSAL is %t, but the last row of A equals B: %t", s.Name, s.FSAL, same)
		}
		if s.Adaptive() && !s.FSAL {
			t.Errorf("%s: SolveAdaptive requires FSAL: it uses the last stage as the velocity at the end of the step", s.Name)
		}
	}
}

// TestPublishedEmbeddedWeights compares with the weights of the embedded methods printed in the papers.
func TestPublishedEmbeddedWeights(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    Solver
		want []float64
	}{
		{Bosh3, []float64{7. / 24, 1. / 4, 1. / 3, 1. / 8}},
		{Dopri5, []float64{5179. / 57600, 0, 7571. / 16695, 393. / 640, -92097. / 339200, 187. / 2100, 1. / 40}},
	} {
		for i, want := range c.want {
			if got := c.s.B[i] - c.s.E[i]; !(math.Abs(got-want) <= 1e-16) { // half a unit in the last place of B
				t.Errorf("%s: embedded weight %d is %.17g, want %.17g", c.s.Name, i, got, want)
			}
		}
	}
}
