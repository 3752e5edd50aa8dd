package target_test

import (
	"fmt"
	"math"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/target"
)

// TestWhole: of 7 rows every one is as often in the whole as any other, held out or not, as long as they fit; with noise
// each has its own. Of a law the whole is a sample.
func TestWhole(t *testing.T) {
	t.Parallel()
	rows := flow.Batch{Dim: 1, Data: []float64{0, 10, 20, 30, 40, 50, 60}}
	for _, c := range []struct {
		name         string
		n, len, each int // points asked for and returned, and how many are near one row at most
		noise        float64
		all          bool
	}{
		{"all rows once", 7, 7, 1, 0, true},
		{"all rows thrice", 23, 21, 3, 0, true},
		{"some rows", 4, 4, 1, 0, false},
		{"noise", 23, 21, 3, .1, false},
	} {
		made, err := target.Data{Columns: []string{"x"}, Rows: rows, Noise: c.noise, Holdout: .3}.Make()
		if err != nil {
			t.Fatal(err)
		}
		points, all := made.Whole(c.n, flow.NewStream(1, "whole"))
		near, distinct := map[float64]int{}, map[float64]bool{}
		for _, x := range points.Data {
			near[math.Round(x/10)]++
			distinct[x] = true
		}
		if points.Len() != c.len || all != c.all || len(near) != min(7, c.n) || (len(distinct) == c.len) != (c.noise > 0 || c.each == 1) {
			t.Errorf("%s: %v, all of it: %v", c.name, points.Data, all)
		}
		for row, times := range near {
			if times != c.each {
				t.Errorf("%s: row %g is there %d times, want %d", c.name, row, times, c.each)
			}
		}
	}
	moons, err := target.Moons{Noise: .1}.Make()
	if err != nil {
		t.Fatal(err)
	}
	got, all := moons.Whole(5, flow.NewStream(1, "whole"))
	if want := moons.Sample(5, flow.NewStream(1, "whole")); all || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the whole of the moons is %v, all of it: %v", got, all)
	}
}
