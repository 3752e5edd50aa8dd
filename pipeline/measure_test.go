package pipeline

import (
	"encoding/json"
	"slices"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/table"
	"flowsweep/experiments/velocity"
	"flowsweep/pipeline/pair"
)

// TestMeasureDoesNotKnowOrder: no figure of any metric depends on the order of rows, to the last digit, also where points
// are cut for the test and for the bandwidth. Of classifiers, which learn for every permutation, only the value is compared.
func TestMeasureDoesNotKnowOrder(t *testing.T) {
	t.Parallel()
	var fast, assigned []metric.Metric
	for _, m := range metric.Metrics {
		switch {
		case m.Assigned:
			assigned = append(assigned, m)
		case m.TwoSamples() && m.JudgeBy == nil:
			fast = append(fast, m)
		}
	}
	x, y := flow.NewBatch(2100, 2), flow.NewBatch(60, 2)
	if testing.Short() {
		x = flow.NewBatch(310, 2)
	}
	flow.NewStream(1, "x").Normal(x, 0)
	flow.NewStream(1, "y").Normal(y, 0)
	few := flow.NewBatch(90, 2)
	flow.NewStream(2, "few").Normal(few, 0)
	pairOf := func(reference, samples flow.Batch) pair.Pair {
		p, err := pair.Of(pair.File{Table: table.Of(reference)}, pair.File{Table: table.Of(samples)}, nil, false)
		must(t, err)
		return p
	}
	form := func(x, few, y flow.Batch) string {
		rows, err := pairOf(x, y).Compare(fast, metric.MinPermutations, 1)
		must(t, err)
		fewer, err := pairOf(few, y).Compare(assigned, metric.MinPermutations, 1)
		must(t, err)
		rows = append(rows, fewer...)
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
	if a, b := form(x, few, y), form(backwards(x), backwards(few), backwards(y)); a != b {
		t.Errorf("%s\nand in another order\n%s", a, b)
	}
	classifier := velocity.NewClassifier(engine.Go)
	defer classifier.Close()
	value := func(x, y flow.Batch) metric.Measurement {
		judge, err := metric.C2ST.With(classifier.LogOdds).Judge(metric.Shuffled(y))
		must(t, err)
		got, err := judge(metric.Shuffled(x))
		must(t, err)
		return got
	}
	x = x.Slice(0, 100)
	if a, b := value(x, y), value(backwards(x), backwards(y)); a != b {
		t.Errorf("c2st is %+v, and %+v in another order", a, b)
	}
}
