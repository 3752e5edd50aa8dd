package velocity

import (
	"fmt"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/net"
)

// TestFusedTrainingHasTheBits checks that fits with and without fused operations have the same weights and losses to the bit,
// for every architecture, activation and optimizer, and for batches that are no multiple of four. One goes on from the
// checkpoint of the other.
func TestFusedTrainingHasTheBits(t *testing.T) {
	t.Parallel()
	optimizers := []Optimizer{
		{Rate: 3e-2},
		{Rate: 3e-2, Decay: .1, Cosine: true, Clip: .5, EMA: .9},
		{Rate: 3e-2, EMA: .99},
		{Rate: 3e-2, Clip: 2},
	}
	for _, a := range net.Activations {
		for i, dim := range []int{1, 2, 3} {
			if testing.Short() && dim != 2 {
				continue
			}
			for _, n := range small(dim, a) {
				for j, o := range optimizers {
					if testing.Short() && j > 1 {
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
