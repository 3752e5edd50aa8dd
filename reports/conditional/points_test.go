package conditional

import (
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	for q, want := range map[float64]float64{0: 1, .25: 2, .5: 3, .75: 4, 1: 5, .1: 1.4} {
		if got := Quantile([]float64{1, 2, 3, 4, 5}, q); math.Abs(got-want) > 1e-12 { // rounding
			t.Errorf("quantile %g is %g, want %g", q, got, want)
		}
	}
	if !math.IsNaN(Quantile(nil, .5)) {
		t.Error("nothing has a median")
	}
}

// TestRunning: bins follow the number, whatever the order of the points, and leave out what is not finite.
func TestRunning(t *testing.T) {
	t.Parallel()
	var x Points
	for i := range 200 {
		z := float64(i * 77 % 200)
		x.Rows, x.Numbers = append(x.Rows, []float64{0, 2 * z}), append(x.Numbers, []float64{z})
	}
	x.Rows, x.Numbers = append(x.Rows, []float64{0, math.NaN()}, []float64{0, 1}), append(x.Numbers, []float64{1}, []float64{math.NaN()})
	bins := x.Running(1, 0, 10)
	if len(bins) != 10 {
		t.Fatalf("%d bins", len(bins))
	}
	for b, bin := range bins {
		if bin.Low != float64(20*b) || bin.High != float64(20*b+19) || math.Abs(bin.Quantiles[1]-(2*bin.Low+19)) > 1e-9 {
			t.Errorf("bin %d: %+v", b, bin)
		}
	}
}

// TestDrawn: the most frequent classes with samples are drawn, in their own order.
func TestDrawn(t *testing.T) {
	t.Parallel()
	c := Conditions{Given: given.Condition{Label: "kind"}}
	for k := range 20 {
		c.Classes = append(c.Classes, ClassRow{Share: float64(k%5) / 10, N: k % 3})
	}
	classes, left := c.Drawn()
	if len(classes) != maxClasses || left != 1 || classes[0] == 0 || !strings.Contains(LeftNote(left), "12 most frequent classes") {
		t.Errorf("%v drawn, %d left", classes, left)
	}
	for i, k := range classes {
		if c.Classes[k].N == 0 || i > 0 && k < classes[i-1] {
			t.Errorf("%v drawn", classes)
		}
	}
}

func TestInputs(t *testing.T) {
	t.Parallel()
	classes := Conditions{Given: given.Classes("kind", []string{"round", "flat"}, []float64{.5, .5})}
	if got := classes.Inputs(flow.Guided(1)); !strings.Contains(got, "from 0 for round to 1 for flat.") || strings.Contains(got, "guidance") {
		t.Error(got)
	}
	classes.Drop = .1
	if got := classes.Inputs(flow.Guided(2)); !strings.Contains(got, "or −1 for none; and guidance, the weight w of "+flow.GuidanceFormula+", which is optional and 2 by default") {
		t.Error(got)
	}
	numbers := Conditions{Given: given.Condition{Numbers: []given.Number{{Name: "dose"}, {Name: "age"}}}}
	if got := numbers.Inputs(flow.Guided(1)); !strings.Contains(got, "condition[batch,2], in the units of the data: dose, age") {
		t.Error(got)
	}
}

// TestThirds: the thirds of a number are classes of as many points, in its order.
func TestThirds(t *testing.T) {
	t.Parallel()
	c := Conditions{Given: given.Condition{Numbers: []given.Number{{Name: "dose"}}}}
	for i := range 90 {
		c.Truth.Numbers = append(c.Truth.Numbers, []float64{float64(i * 7 % 90)})
	}
	c.Samples.Numbers = [][]float64{{-3}, {45}, {200}, {1}}
	c = c.Thirds()
	counts := [3]int{}
	for _, k := range c.Truth.Class {
		counts[k]++
	}
	if counts != [3]int{30, 30, 30} || c.Samples.Class[0] != 0 || c.Samples.Class[1] != 1 || c.Samples.Class[2] != 2 || c.Classes[0].N != 2 {
		t.Errorf("thirds of %v points; samples in %v", counts, c.Samples.Class)
	}
}
