package velocity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// gaussianPairs couples N(0, I) with N(0, s^2 I). A conditional net has each point given the numbers of condition.
func gaussianPairs(seed uint64, s float64) Pairs {
	noise, data, times := flow.NewStream(seed, "noise"), flow.NewStream(seed, "data"), flow.NewStream(seed, "times")
	return func(step int, t []float64, x0, x1 flow.Batch) error {
		first := uint64((step - 1) * len(t))
		noise.Normal(x0, first)
		data.Normal(x1, first)
		for i := range x1.Data {
			x1.Data[i] *= s
		}
		condition(x1.Given, x1.Len())
		times.Uniform(t, first)
		return nil
	}
}

// TestTrainingReachesTheFloor: for N(0, s^2 I) under CondOT no net can have a loss, as the mean over dimensions, below
// s pi/2, which the exact velocity has. A small net comes within 3 % of it; the last 400 losses, of 256 pairs each,
// average to a standard error of about 0.3 %, so below the floor is allowed 1 %.
func TestTrainingReachesTheFloor(t *testing.T) {
	t.Parallel()
	const s, steps, last = .5, 1500, 400
	n := net.Spec{Architecture: net.MLP, Width: 24, Depth: 2, Activation: net.SiLU}.On(2)
	mean, first := 0., 0.
	_, err := Train(context.Background(), engine.Go, n, Training{Steps: steps, Batch: 256, Optimizer: Optimizer{Rate: 3e-3}}, 1, flow.CondOT,
		gaussianPairs(1, s), func(step int, loss float64) error {
			if step == 1 {
				first = loss
			}
			if step > steps-last {
				mean += loss / last
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	floor := s * math.Pi / 2
	if mean < .99*floor || mean > 1.03*floor {
		t.Errorf("the loss ends at %g, want about %g", mean, floor)
	}
	if first < 1.2*floor {
		t.Errorf("the loss starts at %g: the floor of %g proves nothing", first, floor)
	}
}

// TestOptimizer runs 50 steps on a quadratic, on every engine, and compares with the papers' formulas in float64. Float32
// loses about 1e-7 a step; weights are of order 1.
func TestOptimizer(t *testing.T) {
	t.Parallel()
	for _, o := range []Optimizer{
		{Rate: .01},
		{Rate: .01, Decay: .1},
		{Rate: .05, Cosine: true},
		{Rate: .01, Clip: .5},
		{Rate: .01, EMA: .9}, // reached at step 80
		{Rate: .01, EMA: .6}, // reached at step 13
		{Rate: .05, Decay: .1, Cosine: true, Clip: 2, EMA: .95},
	} {
		want := plainOptimizer(o, []float64{1, -2, .5, 3}, 50)
		for _, e := range engine.Engines {
			for i, got := range optimized(t, e, o, []float32{1, -2, .5, 3}, 50) {
				if math.Abs(float64(got)-want[i]) > 2e-5 {
					t.Errorf("%+v in %s: weight %d is %g after 50 steps, want %g", o, e.Name, i, got, want[i])
				}
			}
		}
	}
}

// TestAverageOfAScript: with scripted weights 1, 2, 3, ... after an initial 0, the average is that of torch_ema 0.3 with
// decay .3: its decays are 2/11, 3/12, then .3 (4/13 is above). Before the decay is reached, the initial weights keep the
// product of the decays, which telescopes.
func TestAverageOfAScript(t *testing.T) {
	t.Parallel()
	averages := func(o Optimizer, weights ...float32) []float64 {
		e := engine.Go
		program, err := e.Compile(func(in []*graph.Node) []*graph.Node {
			step := graph.OnePlus(in[1])
			return []*graph.Node{o.averaged(in[0], in[2], step), step, graph.Neg(in[2])}
		}, engine.Input{Name: "average", Dims: []int{1}}, engine.Input{Name: "step", Dims: []int{1}}, engine.Input{Name: "weights", Dims: []int{1}})
		if err != nil {
			t.Fatal(err)
		}
		defer program.Close()
		loop, err := program.Loop(engine.Tensor{Dims: []int{1}, Data: []float32{weights[0]}}, engine.Tensor{Dims: []int{1}, Data: []float32{0}})
		if err != nil {
			t.Fatal(err)
		}
		defer loop.Close()
		var got []float64
		for _, w := range weights[1:] {
			if _, err := loop.Step(engine.Tensor{Dims: []int{1}, Data: []float32{w}}); err != nil {
				t.Fatal(err)
			}
			state, err := loop.State()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, float64(state[0].Data[0]))
		}
		return got
	}
	want, mean := []float64{}, 0.
	for k, decay := range []float64{2. / 11, 3. / 12, .3, .3} {
		mean = decay*mean + (1-decay)*float64(k+1)
		want = append(want, mean)
	}
	for k, got := range averages(Optimizer{EMA: .3}, 0, 1, 2, 3, 4) {
		if math.Abs(got-want[k]) > 1e-6 { // a few roundings to 32 bits of numbers below 4
			t.Errorf("after step %d the average is %g, want %g", k+1, got, want[k])
		}
	}
	left := 1.
	for k, got := range averages(Optimizer{EMA: .9999}, 1, 0, 0, 0, 0, 0, 0, 0, 0) {
		left *= float64(2+k) / float64(11+k)
		if math.Abs(got/left-1) > 1e-5 {
			t.Errorf("after step %d the average holds %g of the initial weights, want %g", k+1, got, left)
		}
	}
	if want := 3628800. / (10 * 11 * 12 * 13 * 14 * 15 * 16 * 17 * 18); math.Abs(left/want-1) > 1e-12 { // 10! / ((n+2) ... (n+10)), n = 8
		t.Errorf("the product of the decays is %g, want %g", left, want)
	}
}

// optimized takes the steps with the gradient 3 w, that of 3/2 w^2.
func optimized(t *testing.T, e engine.Engine, o Optimizer, w []float32, steps int) []float32 {
	t.Helper()
	program, err := e.Compile(func(in []*graph.Node) []*graph.Node {
		return append(o.update(in[:len(in)-1], graph.MulScalar(in[0], 3), steps), graph.Neg(in[len(in)-1]))
	}, append(o.state(len(w)), engine.Input{Name: "unused", Dims: []int{1}})...)
	if err != nil {
		t.Fatal(err)
	}
	loop, err := program.Loop(o.start(w)...)
	if err != nil {
		t.Fatal(err)
	}
	for range steps {
		if _, err := loop.Step(engine.Tensor{Dims: []int{1}, Data: []float32{0}}); err != nil {
			t.Fatal(err)
		}
	}
	state, err := loop.State()
	if err := errors.Join(err, loop.Close(), program.Close()); err != nil {
		t.Fatal(err)
	}
	return o.result(state)
}

// plainOptimizer is the optimizer in plain loops, on the gradient 3 w.
func plainOptimizer(o Optimizer, w []float64, steps int) []float64 {
	m, v, mean := make([]float64, len(w)), make([]float64, len(w)), append([]float64(nil), w...)
	for step := 1; step <= steps; step++ {
		norm, scale, rate := 0., 1., o.Rate
		for _, x := range w {
			norm += 9 * x * x
		}
		if norm = math.Sqrt(norm); o.Clip > 0 && norm > o.Clip {
			scale = o.Clip / norm
		}
		if o.Cosine {
			rate *= (1 + math.Cos(math.Pi*float64(step-1)/float64(steps))) / 2
		}
		for i := range w {
			g := 3 * w[i] * scale
			m[i] = .9*m[i] + .1*g
			v[i] = .999*v[i] + .001*g*g
			mHat, vHat := m[i]/(1-math.Pow(.9, float64(step))), v[i]/(1-math.Pow(.999, float64(step)))
			w[i] -= rate * (mHat/(math.Sqrt(vHat)+1e-8) + o.Decay*w[i])
			decay := min(o.EMA, float64(1+step)/float64(10+step))
			mean[i] = decay*mean[i] + (1-decay)*w[i]
		}
	}
	if o.EMA > 0 {
		return mean
	}
	return w
}

func TestTrainingIsReproducible(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 8, Depth: 1, Activation: net.ELU}.On(2)
	run := func(seed uint64, ahead bool) []float32 {
		w, err := Train(context.Background(), engine.Go, n, Training{Steps: 20, Batch: 16, Ahead: ahead, Optimizer: Optimizer{Rate: 1e-2}}, seed, flow.CondOT,
			gaussianPairs(seed, 1), func(int, float64) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	a, b, c := run(1, false), run(1, true), run(2, false)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("the same seed gives other weights, or batches drawn ahead are others")
	}
	if fmt.Sprint(a) == fmt.Sprint(c) {
		t.Error("another seed gives the same weights")
	}
}

func TestTrainingStops(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 2, Depth: 1, Activation: net.ReLU}.On(1)
	training := Training{Steps: 100, Batch: 4, Optimizer: Optimizer{Rate: 1e-2}}
	enough := errors.New("enough")
	_, err := Train(context.Background(), engine.Go, n, training, 1, flow.CondOT, gaussianPairs(1, 1), func(step int, _ float64) error {
		if step == 3 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Errorf("error %v, want that of log", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	steps := 0
	_, err = Train(ctx, engine.Go, n, training, 1, flow.CondOT, gaussianPairs(1, 1), func(step int, _ float64) error {
		steps = step
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || steps != 1 {
		t.Errorf("error %v after %d steps, want that of the context after 1", err, steps)
	}
}

func TestWeightsThatOverflowAreAnError(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 2, Depth: 1, Activation: net.ReLU}.On(1)
	_, err := Train(context.Background(), engine.Go, n, Training{Steps: 1, Batch: 4, Optimizer: Optimizer{Rate: 1e300}}, 1, flow.CondOT, gaussianPairs(1, 1),
		func(int, float64) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "lower the rate") {
		t.Errorf("error %v after a last step that overflows", err)
	}
}

func BenchmarkStep(b *testing.B) {
	for _, e := range engine.Engines {
		for _, width := range []int{16, 32, 64, 128} {
			b.Run(fmt.Sprintf("%s/3x%d", e.Name, width), func(b *testing.B) {
				n := net.Spec{Architecture: net.MLP, Width: width, Depth: 3, Activation: net.ELU}.On(2)
				_, err := Train(context.Background(), e, n, Training{Steps: b.N, Batch: 256, Optimizer: Optimizer{Rate: 1e-3}}, 1, flow.CondOT,
					gaussianPairs(1, 1), func(int, float64) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// TestEnginesAgree: the losses of the first 100 steps are those of the Go backend to 1e-4, and the same engine gives the
// same bits every time. Sums in another order differ by 1e-7, which training magnifies.
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	nets := small(2, net.SiLU)
	for _, a := range net.Activations {
		nets = append(nets, net.Spec{Architecture: net.MLP, Width: 32, Depth: 2, Activation: a}.On(2))
	}
	for _, n := range nets {
		t.Run(n.String(), func(t *testing.T) {
			t.Parallel()
			run := func(e engine.Engine) (losses []float64, weights []float32) {
				weights, err := Train(context.Background(), e, n, Training{Steps: 100, Batch: 64, Optimizer: Optimizer{Rate: 3e-3}}, 1,
					flow.CondOT, gaussianPairs(1, 2), func(_ int, loss float64) error {
						losses = append(losses, loss)
						return nil
					})
				if err != nil {
					t.Fatal(err)
				}
				return losses, weights
			}
			want, _ := run(engine.Go)
			got, weights := run(engine.ONNXRuntime)
			last := 0.
			for _, w := range want[80:] {
				last += w / 20
			}
			if last > .75*want[0] { // the floor, pi, is at about half of the first loss; 20 losses average to 3 %
				t.Errorf("the loss falls from %g to %g only", want[0], last)
			}
			for i, w := range want {
				if math.Abs(got[i]/w-1) > 1e-4 {
					t.Fatalf("the loss of step %d is %g in onnxruntime and %g in Go", i+1, got[i], w)
				}
			}
			if _, again := run(engine.ONNXRuntime); bits(again) != bits(weights) {
				t.Error("the same training gives other weights")
			}
		})
	}
}

// TestThreadsDoNotChangeTheBits: a sweep gives a fit as many threads as there are cores for it, so the weights must not
// depend on how many those are.
func TestThreadsDoNotChangeTheBits(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 256, Depth: 2, Activation: net.SiLU}.On(2)
	var first []float32
	for _, threads := range []int{1, 2, 3} {
		weights, err := Train(context.Background(), engine.ONNXRuntime.WithThreads(threads), n,
			Training{Steps: 10, Batch: 1000, Optimizer: Optimizer{Rate: 1e-3}}, 1, flow.CondOT, gaussianPairs(1, 2),
			func(int, float64) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = weights
		}
		if fmt.Sprint(weights) != fmt.Sprint(first) {
			t.Errorf("%d threads give other weights than 1", threads)
		}
	}
}
