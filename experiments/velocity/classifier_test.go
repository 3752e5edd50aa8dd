package velocity

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
)

// twoNormals returns n points of N(0, I) and n of N((shift, 0, ...), I) with their classes, and folds in turn.
func twoNormals(n, dim int, shift float64, folds int) (x flow.Batch, classes, fold []int) {
	x = flow.NewBatch(2*n, dim)
	flow.NewStream(1, "two normals").Normal(x, 0)
	for i := range 2 * n {
		classes, fold = append(classes, i/n), append(fold, i%folds)
		x.Row(i)[0] += shift * float64(i/n)
	}
	return x, classes, fold
}

func mustLogOdds(t testing.TB, c *Classifier, x flow.Batch, classes, folds []int) []float64 {
	t.Helper()
	odds, err := c.LogOdds(x, classes, folds, 1)
	if err != nil {
		t.Fatal(err)
	}
	return odds
}

func newClassifier(t testing.TB, e engine.Engine) *Classifier {
	t.Helper()
	c := NewClassifier(e)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// TestClassifierLearnsTheLogOdds: for two normal distributions of unit variance at a distance of 2 they are 2 x - 2. From
// 1,000 points, the mean error of the learned ones was .2; where both classes are dense it must be below .4.
func TestClassifierLearnsTheLogOdds(t *testing.T) {
	t.Parallel()
	x, classes, folds := twoNormals(500, 1, 2, 5)
	for _, e := range []engine.Engine{engine.ONNXRuntime, engine.Go} {
		odds := mustLogOdds(t, newClassifier(t, e), x, classes, folds)
		off, count := 0., 0
		for i, o := range odds {
			if p := x.Data[i]; p > 0 && p < 2 {
				off += math.Abs(o - (2*p - 2))
				count++
			}
		}
		if off /= float64(count); !(off < .4) {
			t.Errorf("%s: log odds are off by %g on average", e.Name, off)
		}
	}
}

// TestClassifierNeverSeesThePointsOfAFold: a point far from all others is judged by a net that did not learn from it, so its
// class has no effect on its log odds, but on those of points in other folds.
func TestClassifierNeverSeesThePointsOfAFold(t *testing.T) {
	t.Parallel()
	x, classes, folds := twoNormals(40, 2, 1, 4)
	x.Row(5)[0], x.Row(5)[1] = 9, -9
	c := newClassifier(t, engine.ONNXRuntime)
	before := mustLogOdds(t, c, x, classes, folds)
	classes[5] = 1 - classes[5]
	after := mustLogOdds(t, c, x, classes, folds)
	for i := range before {
		if same := before[i] == after[i]; same != (folds[i] == folds[5]) {
			t.Errorf("log odds of point %d in fold %d: %g, and %g after the class of one in fold %d changed", i, folds[i], before[i], after[i], folds[5])
		}
	}
}

// TestClassifierRepeats compares to the last bit: a second use of the compiled nets, another classifier, and several
// goroutines at once. Folds differ in size.
func TestClassifierRepeats(t *testing.T) {
	t.Parallel()
	x, classes, folds := twoNormals(52, 2, 1, 5)
	want := mustLogOdds(t, newClassifier(t, engine.ONNXRuntime), x, classes, folds)
	c := newClassifier(t, engine.ONNXRuntime.WithThreads(2))
	for range 2 {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				got, err := c.LogOdds(x, classes, folds, 1)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("log odds differ (%v): %v and %v", err, got[:3], want[:3])
				}
			})
		}
		wg.Wait()
	}
	other, err := c.LogOdds(x, classes, folds, 2)
	if err != nil || slices.Equal(other, want) {
		t.Errorf("another seed gives the same log odds (%v)", err)
	}
}

func TestClassifierErrors(t *testing.T) {
	t.Parallel()
	c := newClassifier(t, engine.Go)
	x := flow.NewBatch(4, 2)
	for _, s := range []struct {
		classes, folds []int
		want           string
	}{
		{[]int{0, 1}, []int{0, 1, 0, 1}, "4 points with 2 classes"},
		{[]int{0, 1, 2, 1}, []int{0, 1, 0, 1}, "classes must be 0 and 1"},
		{[]int{0, 1, 0, 1}, []int{0, -1, 0, 1}, "folds must not be negative"},
		{[]int{0, 1, 0, 1}, []int{0, 0, 0, 0}, "at least two folds"},
	} {
		if _, err := c.LogOdds(x, s.classes, s.folds, 1); err == nil || !strings.Contains(err.Error(), s.want) {
			t.Errorf("classes %v in folds %v: error %v, want %q", s.classes, s.folds, err, s.want)
		}
	}
}

// TestNetsLearnAloneAsTogether: a net has the same weights and losses, to the bit, beside any number of others. If not, the
// nets that learn on would notice when one of them leaves.
func TestNetsLearnAloneAsTogether(t *testing.T) {
	t.Parallel()
	x, classes, folds := twoNormals(150, 2, 1, 5)
	sets, err := learningSets(x.Len(), classes, folds)
	if err != nil {
		t.Fatal(err)
	}
	learned := func(f *crossFit, left []int) (state []engine.Tensor, losses []float64) {
		step, err := f.step(len(left))
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range f.state() {
			state = append(state, newTensor(in))
		}
		state[0] = f.init(1)
		for i := range state {
			state[i] = rowsOf(state[i], left)
		}
		loop, err := step.Loop(state...)
		if err != nil {
			t.Fatal(err)
		}
		defer loop.Close()
		var own [][]int // epochs change the order
		for _, set := range sets {
			own = append(own, slices.Clone(set))
		}
		l := f.lessons(x, classes, own, 1)
		for epoch := range 5 {
			if losses, err = f.epoch(loop, left, epoch, l); err != nil {
				t.Fatal(err)
			}
		}
		if state, err = loop.State(); err != nil {
			t.Fatal(err)
		}
		return state, losses
	}
	f, err := compileCrossFit(engine.ONNXRuntime, sizesOf(2, sets))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	together, losses := learned(f, []int{0, 1, 2, 3, 4})
	for _, left := range [][]int{{2}, {0, 4}, {1, 2, 3}, {0, 1, 3, 4}} {
		state, some := learned(f, left)
		for j := range state {
			if want := rowsOf(together[j], left); !slices.Equal(state[j].Data, want.Data) {
				t.Errorf("%s of the nets %v differ from those beside all others", f.state()[j].Name, left)
			}
		}
		for i, k := range left {
			if some[i] != losses[k] {
				t.Errorf("net %d of %v has a loss of %v, and of %v beside all others", k, left, some[i], losses[k])
			}
		}
	}
}

// TestPerceptronGradient compares the gradient with the one that GoMLX derives from the loss, which sums other products in
// another order: 32-bit floats of size 1 then agree to about 1e-6.
func TestPerceptronGradient(t *testing.T) {
	t.Parallel()
	p := perceptrons{folds: 3, dim: 2, width: 7, batch: 11}
	inputs := []engine.Input{
		{Name: "weights", Dims: []int{p.folds, p.size()}},
		{Name: "x", Dims: []int{p.folds, p.batch, p.dim + 1}},
		{Name: "class", Dims: []int{p.folds, p.batch}},
		{Name: "share", Dims: []int{p.folds, p.batch}},
	}
	f := &crossFit{perceptrons: p}
	for _, in := range inputs[1:] {
		f.tensors = append(f.tensors, newTensor(in))
	}
	x, classes, _ := twoNormals(20, 2, 1, 5)
	l := p.lessons(x, classes, nil, 1)
	for k := range p.folds {
		f.fill(k, l, []int{k, k + 5, k + 20, 39 - k, 12, 28}) // and padding
	}
	program, err := engine.Go.Compile(func(in []*graph.Node) []*graph.Node {
		loss, gradient := p.loss(in[0], in[1], in[2], in[3])
		derived := graph.Mul(graph.Gradient(graph.ReduceAllSum(loss), in[0])[0], p.mask(in[0], 1, 1))
		return []*graph.Node{gradient, derived}
	}, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	out, err := program.Run(append([]engine.Tensor{p.init(1)}, f.tensors...)...)
	if err != nil {
		t.Fatal(err)
	}
	largest, off := 0., 0.
	for i, want := range out[1].Data {
		largest = max(largest, math.Abs(float64(want)))
		off = max(off, math.Abs(float64(out[0].Data[i]-want)))
	}
	if !(off < 1e-6) || largest < .1 {
		t.Errorf("the gradient is off by %g, where the largest is %g", off, largest)
	}
}

// TestPerceptronsStartLikeScikitLearns: weights and biases are uniform within the bound, and the rest passes a 1 on.
func TestPerceptronsStartLikeScikitLearns(t *testing.T) {
	t.Parallel()
	p := perceptrons{folds: 2, dim: 3, width: 30, batch: 1}
	weights := p.init(1).Data
	if len(weights) != 2*p.size() || p.size() != 4*31+31*31+31 {
		t.Fatalf("%d weights of size %d", len(weights), p.size())
	}
	for _, l := range p.layers() {
		bound, square, count := math.Sqrt(6/float64(l.in+l.out)), 0., 0
		for i := range l.rows() {
			for j := range l.columns() {
				w := float64(weights[0])
				weights = weights[1:]
				if j == l.out {
					if want := map[bool]float64{true: 1}[i == l.in]; w != want {
						t.Errorf("the weight of input %d in the column that does not learn is %g", i, w)
					}
					continue
				}
				if math.Abs(w) > bound {
					t.Errorf("a weight of %g exceeds %g", w, bound)
				}
				square += w * w
				count++
			}
		}
		// The variance of uniform numbers is a third of the squared bound, with a relative error of .9 / sqrt(count).
		if ratio := square / float64(count) / (bound * bound / 3); math.Abs(ratio-1) > 3*.9/math.Sqrt(float64(count)) {
			t.Errorf("%d weights of layer %v have %g of the variance", count, l, ratio)
		}
	}
}

// TestProgress: as scikit-learn, a net stops with the eleventh epoch in a row that did not lower the smallest loss by more
// than the tolerance.
func TestProgress(t *testing.T) {
	t.Parallel()
	falling := func(by float64) func(epoch int) float64 {
		return func(epoch int) float64 { return 1 - by*float64(epoch) }
	}
	for _, c := range []struct {
		name string
		loss func(epoch int) float64
		want int
	}{
		{"constant", falling(0), 12},
		{"falls too slowly", falling(.5e-4), 12},
		{"falls to the end", falling(2e-4), classifierEpochs},
		{"falls for 30 epochs", func(epoch int) float64 { return max(falling(1e-2)(epoch), .7) }, 31 + 11},
		{"not a number", func(int) float64 { return math.NaN() }, classifierEpochs},
	} {
		p := progress{}
		for p.learning() {
			p.note(c.loss(p.epochs))
		}
		if p.epochs != c.want {
			t.Errorf("%s: %d epochs, want %d", c.name, p.epochs, c.want)
		}
	}
}

// TestBatchesOfAnEpoch: all points are used, in steps of at most 200 points and of equal size up to one.
func TestBatchesOfAnEpoch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, batch, steps int }{{8, 8, 1}, {160, 160, 1}, {200, 200, 1}, {201, 101, 2}, {1600, 200, 8}, {1601, 178, 9}} {
		p := sizesOf(2, [][]int{make([]int, c.n), make([]int, c.n-1)})
		if steps := ceilDiv(c.n, p.batch); p.batch != c.batch || steps != c.steps {
			t.Errorf("%d points in %d steps of at most %d, want %d of %d", c.n, steps, p.batch, c.steps, c.batch)
		}
	}
}

func BenchmarkClassifier(b *testing.B) {
	for _, dim := range []int{2, 5} {
		x, classes, folds := twoNormals(1000, dim, 0, 5)
		c := newClassifier(b, engine.ONNXRuntime)
		b.Run(map[int]string{2: "2-D", 5: "5-D"}[dim], func(b *testing.B) {
			for b.Loop() {
				mustLogOdds(b, c, x, classes, folds)
			}
		})
	}
}
