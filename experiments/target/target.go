// Package target defines the distributions that flows are trained to reach.
//
//	moons, err := target.Moons{Noise: 0.05}.Make()
//	moons.Fill(batch, flow.NewStream(seed, "data"), 0)
//
// Curves such as moons, circles and spirals consist of fixed, evenly spaced points with Gaussian noise. So they are
// exact mixtures, and an oracle.Oracle computes their velocity, floor and entropy. Without noise (noise or std 0) they
// are data sets, like the rows of Data: their entropy is -Inf, and the exact velocity has no limit at t = 1.
package target

import (
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/oracle"
)

// Target is a distribution from which points can be drawn.
type Target struct {
	Name   string
	Params any                                          // the parameters it was made from, for example a Moons
	Shape  []int                                        // sizes of a point; d-dimensional vectors have the shape {d}
	Draw   func(r *rand.Rand, dst []float64) (part int) // writes one point, (Dim), into dst, and returns the part of the law that it is from
	Law    oracle.Law                                   // the law of Draw in closed form; nil if there is none
	Atoms  bool                                         // draws may repeat a point, for lack of noise

	// For targets that models are conditional on something of.
	Given     given.Condition
	DrawGiven func(r *rand.Rand, dst, row []float64) // Draw, which also writes what the point is given, (Given.Width())
	LawGiven  func(row []float64) oracle.Law         // the law of Draw given a row, where it is known; nil if it is not

	// For targets made from Data only.
	Rows        Rows              // rows that Draw repeats, (n, Dim)
	Noise       float64           // standard deviation of the noise that Draw adds to them
	Held        Rows              // held-out rows, which Draw never writes, (m, Dim): what nets are measured with and chosen by
	Fresh       Rows              // more of them, kept for the figures of what was chosen; none if few rows are held out
	Units       flow.Units        // from the scale of Draw, Law and Held to the user's own units, or to those of Code
	Code        kinds.Code        // of the rows, if not all columns are real; else they are their own codes
	Columns     []string          // names of the columns of rows, which are the coordinates unless there is a Code; nil if there are none
	Content     []byte            // a NumPy file of the data in the user's own units; Params hold its sha256
	File        *io.SectionReader // the file that holds the data, instead of Content, which Params hold the sha256 of all the same
	ColumnNotes []ColumnNote      // on the columns

	whole       *Target  // that this is one class of; nil if it is no class
	parts       []int    // the class of each part of the law; nil if that is not known
	coordinates []string // names of the coordinates of a law, where files of draws need some; nil for x1, x2, ...

	only   string                            // name of the one class whose points it has; empty for all
	grains func(r *rand.Rand, row []float64) // see Blur
	spans  []string                          // of the columns; nil if they follow from Rows

	// Notes are sentences on the file of the data: what was taken of it, what was left out and why, how it was read.
	Notes []string

	// Cautions are sentences on rows that outweigh the others, and on columns on other scales.
	Cautions []string
}

// ofLaw returns the target of a law in closed form.
func ofLaw(name string, params any, law oracle.Law) Target {
	m, ok := law.(oracle.Mixture)
	atoms := ok && slices.Contains(m.Std, 0)
	return Target{Name: name, Params: params, Shape: []int{law.Dim()}, Draw: law.Draw, Law: law, Atoms: atoms}
}

// Dim returns the number of coordinates of a point, the product of its shape.
func (t Target) Dim() int {
	dim := 1
	for _, size := range t.Shape {
		dim *= size
	}
	return dim
}

// OfData reports whether the target was made from Data.
func (t Target) OfData() bool { return t.Content != nil || t.File != nil }

// Mixture returns the law of the target as a mixture of Gaussians, and whether it is one.
func (t Target) Mixture() (oracle.Mixture, bool) {
	m, ok := t.Law.(oracle.Mixture)
	return m, ok
}

// Fill draws a point into each row of dst, (n, Dim), and what it is given if dst has room for that. Row i is drawn from id first + i of
// the stream.
func (t Target) Fill(dst flow.Batch, stream *flow.Stream, first uint64) {
	for i := range dst.Len() {
		r := stream.At(first + uint64(i))
		if row := dst.GivenTo(i); t.DrawGiven != nil && row != nil {
			t.DrawGiven(r, dst.Row(i), row)
			continue
		}
		t.Draw(r, dst.Row(i))
	}
}

// Sample returns the points 0 to n-1 of the stream, (n, Dim).
func (t Target) Sample(n int, stream *flow.Stream) flow.Batch {
	b := flow.NewBatch(n, t.Dim())
	if m := t.Given.Width(); m > 0 {
		b.Given = make([]float64, n*m)
	}
	t.Fill(b, stream, 0)
	return b
}

// Truth returns the points 0 to n-1 of the stream as samples are measured, (n, Dim): projected.
func (t Target) Truth(n int, stream *flow.Stream) flow.Batch { return t.Project(t.Sample(n, stream)) }

// Reference returns points to compare samples with. If rows were held out, it returns those, each at most once and in a
// random order from the stream, (at most n, Dim), since only they reveal a net that has memorised its training data.
// Otherwise it returns the points 0 to n-1 of the stream, (n, Dim), as Truth does.
func (t Target) Reference(n int, stream *flow.Stream) flow.Batch {
	if t.Held.Len() == 0 {
		return t.Truth(n, stream)
	}
	order := stream.At(0).Perm(t.Held.Len())
	return t.Held.Take(flow.Batch{}, order[:min(n, len(order))])
}

// FreshReference is Reference for the figures of what was chosen: rows that the choice did not use, if there are any.
func (t Target) FreshReference(n int, stream *flow.Stream) flow.Batch {
	if t.Fresh.Len() > 0 {
		t.Held = t.Fresh
	}
	return t.Reference(n, stream)
}

// Comparable returns how many of count samples are compared with a reference of at most m points. Where the truth is known
// from rows alone, they are at most as many as the rows that are left beside the reference, as RealPair must have them.
func (t Target) Comparable(count, m int) int {
	if t.Held.Len() == 0 {
		return count
	}
	return min(count, t.Rows.Len()+t.Held.Len()+t.Fresh.Len()-min(m, t.Held.Len()))
}

// RealPair returns n and m different rows of the data, trained on or not, at random: two samples of the truth.
func (t Target) RealPair(n, m int, stream *flow.Stream) (samples, reference flow.Batch) {
	all := joined(t.Rows, t.Held, t.Fresh)
	order := stream.At(0).Perm(all.Len())
	return all.Take(flow.Batch{}, order[:n]), all.Take(flow.Batch{}, order[n:n+m])
}

// Others returns n points of the truth that are not in the reference of m points from a stream. Where the truth is known
// from rows alone, they are rows of the data, each at most once and so at most as many as there are: those of Fresh first,
// then held-out ones, then ones to train on, each kind in a random order.
func (t Target) Others(n, m int, reference, stream *flow.Stream) flow.Batch {
	if t.Held.Len() == 0 {
		return t.Truth(n, stream)
	}
	out := flow.Batch{Dim: t.Dim()}
	order := reference.At(0).Perm(t.Held.Len()) // as in Reference
	left := t.Held.Take(flow.Batch{}, order[min(m, len(order)):])
	for i, rows := range []Rows{t.Fresh, InMemory(left), t.Rows} {
		order := stream.At(uint64(i)).Perm(rows.Len())
		more := rows.Take(flow.Batch{}, order[:min(n-out.Len(), len(order))])
		out.Data, out.Given = append(out.Data, more.Data...), append(out.Given, more.Given...)
	}
	return out
}

// stdDraws is the number of draws that tell the standard deviation of a target without rows.
const stdDraws = 4096

// Std returns the root mean square distance of a coordinate from its mean, on the scale of Draw, to three digits: of the training rows,
// or of draws.
func (t Target) Std() float64 {
	rows := t.Rows
	if rows.Len() == 0 {
		rows = InMemory(t.Sample(stdDraws, flow.NewStream(0, "standard deviation")))
	}
	n, dim := float64(rows.Len()), t.Dim()
	mean, square := make([]float64, dim), make([]float64, dim)
	rows.EachPart(func(part flow.Batch) {
		for i, v := range part.Data {
			mean[i%dim] += v / n
		}
	})
	rows.EachPart(func(part flow.Batch) {
		for i, v := range part.Data {
			d := v - mean[i%dim]
			square[i%dim] += d * d / n
		}
	})
	sum := 0.
	for _, s := range square {
		sum += s / float64(dim)
	}
	std, _ := strconv.ParseFloat(strconv.FormatFloat(math.Sqrt(sum), 'g', 3, 64), 64)
	return std
}

// MarshalJSON returns the target as written in a spec: its name with its parameters.
func (t Target) MarshalJSON() ([]byte, error) {
	text, err := flow.Form(t.Name, t.Params)
	if t.only == "" || err != nil {
		return text, err
	}
	class, err := json.Marshal(t.only)
	return slices.Concat(text[:len(text)-1], []byte(`,"only":`), class, []byte("}")), err
}

// Families lists every family of targets.
var Families = []flow.Family[Target]{
	{Name: "moons", Default: Moons{Noise: 0.05}},
	{Name: "gaussians", Default: Gaussians{Count: 8, Radius: 5, Std: 0.5, Layout: "ring", Dim: 2}},
	{Name: "checkerboard", Default: Checkerboard{Scale: 1 / 0.45}},
	{Name: "circles", Default: Circles{Factor: 0.5, Noise: 0.05}},
	{Name: "gaussian", Default: Gaussian{Dim: 2, Mean: 0, Std: 1}},
	{Name: "linear-gaussian", Default: LinearGaussian{Dim: 1, Shift: -1, Variance: .3}},
	{Name: "pinwheel", Default: Pinwheel{Arms: 5, Radial: 0.3, Tangential: 0.1, Rate: 0.25, Scale: 2}},
	{Name: "s-curve", Default: SCurve{Noise: 0.05, Scale: 1.5}},
	{Name: "spirals", Default: Spirals{Turns: 1.5, Radius: 3, Noise: 0.1}},
	{Name: "swiss-roll", Default: SwissRoll{Noise: 1, Scale: 0.2}},
}
