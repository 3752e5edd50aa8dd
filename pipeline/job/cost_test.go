package job

import (
	"testing"

	"flowsweep/experiments/net"
)

// TestCheckMemory: weights, gradient and two moments are 4 numbers of 4 bytes each; a byte less than they take is too few.
func TestCheckMemory(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 10, Depth: 1, Activation: net.SiLU}.On(2)
	least := 16 * float64(n.Size())
	for _, c := range []struct {
		have float64
		ok   bool
	}{{least, true}, {least - 1, false}, {0, true}} {
		if err := CheckMemory(n, c.have); (err == nil) != c.ok {
			t.Errorf("%g bytes for %g: %v", c.have, least, err)
		}
	}
}
