package target

import (
	"math"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
)

// wrong returns the share of n draws that the classifier takes for another class than theirs.
func wrong(t Target, classify func(flow.Batch) []int, n int) float64 {
	x := t.Sample(n, flow.NewStream(7, "draws"))
	off := 0.
	for i, k := range classify(x) {
		if k != given.ClassOf(x.GivenTo(i)) {
			off++
		}
	}
	return off / float64(n)
}

// TestClassifierIsThatOfBayes: two Gaussians of equal share at a distance of 2 r and std s are told apart but for Phi(-r / s) of the
// points, which no classifier falls below; disjoint squares always are; and the nearest draw, where there is no law, is wrong at most
// twice as often in the limit (Cover and Hart 1967, "Nearest neighbor pattern classification"). Shares are within 4 errors of 10,000
// draws, .016 at most.
func TestClassifierIsThatOfBayes(t *testing.T) {
	t.Parallel()
	two, err := Gaussians{Means: [][]float64{{-1, 0}, {1, 0}}, Std: 1, Label: "component"}.Make()
	if err != nil {
		t.Fatal(err)
	}
	board, err := Checkerboard{Scale: 1, Label: "colour"}.Make()
	if err != nil {
		t.Fatal(err)
	}
	bayes := math.Erfc(1/math.Sqrt2) / 2
	if got := wrong(two, two.Classifier(), 10_000); math.Abs(got-bayes) > .016 {
		t.Errorf("%.3f of the points of two Gaussians are classified wrongly, want %.3f", got, bayes)
	}
	if got := wrong(two.Only(1), two.Only(1).Classifier(), 10_000); math.Abs(got-bayes) > .016 {
		t.Errorf("%.3f of the points of one Gaussian are classified wrongly, want %.3f", got, bayes)
	}
	if got := wrong(board, board.Classifier(), 10_000); got != 0 {
		t.Errorf("%.3f of the points of disjoint squares are classified wrongly", got)
	}
	if got, want := wrong(two, two.nearestRow(), 10_000), 2*bayes*(1-bayes); got > want+.016 || got < bayes {
		t.Errorf("%.3f of the points are classified wrongly by the nearest draw, want from %.3f to %.3f", got, bayes, want)
	}
	// Outside all squares no class has a density, and the nearest draw decides.
	for i, k := range board.Classifier()(flow.Batch{Dim: 2, Data: []float64{50, 50, -50, 60}}) {
		if k == given.None {
			t.Errorf("point %d is of no class", i)
		}
	}
}

// TestRowsAreNotToldByThemselves: a training row takes the class of the nearest other row, as a copy of a row would hide every error.
func TestRowsAreNotToldByThemselves(t *testing.T) {
	t.Parallel()
	to := Target{
		Shape: []int{1}, Given: given.Classes("kind", []string{"a", "b"}, []float64{.5, .5}),
		Rows: InMemory(flow.Batch{Dim: 1, Data: []float64{0, 1, 5}, Given: []float64{1, 0, 0, 1, 1, 0}}),
	}
	got := to.Classifier()(flow.Batch{Dim: 1, Data: []float64{0, 1, 5, .1, .9}})
	for i, want := range []int{1, 0, 1, 0, 1} {
		if got[i] != want {
			t.Errorf("point %d is of class %d, want %d", i, got[i], want)
		}
	}
}
