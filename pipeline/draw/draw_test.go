package draw

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/pipeline/job"
)

// TestParts draws more samples than fit into a part, with noise on the way, and again all at once: the same samples.
func TestParts(t *testing.T) {
	t.Parallel()
	target, err := experiments.Parser{}.Target("{name: gaussian, dim: 2, std: 0.5}")
	if err != nil {
		t.Fatal(err)
	}
	from := Exact(target, flow.CondOT)
	how, err := from.Settings(Flags{Solver: "euler", Steps: "2", SDENoise: "1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	const count, seed = 140_000, 7
	how.Seed = seed
	start, err := from.Noise(count, seed)
	if err != nil {
		t.Fatal(err)
	}
	var got []float64
	parts := 0
	nfe, err := from.Draw(context.Background(), how, start, func(part flow.Batch) error {
		got, parts = append(got, part.Data...), parts+1
		return nil
	})
	if err != nil || math.Abs(nfe-2) > 1e-9 || parts < 2 {
		t.Fatalf("%g velocity calls a sample in %d parts (%v), want 2 in several", nfe, parts, err)
	}
	x0, whole := flow.NewBatch(count, from.Dim), from.velocity
	start.Fill(x0, 0)
	whole.Noise = job.StepNoise(seed, 0)
	want, err := whole.Sample(context.Background(), how.Sampling, x0)
	if err != nil || !slices.Equal(got, from.Units.Apply(want.Points).Data) {
		t.Errorf("samples drawn in parts are others than those drawn at once (%v)", err)
	}
}

// TestNonFinite checks that samples that are not finite are counted over all parts, with the number of the first, and that none is
// passed on from there.
func TestNonFinite(t *testing.T) {
	t.Parallel()
	const count, bad = 300_000, 200_000
	passed := 0
	from := From{Dim: 1, sampler: func(x0 flow.Batch, _ ...flow.Batch) (flow.Batch, error) {
		x := x0.Clone()
		for i, v := range x.Data {
			if v >= bad {
				x.Data[i] = math.Inf(1)
			}
		}
		return x, nil
	}}
	start := Start{count, func(dst flow.Batch, first int) {
		for i := range dst.Data {
			dst.Data[i] = float64(first + i)
		}
	}}
	_, err := from.Draw(context.Background(), Settings{}, start, func(part flow.Batch) error {
		passed += part.Len()
		return nil
	})
	if err == nil || !strings.HasPrefix(err.Error(), "100000 of 300000 samples are NaN or infinite, the first in row 200001: ") || passed >= bad {
		t.Errorf("%d samples passed on: %v", passed, err)
	}
}
