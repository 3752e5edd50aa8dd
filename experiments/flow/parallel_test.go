package flow

import (
	"slices"
	"testing"
)

func TestParallelDoesAll(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 1000} {
		done := make([]int, n)
		Parallel(n, func(i int) { done[i]++ })
		if slices.ContainsFunc(done, func(times int) bool { return times != 1 }) {
			t.Errorf("%d tasks ran %v times", n, done)
		}
	}
}
