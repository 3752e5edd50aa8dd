package job

import (
	"testing"

	"flowsweep/experiments/velocity"
)

// TestCheckMemory: weights, gradient and two moments are 4 numbers of 4 bytes each; a byte less than they take is too few.
func TestCheckMemory(t *testing.T) {
	t.Parallel()
	net := velocity.Net{Dim: 2, Width: 10, Depth: 1, Activation: velocity.SiLU}
	least := 16 * float64(net.Size())
	for _, c := range []struct {
		have float64
		ok   bool
	}{{least, true}, {least - 1, false}, {0, true}} {
		if err := checkMemory(net, c.have); (err == nil) != c.ok {
			t.Errorf("%g bytes for %g: %v", c.have, least, err)
		}
	}
}
