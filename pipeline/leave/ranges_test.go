package leave

import (
	"slices"
	"testing"

	"flowsweep/experiments"
	"flowsweep/export/tracked"
)

func TestRangesOf(t *testing.T) {
	spec := experiments.Spec{Text: `
random: {count: 9, train: {rate: {log: [1e-3, 1e-1]}}, net: {width: {log-whole: [8, 64]}}}
when:
- {if: {net: {depth: 4}}, then: {train: {rate: {log: [1e-4, 1e-2]}}, coupling: {epsilon: {uniform: [1, 2]}}}}
`}
	want := []tracked.Range{
		{Name: "train.rate", Low: 1e-4, High: 1e-1, Log: true},
		{Name: "net.width", Low: 8, High: 64, Log: true, Whole: true},
		{Name: "coupling.epsilon", Low: 1, High: 2},
	}
	if got := rangesOf(spec); !slices.Equal(got, want) {
		t.Errorf("the ranges are %v, want %v", got, want)
	}
}
