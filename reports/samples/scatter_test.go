package samples

import (
	"math"
	"strings"
	"testing"

	"flowsweep/reports/figure"
)

func TestMoments(t *testing.T) {
	if mean, std := Moments([]float64{1, 2, 6}); math.Abs(mean-3) > 1e-12 || math.Abs(std-math.Sqrt(7)) > 1e-12 {
		t.Errorf("got %g and %g, want 3 and %g to rounding", mean, std, math.Sqrt(7))
	}
	if mean, std := Moments([]float64{4}); mean != 4 || !math.IsNaN(std) {
		t.Errorf("one value: got %g and %g, want 4 and NaN", mean, std)
	}
}

// TestDensity checks that the area of a histogram is the fraction of values within it.
func TestDensity(t *testing.T) {
	x := figure.Span{Low: -1, High: 1}
	area := 0.
	line := density(Panel{Points: [][]float64{{0}, {.5}, {-1}, {7}}}, 0, x, bins)
	for i := 1; i < len(line); i++ {
		area += (line[i].X - line[i-1].X) * (line[i].Y + line[i-1].Y) / 2
	}
	if math.Abs(area-.75) > 1e-9 {
		t.Errorf("got area %g, want 0.75 to rounding: one of four values lies outside", area)
	}
}

func TestSamplesCountsWhatIsNotDrawn(t *testing.T) {
	p := Samples([]Panel{
		{Title: "data", Points: [][]float64{{0, 0, 1}, {1, 1, 1}}},
		{Title: "chosen", Points: [][]float64{{.5, .5, 1}, {50, 0, 1}, {math.NaN(), 0, 1}}},
	})
	if got, want := strings.Join(p.Table.Rows[1][:4], " "), "chosen 3 1 1"; got != want {
		t.Errorf("points, not finite, outside: got %q, want %q", got, want)
	}
	if !strings.Contains(p.Caption, "first two of 3 coordinates") {
		t.Errorf("the caption does not say that a coordinate is not drawn: %q", p.Caption)
	}
}
