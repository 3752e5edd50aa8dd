package motion

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

func square(n int) View {
	return View{Axes: []Axis{{Name: "x", Low: -1, High: 1}, {Name: "y", Low: 0, High: 4}}, Cells: n, Grid: n}
}

// TestCells: cells are counted along the first axis, then along the second, and points outside are in none.
func TestCells(t *testing.T) {
	t.Parallel()
	v := square(2)
	points := [][]float64{{-.5, 1}, {.5, 1}, {.5, .5}, {-.5, 3}, {1, 1}, {0, -1}, {math.NaN(), 1}, {0, math.Inf(1)}}
	if got := v.Counts(points); !slices.Equal(got, []int{1, 2, 1, 0}) {
		t.Errorf("counts %v, want [1 2 1 0]", got)
	}
	if x, y, size := v.Middle(0, 2, 1), v.Middle(1, 2, 1), v.CellSize(); x != .5 || y != 3 || size != 2 {
		t.Errorf("the last cell has its middle at (%g, %g) and size %g, want (0.5, 3) and 2", x, y, size)
	}
	line := View{Axes: v.Axes[:1], Cells: 4}
	if got := line.Counts([][]float64{{-1}, {.9}, {.95}, {2}}); !slices.Equal(got, []int{1, 0, 0, 2}) {
		t.Errorf("counts along a line %v, want [1 0 0 2]", got)
	}
}

// TestFit: a few points far away do not stretch the axes, which have equal lengths unless the ranges are far from equal.
func TestFit(t *testing.T) {
	t.Parallel()
	points := [][]float64{{1e9, 0}}
	for i := range 1001 {
		points = append(points, []float64{float64(i) / 1000, float64(i) / 500})
	}
	v := View{Axes: make([]Axis, 2)}.Fit(points)
	x, y := v.Axes[0], v.Axes[1]
	if math.Abs(x.High-x.Low-2.32) > .02 || math.Abs(y.High-y.Low-2.32) > .02 || math.Abs(x.High+x.Low-1) > .01 {
		t.Errorf("axes %+v, want lengths of 2 and a margin", v.Axes)
	}
	for i := range points {
		points[i][1] *= 100
	}
	if v = v.Fit(points); v.Axes[0].High > 1.2 || v.Axes[1].High < 200 {
		t.Errorf("axes %+v: one flattens the other", v.Axes)
	}
	if v = v.Fit([][]float64{{3, 3}}); v.Axes[0].Low != 2 || v.Axes[0].High != 4 {
		t.Errorf("around one point the axes are %+v", v.Axes)
	}
}

func TestRound(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]float64{0: 0, 1.23456: 1.235, -98766: -98770, 1e-9: 1e-9} {
		if got := Round(x); got != want {
			t.Errorf("%g is rounded to %g, want %g", x, got, want)
		}
	}
}

// TestApart: (3, 4) beside (0, 4) is 3 apart of 4. What does not move at one time is measured by the others, and at none by nothing.
func TestApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		u, exact [][]float64
		want     []float64
	}{
		{[][]float64{{3, 4}}, [][]float64{{0, 4}}, []float64{.75}},
		{[][]float64{{2, 0, 0, 0}, {5, 5}}, [][]float64{{0, 0, 0, 0}, {5, 5}}, []float64{.2828, 0}}, // 1 of a mean of 0 and 25
		{[][]float64{{1}}, [][]float64{{0}}, nil},
		{[][]float64{{1}, {math.NaN()}}, [][]float64{{1}, {1}}, nil},
	} {
		if got := Apart(c.u, c.exact); !slices.Equal(got, c.want) {
			t.Errorf("%v from %v is %v apart, want %v", c.u, c.exact, got, c.want)
		}
	}
}

// TestForm: what is stored can be read again, and is short.
func TestForm(t *testing.T) {
	t.Parallel()
	f := Flow{Version: Version, Run: "a", View: square(2), Times: []float64{0, 1}, Net: Motion{Points: 1, Paths: Paths{X: [][]float64{{0, .5}}}, Counts: [][]int{{1}}}}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	const want = `"net":{"points":1,"x":[[0,0.5]],"counts":[[1]]}`
	if !strings.Contains(string(text), want) || strings.Contains(string(text), "exact") {
		t.Errorf("%s lacks %s", text, want)
	}
	var again Flow
	if err := json.Unmarshal(text, &again); err != nil || again.Net.X[0][1] != .5 || again.View.Axes[1].High != 4 {
		t.Errorf("read again as %+v (%v)", again, err)
	}
}
