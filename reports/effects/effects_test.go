package effects

import (
	"math"
	"testing"

	"flowsweep/experiments/metric"
)

// grid returns a sweep of two factors with all combinations, and the metric as a function of their levels and the seed.
func grid(rows, columns, seeds int, of func(i, j, seed int) float64) Sweep {
	s := Sweep{Metric: "w2", Factors: []Factor{{Name: "width"}, {Name: "steps"}}, Chosen: -1}
	for i := range rows {
		s.Factors[0].Levels = append(s.Factors[0].Levels, string(rune('a'+i)))
		for j := range columns {
			if i == 0 {
				s.Factors[1].Levels = append(s.Factors[1].Levels, string(rune('1'+j)))
			}
			x := Setting{Index: len(s.Settings), Levels: []int{i, j}, NFE: float64(j + 1)}
			for k := range seeds {
				x.Values = append(x.Values, of(i, j, k))
			}
			s.Settings = append(s.Settings, x)
		}
	}
	return s
}

const rounding = 1e-12

// TestAdditive: where effects add up, the shares are those of the variances of the parts, and nothing is left.
func TestAdditive(t *testing.T) {
	t.Parallel()
	s := grid(3, 3, 2, func(i, j, seed int) float64 { return float64(3*i) + float64(j) + float64(2*seed) })
	list := s.Effects()
	if len(list) != 2 || list[0].Factor != 0 || math.Abs(list[0].Share-.9) > rounding || math.Abs(list[1].Share-.1) > rounding {
		t.Fatalf("shares %+v, want .9 for width and .1 for steps", list)
	}
	// Level b of width: 3 + 1 on average over steps, with 0 and 2 for the seeds.
	mean, half := metric.MeanInterval([]float64{4, 6})
	if b := list[0].Levels[1]; b.Value != "b" || b.Settings != 3 || math.Abs(b.Mean-mean) > rounding || math.Abs(b.Low-(mean-half)) > 1e-9 || math.Abs(b.High-(mean+half)) > 1e-9 {
		t.Errorf("level b is %+v, want %g ± %g", b, mean, half)
	}
	if !s.Balanced() {
		t.Error("a full grid is balanced")
	}
	s.Settings = s.Settings[1:]
	if s.Balanced() {
		t.Error("a grid with a hole is not balanced")
	}
}

// TestInteraction: where the best level of one factor depends on the other, neither has an effect of its own.
func TestInteraction(t *testing.T) {
	t.Parallel()
	for _, e := range grid(2, 2, 1, func(i, j, _ int) float64 { return float64((i + j) % 2) }).Effects() {
		if e.Share > rounding || !math.IsNaN(e.Levels[0].Low) {
			t.Errorf("effect %+v, want a share of 0, and no interval from one seed", e)
		}
	}
}

// TestScale: distances are averaged on a logarithmic scale.
func TestScale(t *testing.T) {
	t.Parallel()
	s := grid(2, 2, 1, func(i, j, _ int) float64 { return math.Pow(10, float64(i+2*j)) })
	s.Scale = metric.Metric{}.Scale(metric.NullNoise{})
	for _, e := range s.Effects() {
		want := map[int]float64{0: .2, 1: .8}[e.Factor]
		if math.Abs(e.Share-want) > 1e-9 {
			t.Errorf("factor %d has the share %g, want %g", e.Factor, e.Share, want)
		}
		if e.Factor == 0 && math.Abs(e.Levels[0].Mean-10) > 1e-9 {
			t.Errorf("1 and 100 have the mean %g, want 10", e.Levels[0].Mean)
		}
	}
}

// TestEqual: where all is equal, nothing is explained; a factor that only some settings have keeps its own levels.
func TestEqual(t *testing.T) {
	t.Parallel()
	s := grid(2, 3, 2, func(int, int, int) float64 { return 1 })
	s.Settings[0].Levels[1] = -1
	for _, e := range s.Effects() {
		if e.Share != 0 {
			t.Errorf("the share is %g", e.Share)
		}
		if e.Factor == 1 && e.Levels[0].Settings != 1 {
			t.Errorf("level 1 has %d settings, want the other one", e.Levels[0].Settings)
		}
	}
	if s.Balanced() {
		t.Error("a setting without a level is not of a balanced sweep")
	}
}
