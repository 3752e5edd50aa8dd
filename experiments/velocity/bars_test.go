package velocity

import (
	"context"
	"math"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// side is that of images of bars.
const side = 4

// bars fills a batch with images of side x side pixels of 0 with one row or column of 2, all of them equally likely, less .25.
func bars(seed uint64) Pairs {
	noise, choice, times := flow.NewStream(seed, "noise"), flow.NewStream(seed, "bars"), flow.NewStream(seed, "times")
	return func(step int, t []float64, x0, x1 flow.Batch) error {
		first := uint64((step - 1) * len(t))
		noise.Normal(x0, first)
		times.Uniform(t, first)
		for i := range x1.Len() {
			bar := choice.At(first + uint64(i)).IntN(2 * side)
			for k := range x1.Row(i) {
				x1.Row(i)[k] = -.25
				if bar < side && k/side == bar || bar >= side && k%side == bar-side {
					x1.Row(i)[k] = 1.75
				}
			}
		}
		return nil
	}
}

// lossOfBars trains a net on bars and returns the mean loss of the last quarter of the steps.
func lossOfBars(t testing.TB, n net.Net, steps int) (last float64) {
	t.Helper()
	tr := Training{Steps: steps, Batch: 64, Optimizer: Optimizer{Rate: 3e-3, Cosine: true}}
	_, err := Train(context.Background(), engine.ONNXRuntime, n, tr, 1, flow.CondOT, bars(1), func(step int, loss float64) error {
		if step > steps-steps/4 {
			last += loss / float64(steps/4)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// floorOfBars returns the loss of the exact velocity of bars, by its closed form
//
//	(E[X1 | X_t = x] - x) / (1 - t),  P(X1 = k | x) ~ exp(-|x - t k|^2 / (2 (1 - t)^2))
//
// on so many batches of 64.
func floorOfBars(t testing.TB, batches int) (loss float64) {
	t.Helper()
	const count, dim = 64, side * side
	x0, x1, xt, ut := flow.NewBatch(count, dim), flow.NewBatch(count, dim), flow.NewBatch(count, dim), flow.NewBatch(count, dim)
	all := flow.NewBatch(256, dim)
	ts := make([]float64, count)
	pairs := bars(2)
	if err := pairs(1, make([]float64, all.Len()), flow.NewBatch(all.Len(), dim), all); err != nil {
		t.Fatal(err)
	}
	images := map[string][]float64{}
	for i := range all.Len() {
		images[string(appendNumbers(nil, flow.Narrow(nil, all.Row(i))))] = all.Row(i)
	}
	if len(images) != 2*side {
		t.Fatalf("%d different images of bars, want %d", len(images), 2*side)
	}
	for b := range batches {
		if err := pairs(b+1, ts, x0, x1); err != nil {
			t.Fatal(err)
		}
		flow.CondOT.Interpolate(xt, ut, ts, x0, x1)
		for i, at := range ts {
			x, sum, mean := xt.Row(i), 0., make([]float64, dim)
			for _, m := range images {
				off := 0.
				for k, v := range x {
					off += (v - at*m[k]) * (v - at*m[k])
				}
				p := math.Exp(-(off/((1-at)*(1-at)) - dim) / 2) // its own image is about dim deviations of 1 away
				sum += p
				for k := range mean {
					mean[k] += p * m[k]
				}
			}
			for k, v := range x {
				off := (mean[k]/sum-v)/(1-at) - ut.Row(i)[k]
				loss += off * off / float64(dim*count*batches)
			}
		}
	}
	return loss
}

// TestNetsForImagesLearn: after 300 steps their loss on bars is about 1.5 times that of the exact velocity, which no net
// can have, where a linear net, which knows the mean and the covariance of the pixels and no more, stays at three times that.
func TestNetsForImagesLearn(t *testing.T) {
	t.Parallel()
	floor := floorOfBars(t, 60)
	linear := lossOfBars(t, net.Spec{Architecture: net.MLP, Activation: net.SiLU}.On(1, side, side), 600)
	if linear < 2.5*floor {
		t.Errorf("the loss of a linear net is %.3g, and %.3g that of the exact velocity: bars show nothing", linear, floor)
	}
	for i, n := range []net.Net{
		net.Spec{Architecture: net.UNet, Width: 12, Depth: 1, Activation: net.SiLU}.On(1, side, side),
		net.Spec{Architecture: net.Conv2D, Width: 16, Depth: 1, Activation: net.SiLU}.On(1, side, side),
	} {
		if testing.Short() && i > 0 {
			break // 1 second
		}
		got := lossOfBars(t, n, 300)
		t.Logf("%s: %.4f, floor %.4f, linear %.4f", n, got, floor, linear)
		if got < .95*floor || got > 2*floor { // 1.50 and 1.61 were seen; the mean of 75 losses varies by a few percent
			t.Errorf("%s: the loss is %.3g, and that of the exact velocity %.3g", n, got, floor)
		}
	}
}

// BenchmarkImageStep takes steps on 128 images of 8 x 8 pixels, data aside.
func BenchmarkImageStep(b *testing.B) {
	for _, n := range []net.Net{
		net.Spec{Architecture: net.Conv2D, Width: 32, Depth: 2, Activation: net.SiLU}.On(1, 8, 8),
		net.Spec{Architecture: net.UNet, Width: 32, Depth: 1, Activation: net.SiLU}.On(1, 8, 8),
		net.Spec{Architecture: net.UNet, Width: 32, Depth: 2, Activation: net.SiLU}.On(1, 8, 8),
	} {
		b.Run(n.String(), func(b *testing.B) {
			tr := Training{Steps: 1, Batch: 128, Optimizer: Optimizer{Rate: 1e-3}}
			batch := newTrainingBatch(n, tr)
			if err := batch.draw(1, flow.CondOT, bars(1)); err != nil {
				b.Fatal(err)
			}
			step, done := recordedLoop(b, n, tr)
			defer done()
			for b.Loop() {
				step(batch)
			}
			b.ReportMetric(n.StepFlops(tr.Batch)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
