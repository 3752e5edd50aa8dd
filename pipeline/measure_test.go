package pipeline

import (
	"encoding/json"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
)

// TestMeasureDoesNotKnowOrder: no figure of any metric depends on the order of rows, to the last digit, also where points
// are cut for the test and for the bandwidth. Classifiers learn for every permutation, so they get fewer rows.
func TestMeasureDoesNotKnowOrder(t *testing.T) {
	t.Parallel()
	var fast, slow []metric.Metric
	for _, m := range metric.Metrics {
		switch {
		case m.JudgeBy != nil:
			slow = append(slow, m)
		case m.TwoSamples():
			fast = append(fast, m)
		}
	}
	rows := 2300
	if testing.Short() {
		rows = 260
	}
	checkOrder(t, fast, rows, 210)
	checkOrder(t, slow, 40, 30)
}

// checkOrder measures n samples against m reference points, and both in reverse.
func checkOrder(t *testing.T, metrics []metric.Metric, n, m int) {
	t.Helper()
	x, y := flow.NewBatch(n, 2), flow.NewBatch(m, 2)
	flow.NewStream(1, "x").Normal(x, 0)
	flow.NewStream(1, "y").Normal(y, 0)
	form := func(x, y flow.Batch) string {
		rows, err := compare(pair{reference: x, samples: y}, metrics, metric.MinPermutations, 1)
		must(t, err)
		text, err := json.Marshal(rows)
		must(t, err)
		return string(text)
	}
	backwards := func(b flow.Batch) flow.Batch {
		rows := make([]int, b.Len())
		for i := range rows {
			rows[i] = i
		}
		slices.Reverse(rows)
		return b.Take(flow.Batch{}, rows)
	}
	if a, b := form(x, y), form(backwards(x), backwards(y)); a != b {
		t.Errorf("%s\nand in another order\n%s", a, b)
	}
}
