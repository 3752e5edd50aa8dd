package effects

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// conditions returns a sweep of a coupling and of steps, with batches that are swept for the coupling ot alone.
func conditions(of func(coupling, batch, steps int) float64) Sweep {
	s := Sweep{Metric: "w2", Chosen: -1, Factors: []Factor{
		{Name: "coupling", Levels: []string{"independent", "ot"}}, {Name: "batch", Levels: []string{"64", "128", "256"}}, {Name: "steps", Levels: []string{"1", "2"}},
	}}
	for _, pair := range [][2]int{{0, 2}, {1, 0}, {1, 1}} {
		for steps := range 2 {
			s.Settings = append(s.Settings, Setting{
				Index: len(s.Settings), Levels: []int{pair[0], pair[1], steps}, Values: []float64{of(pair[0], pair[1], steps)},
			})
		}
	}
	return s
}

// TestConditions: what is swept where another has a value is compared there only. Here independent is worse by 9 and its batch makes no
// difference, so that its 256 is no level of an effect of batches.
func TestConditions(t *testing.T) {
	t.Parallel()
	s := conditions(func(coupling, batch, steps int) float64 { return float64(9*(1-coupling) + batch + steps) })
	list := s.Effects()
	i := slices.IndexFunc(list, func(e Effect) bool { return s.Factors[e.Factor].Name == "batch" })
	var values []string
	for _, l := range list[i].Levels {
		values = append(values, l.Value)
	}
	// Of the 4 settings of ot: batch and steps both add 0 or 1, so each explains half of the variance.
	if !slices.Equal(values, []string{"64", "128"}) || math.Abs(list[i].Share-.5) > rounding || math.Abs(list[i].Levels[1].Mean-1.5) > rounding {
		t.Errorf("batch is %+v", list[i])
	}
	for _, e := range list {
		if name := s.Factors[e.Factor].Name; name != "batch" && s.where(e.Factor).part {
			t.Errorf("%s is said to be swept for some settings only", name)
		}
	}
	if text := s.Strips().Caption; !strings.Contains(text, "averaged over those: batch where coupling is ot.") {
		t.Errorf("the caption is %q", text)
	}
}

// TestNoConditions: full grids and settings that go together have no conditions.
func TestNoConditions(t *testing.T) {
	t.Parallel()
	full := grid(3, 3, 1, func(i, j, _ int) float64 { return float64(i + j) })
	zipped := full
	zipped.Settings = []Setting{full.Settings[0], full.Settings[4], full.Settings[8]}
	for name, s := range map[string]Sweep{"full": full, "zipped": zipped} {
		for f := range s.Factors {
			if w := s.where(f); w.part || len(w.settings) != len(s.Settings) {
				t.Errorf("%s: %s is swept for %d of %d settings", name, s.Factors[f].Name, len(w.settings), len(s.Settings))
			}
		}
	}
}
