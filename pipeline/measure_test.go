package pipeline

import (
	"encoding/json"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
)

// TestMeasureDoesNotKnowOrder: no figure of any metric depends on the order of rows, to the last digit, also where points
// are cut for the test and for the bandwidth.
func TestMeasureDoesNotKnowOrder(t *testing.T) {
	t.Parallel()
	var metrics []metric.Metric
	for _, m := range metric.Metrics {
		if m.TwoSamples() {
			metrics = append(metrics, m)
		}
	}
	x, y := flow.NewBatch(2300, 2), flow.NewBatch(210, 2)
	if testing.Short() {
		x, y = flow.NewBatch(260, 2), flow.NewBatch(210, 2)
	}
	flow.NewStream(1, "x").Normal(x, 0)
	flow.NewStream(1, "y").Normal(y, 0)
	form := func(x, y flow.Batch) string {
		text, err := json.Marshal(compare(pair{reference: x, samples: y}, metrics, metric.MinPermutations, 1))
		if err != nil {
			t.Fatal(err)
		}
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
