package flow

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// Coupling pairs noise points with data points for training. Pair reorders x0, (n, d), in place to match x1, (n, d),
// which it does not change. Random couplings draw from r. A coupling other than Independent changes the learned
// velocity and the smallest possible loss, but not the distribution that the flow produces, unless it is Taught.
type Coupling struct {
	Name   string
	Params any // the parameters it was made from, for example a Sinkhorn; nil if there are none
	Pair   func(r *rand.Rand, x0, x1 Batch) error
	Ties   bool // repeated points give several optimal pairings, among which the solver chooses
	Taught bool // the flow of another net, the teacher, makes both points of every pair; Pair is then nil
}

// Within pairs as Pair does, but only points whose data are given the same: pairing across classes would bias the velocity given a
// class (arXiv 2406.03314). Data that are given numbers, which hardly repeat, are paired all together.
func (c Coupling) Within(r *rand.Rand, x0, x1 Batch) error {
	groups := map[int][]int{}
	if c.Name != Independent.Name {
		groups = classes(x1)
	}
	if len(groups) < 2 {
		return c.Pair(r, x0, x1)
	}
	for _, k := range slices.Sorted(maps.Keys(groups)) {
		rows := groups[k]
		own := x0.Take(Batch{}, rows)
		if err := c.Pair(r, own, x1.Take(Batch{}, rows)); err != nil {
			return err
		}
		for i, row := range rows {
			copy(x0.Row(row), own.Row(i))
		}
	}
	return nil
}

// classes returns the points given each class, or nothing unless all are given one.
func classes(x Batch) map[int][]int {
	groups := map[int][]int{}
	for i := range x.Len() {
		row, k := x.GivenTo(i), -1
		for j, v := range row {
			switch {
			case v == 1 && k < 0:
				k = j
			case v != 0:
				return nil
			}
		}
		if k < 0 {
			return nil
		}
		groups[k] = append(groups[k], i)
	}
	return groups
}

// MarshalJSON returns the coupling as written in a spec: its name, with its parameters if it has any.
func (c Coupling) MarshalJSON() ([]byte, error) { return Form(c.Name, c.Params) }

// MarshalText returns the coupling as written in a spec: its bare name, or a mapping in JSON.
func (c Coupling) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// String returns the same as MarshalText.
func (c Coupling) String() string { return formText(c.Name, c.Params) }

// CouplingFamilies lists the families of couplings of noise with data.
var CouplingFamilies = []Family[Coupling]{
	{"independent", fixedIndependent{}},
	{"ot", fixedOT{}},
	{"sinkhorn", Sinkhorn{Epsilon: 0.05}},
}

// fixedIndependent and fixedOT make the couplings without parameters.
type (
	fixedIndependent struct{}
	fixedOT          struct{}
)

func (fixedIndependent) Make() (Coupling, error) { return Independent, nil }
func (fixedOT) Make() (Coupling, error)          { return OT, nil }

// Independent leaves the points as drawn, so X0 and X1 are independent.
var Independent = Coupling{
	Name: "independent",
	Pair: func(_ *rand.Rand, x0, x1 Batch) error { return CheckLike(x0, x1) },
}

// OT pairs the points of each batch one to one with the smallest sum of squared distances: minibatch optimal transport
// (arXiv 2302.00482, arXiv 2304.14772). It is exact within a batch, which is not optimal transport between the
// distributions. On a line it sorts. Otherwise it takes memory for n^2 numbers, and O(n^3) time in the worst case.
var OT = Coupling{Name: "ot", Pair: pairOT, Ties: true}

// costs keeps the memory of the distances of earlier batches, since a training pairs one at each step.
var costs = sync.Pool{New: func() any { return new([]float64) }}

func pairOT(_ *rand.Rand, x0, x1 Batch) error {
	if err := checkPairs(x0, x1); err != nil {
		return fmt.Errorf("pair by ot: %w", err)
	}
	if x0.Dim == 1 {
		pairByRank(x0, x1)
		return nil
	}
	// Shifting or scaling either side does not change the optimal pairing: it adds the same constant to the sum of all
	// pairings, and multiplies the inner products by one factor. Solving is several times as fast if both sides have
	// the same mean and scale.
	n, from, to := x0.Len(), standardized(x1), standardized(x0)
	memory := costs.Get().(*[]float64)
	defer costs.Put(memory)
	*memory = resized(*memory, n*n)
	for i := range n {
		squaredDistances((*memory)[i*n:(i+1)*n], from.Row(i), to)
	}
	a, err := Assign(*memory, n)
	if err != nil {
		return fmt.Errorf("pair by ot: %w", err)
	}
	gather(x0, a.Column)
	return nil
}

// pairByRank pairs points on a line, (n, 1) each, by their ranks, which is optimal there. Equal points stay in order.
func pairByRank(x0, x1 Batch) {
	ranks0, ranks1, from := order(x0.Data), order(x1.Data), make([]int, x0.Len())
	for k, i := range ranks1 {
		from[i] = ranks0[k]
	}
	gather(x0, from)
}

// order returns the indices of the values in increasing order of these.
func order(values []float64) []int {
	indices := make([]int, len(values))
	for i := range indices {
		indices[i] = i
	}
	slices.SortStableFunc(indices, func(i, j int) int { return cmp.Compare(values[i], values[j]) })
	return indices
}

// maxPaired is the largest batch that can be paired, whose n^2 numbers take 0.5 GB. It protects against typos.
const maxPaired = 8192

// checkPairs returns an error unless the two batches can be paired by their distances.
func checkPairs(x0, x1 Batch) error {
	if err := CheckLike(x0, x1); err != nil {
		return err
	}
	if x0.Len() > maxPaired {
		return fmt.Errorf("a batch of %d is too large for pairwise distances: use at most %d", x0.Len(), maxPaired)
	}
	if !x0.Finite() || !x1.Finite() {
		return fmt.Errorf("a point of the batch is not finite: check the data")
	}
	return nil
}

// standardized returns the points shifted to mean 0 and divided by their root mean square distance from it.
func standardized(x Batch) Batch {
	x = x.Clone()
	n, square := float64(x.Len()), 0.
	mean, _ := x.Moments()
	for j := range x.Dim {
		for i := j; i < len(x.Data); i += x.Dim {
			x.Data[i] -= mean[j]
			square += x.Data[i] * x.Data[i] / n
		}
	}
	if size := math.Sqrt(square); size > 0 && !math.IsInf(size, 0) {
		for i := range x.Data {
			x.Data[i] /= size
		}
	}
	return x
}

// gather sets every point i of x to the former point from[i].
func gather(x Batch, from []int) { x.Clone().Take(x, from) }
