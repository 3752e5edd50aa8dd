package velocity

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// conditional returns a small net of each architecture whose points are given three numbers.
func conditional(dim int, a net.Activation) []net.Net {
	nets := small(dim, a)
	for i := range nets {
		nets[i].Given = 3
	}
	return nets
}

// condition fills in what n points are given: each class, none, and numbers, in turn.
func condition(given []float64, n int) {
	for i := range given {
		m := len(given) / n
		switch k, j := i/m%(m+2), i%m; {
		case k == j:
			given[i] = 1
		case k <= m: // another class, or none
			given[i] = 0
		default:
			given[i] = math.Round(32*math.Sin(float64(i))) / 16 // exact in 32 bits
		}
	}
}

// pointsOf returns n standard normal points for a net, with what they are given if it is conditional.
func pointsOf(of net.Net, seed uint64, n int) flow.Batch {
	x := points32(seed, n, of.Dim())
	if of.Given > 0 {
		x.Given = make([]float64, n*of.Given)
		condition(x.Given, n)
	}
	return x
}

// feeds returns the inputs of a recorded net.
func feeds(n net.Net, t []float64, x flow.Batch) (list []engine.Tensor) {
	for i, numbers := range Numbers(n, t, x) {
		list = append(list, engine.Tensor{Dims: slices.Concat([]int{len(t)}, n.Inputs()[i].Dims), Data: flow.Narrow(nil, numbers)})
	}
	return list
}

// TestPointsGivenNothing have the velocities of zeros to the bit, and others than points with a condition.
func TestPointsGivenNothing(t *testing.T) {
	t.Parallel()
	for _, n := range conditional(2, net.SiLU) {
		m, err := Compile(engine.ONNXRuntime, n, perturbed(n))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		velocities := func(x flow.Batch) flow.Batch {
			v, err := m.Field()(.4, x)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		x := pointsOf(n, 1, 7)
		nothing := x
		nothing.Given = nil
		v, none, zeros := velocities(x), velocities(nothing), velocities(x.Unconditional())
		if !slices.Equal(none.Data, zeros.Data) {
			t.Errorf("%s: points given nothing and points given zeros differ", n)
		}
		for i := range x.Len() {
			without := slices.Max(x.GivenTo(i)) == 0 && slices.Min(x.GivenTo(i)) == 0
			if same := slices.Equal(v.Row(i), none.Row(i)); same != without {
				t.Errorf("%s: given %v the velocity is %v, and %v given nothing", n, x.GivenTo(i), v.Row(i), none.Row(i))
			}
		}
		x.Given = x.Given[:2*x.Len()]
		if _, err := m.Field()(.4, x); err == nil || !strings.Contains(err.Error(), "dimension 3") {
			t.Errorf("%s: error %v from points given 2 numbers", n, err)
		}
	}
}

// TestConditionsStayWithTheirPoints: velocity, divergence and product of a point are the same to the bit alone and behind the end
// of a chunk. All nets but the mlp take what is given in one way, so that two of those stand for the others.
func TestConditionsStayWithTheirPoints(t *testing.T) {
	t.Parallel()
	for _, n := range conditional(1, net.ELU) {
		if n.Architecture.PerCoordinate || n.Architecture.Halves {
			continue
		}
		count, weights := chunkRows(n)+9, perturbed(n)
		x, vectors := pointsOf(n, 1, count), points32(2, count, n.Dim())
		d, err := CompileDivergence(engine.ONNXRuntime, n, weights)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		p, err := CompileVJP(engine.ONNXRuntime, n, weights)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		numbers := func(from, to int) (u, ej flow.Batch, div []float64) {
			_, div, err := d.DivField()(.3, x.Slice(from, to))
			if err != nil {
				t.Fatal(err)
			}
			u, ej, err = p.Field()(.3, x.Slice(from, to), vectors.Slice(from, to))
			if err != nil {
				t.Fatal(err)
			}
			return u, ej, div
		}
		u, ej, div := numbers(0, count)
		for _, i := range []int{1, count - 5, count - 4} {
			v, ejAlone, divAlone := numbers(i, i+1)
			whole, alone := slices.Concat(u.Row(i), ej.Row(i), div[i:i+1]), slices.Concat(v.Data, ejAlone.Data, divAlone)
			if !slices.Equal(whole, alone) {
				t.Errorf("%s: point %d gives %v among others and %v alone", n, i, whole, alone)
			}
		}
	}
}

// TestFirstLossOfConditionalNets is that of plain loops, the mean over points and dimensions of |v(t, x, c) - u|^2. It is of order 1
// and a mean of 32-bit numbers.
func TestFirstLossOfConditionalNets(t *testing.T) {
	t.Parallel()
	for _, n := range conditional(2, net.SiLU) {
		tr := Training{Steps: 1, Batch: 20, Optimizer: Optimizer{Rate: 1e-3}}
		_, losses := trained(t, engine.ONNXRuntime, n, tr)
		b := newTrainingBatch(n, tr)
		if err := b.draw(1, flow.CondOT, gaussianPairs(3, 2)); err != nil {
			t.Fatal(err)
		}
		want := 0.
		for i, at := range b.times {
			for j, v := range forward(n, Init(n, 3), at, b.xt.Row(i), b.x1.GivenTo(i)) {
				want += (v - b.ut.Row(i)[j]) * (v - b.ut.Row(i)[j]) / float64(len(b.ut.Data))
			}
		}
		if math.Abs(losses[1]/want-1) > 1e-5 {
			t.Errorf("%s: the first loss is %g, want %g", n, losses[1], want)
		}
	}
}

// TestConditionIsLearnt: where the class says whether x1 is N(-2, s^2) or N(2, s^2), no net can have a loss below s pi/2, as in
// TestTrainingReachesTheFloor. A net that does not see the class stays far above: given x_t alone the two means can be told apart
// only where t is near 1. The last 200 losses, of 128 pairs each, average to a standard error of about 1 %, and so
// small a net ends 8 % above.
func TestConditionIsLearnt(t *testing.T) {
	t.Parallel()
	const s, steps, last = .5, 1200, 200
	loss := func(given int) (mean float64) {
		n := net.Spec{Architecture: net.MLP, Width: 24, Depth: 2, Activation: net.SiLU}.On(1)
		n.Given = given
		pairs := gaussianPairs(1, s)
		_, err := Train(context.Background(), engine.ONNXRuntime, n, Training{Steps: steps, Batch: 128, Optimizer: Optimizer{Rate: 1e-2, Cosine: true}}, 1, flow.CondOT,
			func(step int, t []float64, x0, x1 flow.Batch) error {
				err := pairs(step, t, x0, x1)
				clear(x1.Given)
				for i := range x1.Len() {
					x1.Data[i] += float64(4*(i%2) - 2)
					if given > 0 {
						x1.GivenTo(i)[i%2] = 1
					}
				}
				return err
			}, func(step int, loss float64) error {
				if step > steps-last {
					mean += loss / last
				}
				return nil
			})
		if err != nil {
			t.Fatal(err)
		}
		return mean
	}
	floor := s * math.Pi / 2
	if got := loss(2); got < .98*floor || got > 1.12*floor {
		t.Errorf("the loss ends at %g, want about %g", got, floor)
	}
	if got := loss(0); got < 1.5*floor {
		t.Errorf("without the class the loss ends at %g: the floor of %g proves nothing", got, floor)
	}
}

// TestCheckpointsOfOtherConditionsAreErrors: those of a net given another number of numbers.
func TestCheckpointsOfOtherConditionsAreErrors(t *testing.T) {
	t.Parallel()
	made := tinyNet
	made.Given = 3
	var checkpoint []byte
	tr := Training{Steps: 4, Batch: 4, Optimizer: Optimizer{Rate: 1e-2}, Every: 2, Save: func(_ int, file []byte) error {
		checkpoint = file
		return nil
	}}
	trained(t, engine.Go, made, tr)
	tr.From, tr.Save = checkpoint, nil
	for given, want := range map[int]string{0: `not "mlp, dimension 2, width`, 2: `not "mlp, dimension 2, given 2, width`, 3: ""} {
		n := tinyNet
		n.Given = given
		_, err := Train(context.Background(), engine.Go, n, tr, 3, flow.CondOT, gaussianPairs(3, 2), func(int, float64) error { return nil })
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("given %d: error %v, want one with %q", given, err, want)
		}
	}
}
