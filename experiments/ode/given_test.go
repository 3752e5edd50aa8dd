package ode

import (
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
)

// labelled returns points whose second coordinate and condition are determined by their label.
func labelled(labels ...int) flow.Batch {
	x := flow.NewBatch(len(labels), 2)
	for i, l := range labels {
		x.Row(i)[1] = float64(l)
		x.Labels, x.Conditions = append(x.Labels, l), append(x.Conditions, float64(l)/2)
	}
	return x
}

// byLabel is a field that moves the first coordinate of each point according to its label. It fails the test if the
// label or the condition does not belong to the point.
func byLabel(t *testing.T, calls *[]int) flow.RowField {
	return func(ts []float64, x flow.Batch) (flow.Batch, error) {
		*calls = append(*calls, x.Len())
		if len(x.Labels) != x.Len() || len(x.Conditions) != x.Len() {
			t.Fatalf("%d points with %d labels and %d conditions", x.Len(), len(x.Labels), len(x.Conditions))
		}
		u := flow.NewBatch(x.Len(), x.Dim)
		for i, l := range x.Labels {
			if float64(l) != x.Row(i)[1] || float64(l)/2 != x.Conditions[i] {
				t.Fatalf("the point of label %g has label %d and condition %g", x.Row(i)[1], l, x.Conditions[i])
			}
			u.Row(i)[0] = float64(l) * math.Cos(float64(l)*ts[i])
		}
		return u, nil
	}
}

// TestAdaptiveSamplesKeepTheirLabels: samples with larger labels take more steps, so those with smaller ones leave the
// batch earlier. Each ends where it does alone, to the last bit, with its own label and condition.
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
		if !slices.Equal(x.Labels, labels) || !slices.Equal(x.Conditions, x0.Conditions) {
			t.Errorf("%s: the samples end with labels %v and conditions %v", s.Name, x.Labels, x.Conditions)
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

// TestStepsKeepLabels: every stage of a step, and of an integral along the way, gets the labels and conditions.
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
			if !slices.Equal(x.Labels, x0.Labels) || !slices.Equal(x.Conditions, x0.Conditions) {
				t.Errorf("%s: an intermediate batch has labels %v and conditions %v", s.Name, x.Labels, x.Conditions)
			}
		}
		if _, x1, _, err := PathEnergies(field, s, Uniform(3), x0); err != nil || !slices.Equal(x1.Labels, x0.Labels) {
			t.Errorf("%s: paths end with labels %v, %v", s.Name, x1.Labels, err)
		}
	}
}
