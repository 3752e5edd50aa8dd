package ode

import (
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
)

// labelled returns points whose second coordinate is their label, given the label and half of it.
func labelled(labels ...int) flow.Batch {
	x := flow.NewBatch(len(labels), 2)
	for i, l := range labels {
		x.Row(i)[1] = float64(l)
		x.Given = append(x.Given, float64(l), float64(l)/2)
	}
	return x
}

// byLabel is a field that moves the first coordinate of each point according to its label. It fails the test if
// what a point is given is not its own.
func byLabel(t *testing.T, calls *[]int) flow.RowField {
	return func(ts []float64, x flow.Batch) (flow.Batch, error) {
		*calls = append(*calls, x.Len())
		if len(x.Given) != 2*x.Len() {
			t.Fatalf("%d points given %d numbers", x.Len(), len(x.Given))
		}
		u := flow.NewBatch(x.Len(), x.Dim)
		for i := range x.Len() {
			l := x.GivenTo(i)[0]
			if l != x.Row(i)[1] || l/2 != x.GivenTo(i)[1] {
				t.Fatalf("the point of label %g is given %v", x.Row(i)[1], x.GivenTo(i))
			}
			u.Row(i)[0] = l * math.Cos(l*ts[i])
		}
		return u, nil
	}
}

// TestAdaptiveSamplesKeepTheirLabels: samples with larger labels take more steps, so those with smaller ones leave the
// batch earlier. Each ends where it does alone, to the last bit, given its own label.
func TestAdaptiveSamplesKeepTheirLabels(t *testing.T) {
	t.Parallel()
	labels := []int{30, 1, 80, 0, 5, 50, 2}
	tol := Tolerance{Atol: 1e-6, Rtol: 1e-6}
	for _, s := range Solvers {
		if !s.Adaptive() {
			continue
		}
		x0 := labelled(labels...)
		x0.Row(3)[0] = math.NaN() // abandoned at the start
		var sizes []int
		x, _, err := SolveAdaptive(byLabel(t, &sizes), s, tol, x0)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(x.Given, x0.Given) {
			t.Errorf("%s: the samples end given %v", s.Name, x.Given)
		}
		if slices.Sort(sizes); len(slices.Compact(sizes)) < len(labels)-1 {
			t.Errorf("%s: all samples leave together, in batches of %v: the test cannot detect mixed-up labels", s.Name, sizes)
		}
		for i, l := range labels {
			alone, _, err := SolveAdaptive(byLabel(t, &sizes), s, tol, x0.Slice(i, i+1))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := x.Row(i)[0], alone.Row(0)[0]; math.Float64bits(got) != math.Float64bits(want) {
				t.Errorf("%s: the sample of label %d ends at %g, and at %g alone", s.Name, l, got, want)
			}
			if end := math.Sin(float64(l)); i != 3 && math.Abs(x.Row(i)[0]-end) > 1e-3 {
				t.Errorf("%s: the sample of label %d ends at %g, want %g", s.Name, l, x.Row(i)[0], end)
			}
		}
	}
}

// TestStepsKeepLabels: every stage of a step, and of an integral along the way, gets what the points are given.
func TestStepsKeepLabels(t *testing.T) {
	t.Parallel()
	for _, s := range Solvers {
		var sizes []int
		field := byLabel(t, &sizes).Field()
		x0 := labelled(3, 1, 2)
		xs, _, err := Trajectory(field, s, Uniform(3), x0)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range xs {
			if !slices.Equal(x.Given, x0.Given) {
				t.Errorf("%s: an intermediate batch is given %v", s.Name, x.Given)
			}
		}
		if _, x1, _, err := PathEnergies(field, s, Uniform(3), x0); err != nil || !slices.Equal(x1.Given, x0.Given) {
			t.Errorf("%s: paths end given %v, %v", s.Name, x1.Given, err)
		}
	}
}
