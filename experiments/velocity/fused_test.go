package velocity

import (
	"fmt"
	"slices"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/net"
)

// TestFusedTrainingHasTheBits checks that fits with and without fused operations have the same weights and losses to the bit,
// for every architecture, activation and optimizer, and for batches that are no multiple of four. One goes on from the
// checkpoint of the other. Nets for images, whose steps take longest to compile, have one of the optimizers with each
// activation: optimizers see a list of weights, whatever the net.
func TestFusedTrainingHasTheBits(t *testing.T) {
	t.Parallel()
	optimizers := []Optimizer{
		{Rate: 3e-2},
		{Rate: 3e-2, Decay: .1, Cosine: true, Clip: .5, EMA: .9},
		{Rate: 3e-2, EMA: .99},
		{Rate: 3e-2, Clip: 2},
	}
	for k, a := range net.Activations {
		for i, dim := range []int{1, 2, 3} {
			if testing.Short() && dim != 2 {
				continue
			}
			for _, n := range small(dim, a) {
				for j, o := range optimizers {
					if testing.Short() && j > 1 || n.Architecture.Images && (dim != 2 || j != k%len(optimizers)) {
						continue
					}
					t.Run(fmt.Sprint(n, o), func(t *testing.T) {
						t.Parallel()
						compareFused(t, n, Training{Steps: 12, Batch: []int{64, 37, 128}[(i+j)%3], Optimizer: o})
					})
				}
			}
		}
	}
}

// TestFusedTrainingHasTheBitsInChunks is that of batches which are taken in chunks.
func TestFusedTrainingHasTheBitsInChunks(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 1000, Depth: 2, Activation: net.SiLU}.On(2)
	tr := Training{Steps: 3, Batch: 2500, Optimizer: Optimizer{Rate: 1e-3}}
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	if chunks(n, tr.Batch) < 2 {
		t.Fatalf("%v takes a batch of %d at once", n, tr.Batch)
	}
	compareFused(t, n, tr)
}

// TestFusedTrainingHasTheBitsOfConditionalNets is that of nets whose points are given numbers, of one shape and activation.
func TestFusedTrainingHasTheBitsOfConditionalNets(t *testing.T) {
	t.Parallel()
	for i, n := range conditional(2, net.SiLU) {
		if testing.Short() && n.Architecture.Images {
			continue
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			compareFused(t, n, Training{Steps: 12, Batch: []int{64, 37}[i%2], Optimizer: Optimizer{Rate: 3e-2, Clip: .5, EMA: .9}})
		})
	}
}

// compareFused trains with and without fused operations.
func compareFused(t *testing.T, n net.Net, tr Training) {
	t.Helper()
	half := tr
	var checkpoint []byte
	half.Every, half.Save = tr.Steps/2, func(step int, file []byte) error {
		if step == tr.Steps/2 {
			checkpoint = file
		}
		return nil
	}
	want, losses := trained(t, engine.ONNXRuntime.Plain(), n, tr)
	got, fusedLosses := trained(t, engine.ONNXRuntime, n, half)
	if bits(got) != bits(want) {
		t.Errorf("the weights are others after %d steps", tr.Steps)
	}
	for step, loss := range losses {
		if fusedLosses[step] != loss {
			t.Errorf("the loss of step %d is %g, not %g", step, fusedLosses[step], loss)
		}
	}
	rest := tr
	rest.From = checkpoint
	if got, _ := trained(t, engine.ONNXRuntime.Plain(), n, rest); bits(got) != bits(want) {
		t.Error("the weights are others when plain steps go on from a checkpoint of fused ones")
	}
}

// TestFusedFieldsHaveTheBits compares velocities, divergences and vector-Jacobian products.
func TestFusedFieldsHaveTheBits(t *testing.T) {
	t.Parallel()
	for _, a := range net.Activations {
		for _, dim := range []int{1, 2, 3} {
			nets := small(dim, a)
			if dim == 1 && a.Name == net.GELU.Name {
				nets = append(nets, conditional(dim, a)[:4]...) // what is given is in none of the layers for images
			}
			for _, n := range nets {
				if n.Architecture.Images && dim > 2 {
					continue // 12 numbers of an image, and as many backward passes
				}
				t.Run(fmt.Sprint(n), func(t *testing.T) {
					t.Parallel()
					want, got := fieldNumbers(t, engine.ONNXRuntime.Plain(), n), fieldNumbers(t, engine.ONNXRuntime, n)
					if !slices.Equal(got, want) {
						t.Error("fused operations give other numbers")
					}
				})
			}
		}
	}
}

// fieldNumbers returns all that can be compiled of a net, at the points of a chunk and a part of one.
func fieldNumbers(t *testing.T, e engine.Engine, n net.Net) (numbers []float64) {
	t.Helper()
	count := chunkRows(n) * 4 / 3
	x, direction, weights := pointsOf(n, 1, count), points32(2, count, n.Dim()), perturbed(n)
	add := func(err error, lists ...[]float64) {
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, slices.Concat(lists...)...)
	}
	m, err := Compile(e, n, weights)
	add(err)
	defer m.Close()
	v, err := m.Field()(.375, x)
	add(err, v.Data)
	d, err := CompileDivergence(e, n, weights)
	add(err)
	defer d.Close()
	v, div, err := d.DivField()(.375, x)
	add(err, v.Data, div)
	p, err := CompileVJP(e, n, weights)
	add(err)
	defer p.Close()
	v, product, err := p.Field()(.375, x, direction)
	add(err, v.Data, product.Data)
	return numbers
}

// TestFusedClassifierHasTheBits compares the log odds of classifiers.
func TestFusedClassifierHasTheBits(t *testing.T) {
	t.Parallel()
	x, classes, folds := twoNormals(50, 2, 1, 5)
	got := mustLogOdds(t, newClassifier(t, engine.ONNXRuntime), x, classes, folds)
	if want := mustLogOdds(t, newClassifier(t, engine.ONNXRuntime.Plain()), x, classes, folds); !slices.Equal(got, want) {
		t.Error("fused operations give other log odds")
	}
}
