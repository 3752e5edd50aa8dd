package net_test

import (
	"fmt"
	"testing"

	"flowsweep/experiments/net"
)

// TestGuideNetSize is the net of the standalone notebook of arXiv 2412.06264: 3-64-64-64-2 with 8,706 parameters.
func TestGuideNetSize(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 64, Depth: 3}.On(2)
	if got := n.Size(); got != 8706 {
		t.Errorf("%d parameters, want 8706", got)
	}
}

func ExampleSpec() {
	for _, a := range net.Architectures {
		n := net.Spec{Architecture: a, Width: 64, Depth: 3, Activation: net.SiLU}.On(2)
		if a.Heads {
			n.Heads = 4
		}
		if a.Images {
			n.Shape = []int{1, 8, 8}
		}
		fmt.Printf("%-9s %7d weights\n", a.Name, n.Size())
	}
	// Output:
	// mlp          8706 weights
	// residual    42818 weights
	// attention  168002 weights
	// conv       104577 weights
	// conv2d     253953 weights
	// unet      2800577 weights
}
