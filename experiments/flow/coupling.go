package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Coupling says which noise point is trained towards which data point. Pair reorders x0, (n, d), in place against x1,
// (n, d), which stays as it is; a coupling that is random draws from r. A coupling other than Independent changes the
// velocity that is learned and the least loss that can be reached, not the distribution that the flow arrives at.
type Coupling struct {
	Name   string
	Params any // the parameters it was made from, a Sinkhorn for example; nil if there are none
	Pair   func(r *rand.Rand, x0, x1 Batch) error
}

// MarshalJSON returns the form of the coupling in a spec: its name, beside its parameters if it has any.
func (c Coupling) MarshalJSON() ([]byte, error) { return Form(c.Name, c.Params) }

// MarshalText returns the form of the coupling in a spec: its bare name, or a mapping in JSON.
func (c Coupling) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// String returns what MarshalText does.
func (c Coupling) String() string { return word(c.Name, c.Params) }

// CouplingFamilies lists every family by name.
var CouplingFamilies = []Family[Coupling]{
	{"independent", fixedIndependent{}},
	{"ot", fixedOT{}},
	{"sinkhorn", Sinkhorn{Epsilon: 0.05}},
}

// The makers of the couplings that have no parameters.
type (
	fixedIndependent struct{}
	fixedOT          struct{}
)

func (fixedIndependent) Make() (Coupling, error) { return Independent, nil }
func (fixedOT) Make() (Coupling, error)          { return OT, nil }

// Independent leaves the points as they were drawn: X0 and X1 are independent.
var Independent = Coupling{
	Name: "independent",
	Pair: func(_ *rand.Rand, x0, x1 Batch) error { return CheckLike(x0, x1) },
}

// OT pairs each batch at the least sum of squared distances, every point once: minibatch optimal transport (arXiv
// 2302.00482, arXiv 2304.14772). It is exact within a batch, which for batches of finite size is not optimal transport
// between the distributions. It takes O(n^3) and memory for n^2 numbers.
var OT = Coupling{Name: "ot", Pair: pairOT}

func pairOT(_ *rand.Rand, x0, x1 Batch) error {
	if err := checkPairs(x0, x1); err != nil {
		return fmt.Errorf("pair by ot: %w", err)
	}
	// Moving or stretching either side as a whole changes the sum for all pairings alike, and the inner products, which
	// decide, by one factor. Two clouds of one place and size are paired several times as fast.
	a, err := Assign(SquaredDistances(standardized(x1), standardized(x0)), x0.Len())
	if err != nil {
		return fmt.Errorf("pair by ot: %w", err)
	}
	take(x0, a.Column)
	return nil
}

// mostPaired keeps a slip of the pen from asking for more memory than there is: n^2 numbers are 0.5 GB.
const mostPaired = 8192

// checkPairs returns an error unless the two batches can be paired by their distances.
func checkPairs(x0, x1 Batch) error {
	if err := CheckLike(x0, x1); err != nil {
		return err
	}
	if x0.Len() > mostPaired {
		return fmt.Errorf("a batch of %d is too large to compare every two points of: at most %d", x0.Len(), mostPaired)
	}
	if !x0.Finite() || !x1.Finite() {
		return fmt.Errorf("a point of the batch is not finite: check the data")
	}
	return nil
}

// standardized returns the points moved to a mean of 0 and divided by their root mean square distance from it.
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

// take replaces point i of x by the point that from names, for all at once.
func take(x Batch, from []int) {
	was := x.Clone()
	for i, j := range from {
		copy(x.Row(i), was.Row(j))
	}
}
