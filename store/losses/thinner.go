package losses

import (
	"cmp"
	"math"
	"slices"

	"flowsweep/experiments"
)

// Thinner keeps the losses of a curve that a plot would show. They are added in the order of their steps.
type Thinner struct {
	First, Last int  // steps of the curve
	Parts       int  // of equal numbers of steps; each keeps its lowest loss, its highest and its first that is not finite
	KeepAll     bool // keeps the curve whole

	kept []experiments.Loss

	part                 int                // index of the current part
	low, high, notFinite []experiments.Loss // of the current part, at most one each
}

// Add adds the next loss.
func (t *Thinner) Add(l experiments.Loss) {
	if t.KeepAll || l.Step == t.First || l.Step == t.Last {
		t.endPart()
		t.kept = append(t.kept, l)
		return
	}
	// In float64, as the product of steps and parts could overflow an int.
	if part := int(float64(l.Step-t.First) / float64(t.Last-t.First) * float64(t.Parts)); part != t.part {
		t.endPart()
		t.part = part
	}
	if math.IsNaN(l.Value) || math.IsInf(l.Value, 0) {
		if len(t.notFinite) == 0 {
			t.notFinite = append(t.notFinite, l)
		}
		return
	}
	if len(t.low) == 0 || l.Value < t.low[0].Value {
		t.low = append(t.low[:0], l)
	}
	if len(t.high) == 0 || l.Value > t.high[0].Value {
		t.high = append(t.high[:0], l)
	}
}

// Kept returns the losses that are kept, by step, once all are added.
func (t *Thinner) Kept() []experiments.Loss {
	t.endPart()
	return t.kept
}

// endPart moves the losses of the current part to kept, by step and without duplicates.
func (t *Thinner) endPart() {
	part := slices.Concat(t.low, t.high, t.notFinite)
	byStep := func(a, b experiments.Loss) int { return cmp.Compare(a.Step, b.Step) }
	slices.SortFunc(part, byStep)
	sameStep := func(a, b experiments.Loss) bool { return a.Step == b.Step }
	t.kept = append(t.kept, slices.CompactFunc(part, sameStep)...)
	t.low, t.high, t.notFinite = t.low[:0], t.high[:0], t.notFinite[:0]
}
