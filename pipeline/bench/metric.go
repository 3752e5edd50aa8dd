package bench

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"time"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
	"flowsweep/experiments/velocity"
)

// metricSpeed is a row of `flowsweep bench metric --json`: one comparison of n samples with a reference of n points,
// including the preparation.
type metricSpeed struct {
	Metric  string  `json:"metric"`
	N       int     `json:"n"`
	Dim     int     `json:"dim"`
	Seconds float64 `json:"seconds"`
	Heap    float64 `json:"heap_megabytes"` // the most that was in use, beside the points themselves
}

// metricCases are sample sizes common in papers. The two of mmd show how its time and memory grow.
var metricCases = []struct {
	metric metric.Metric
	n      int
}{
	{metric.MMD, 5_000},
	{metric.MMD, 20_000},
	{metric.SlicedW2, 100_000},
	{metric.W2, 1_000},
	{metric.C2ST, 1_000},
	{metric.Energy, 5_000},
}

func measureMetric(ctx context.Context, _ Options) (any, func(w io.Writer), error) {
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		return nil, nil, err
	}
	classifier := velocity.NewClassifier(e)
	defer classifier.Close()
	var rows []metricSpeed
	for _, c := range metricCases {
		row, err := benchMetric(c.metric.With(classifier.LogOdds), c.n)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, row)
	}
	return rows, func(w io.Writer) {
		fmt.Fprintln(w, "metric\tn\tdim\tseconds\theap\t")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%d\t%d\t%.3f\t%.1f MB\t\n", r.Metric, r.N, r.Dim, r.Seconds, r.Heap)
		}
	}, nil
}

// benchMetric compares two samples of the moons.
func benchMetric(m metric.Metric, n int) (metricSpeed, error) {
	moons, err := target.Moons{Noise: .1}.Make()
	if err != nil {
		return metricSpeed{}, err
	}
	draw := func(stream string) flow.Batch { return moons.Sample(n, flow.NewStream(0, stream)) }
	truth, samples := draw("reference"), draw("samples")
	var seconds float64
	heap, err := heapPeak(func() error {
		start := time.Now()
		judge, err := m.Judge(truth)
		if err == nil {
			_, err = judge(samples)
		}
		seconds = time.Since(start).Seconds()
		return err
	})
	if err != nil {
		return metricSpeed{}, fmt.Errorf("bench %s: %w", m.Name, err)
	}
	return metricSpeed{m.Name, n, moons.Dim(), seconds, heap / 1e6}, nil
}

// heapPause is the time between two looks at the heap. What lives for less may be missed; a look costs next to nothing.
const heapPause = time.Millisecond

// heapPeak returns by how many bytes the heap grew at most during do, uncollected garbage included.
func heapPeak(do func() error) (float64, error) {
	look := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	heap := func() uint64 {
		metrics.Read(look)
		return look[0].Value.Uint64()
	}
	runtime.GC()
	before := heap()
	quit, peak := make(chan struct{}), make(chan uint64)
	go func() {
		most := before
		tick := time.NewTicker(heapPause)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				most = max(most, heap())
			case <-quit:
				peak <- max(most, heap())
				return
			}
		}
	}()
	err := do()
	close(quit)
	return float64(<-peak - before), err
}
