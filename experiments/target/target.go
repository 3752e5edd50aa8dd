// Package target holds the distributions a flow is trained to reach.
//
//	moons, err := target.Moons{Noise: 0.05}.Make()
//	moons.Fill(batch, flow.NewStream(seed, "data"), 0)
//
// Curves such as moons, circles and spirals are drawn from a fixed, even set of points with Gaussian noise. That makes
// them exact mixtures, so that an oracle.Oracle knows their velocity, floor and entropy. Without noise (noise or std 0)
// they are data sets: their entropy is -Inf, and the exact velocity has no limit at t = 1. So are a user's own rows, which
// are Data.
package target

import (
	"math/rand/v2"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// Target is a distribution on R^Dim that can be drawn from.
type Target struct {
	Name   string
	Params any                               // the parameters it was made from, a Moons for example
	Dim    int                               // numbers a point
	Draw   func(r *rand.Rand, dst []float64) // writes one point, (Dim), into dst
	Law    oracle.Law                        // the law of Draw in closed form; nil where there is none

	// What data have beyond a distribution that was made up; see Data.
	Held    flow.Batch  // rows that Draw never writes, (m, Dim); none where it can write ever new ones
	Units   flow.Affine // from the scale of Draw, Law and Held to the user's own units
	Columns []string    // names of the coordinates, (Dim); nil where they have none
	Content []byte      // a NumPy file of the data, in the user's own units, that Params name by its sha256
}

// ofLaw returns the target that draws from a law in closed form.
func ofLaw(name string, params any, law oracle.Law) Target {
	return Target{Name: name, Params: params, Dim: law.Dim(), Draw: law.Draw, Law: law}
}

// Mixture returns the law of the target as a mixture of Gaussians, and whether it is one.
func (t Target) Mixture() (oracle.Mixture, bool) {
	m, ok := t.Law.(oracle.Mixture)
	return m, ok
}

// Fill draws one point into each row of dst, (n, Dim); row i is the point of id first + i of the stream.
func (t Target) Fill(dst flow.Batch, stream *flow.Stream, first uint64) {
	for i := range dst.Len() {
		t.Draw(stream.At(first+uint64(i)), dst.Row(i))
	}
}

// Sample returns the points 0 to n-1 of the stream, (n, Dim).
func (t Target) Sample(n int, stream *flow.Stream) flow.Batch {
	b := flow.NewBatch(n, t.Dim)
	t.Fill(b, stream, 0)
	return b
}

// Reference returns points to hold samples against: the points 0 to n-1 of the stream, (n, Dim); or of data that hold
// rows out these, each at most once and in an order drawn from the stream, (at most n, Dim). A net that has only learned
// its training data by heart is found out by the latter alone.
func (t Target) Reference(n int, stream *flow.Stream) flow.Batch {
	if t.Held.Len() == 0 {
		return t.Sample(n, stream)
	}
	order := stream.At(0).Perm(t.Held.Len())
	b := flow.NewBatch(min(n, len(order)), t.Dim)
	for i := range b.Len() {
		copy(b.Row(i), t.Held.Row(order[i]))
	}
	return b
}

// MarshalJSON returns the form of the target in a spec: its name beside its parameters.
func (t Target) MarshalJSON() ([]byte, error) { return flow.Form(t.Name, t.Params) }

// Families lists every family by name.
var Families = []flow.Family[Target]{
	{Name: "moons", Default: Moons{Noise: 0.05}},
	{Name: "gaussians", Default: Gaussians{Count: 8, Radius: 5, Std: 0.5, Layout: "ring", Dim: 2}},
	{Name: "checkerboard", Default: Checkerboard{Scale: 1 / 0.45}},
	{Name: "circles", Default: Circles{Factor: 0.5, Noise: 0.05}},
	{Name: "gaussian", Default: Gaussian{Dim: 2, Mean: 0, Std: 1}},
	{Name: "pinwheel", Default: Pinwheel{Arms: 5, Radial: 0.3, Tangential: 0.1, Rate: 0.25, Scale: 2}},
	{Name: "s-curve", Default: SCurve{Noise: 0.05, Scale: 1.5}},
	{Name: "spirals", Default: Spirals{Turns: 1.5, Radius: 3, Noise: 0.1}},
	{Name: "swiss-roll", Default: SwissRoll{Noise: 1, Scale: 0.2}},
}
