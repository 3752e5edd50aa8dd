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

// TestConditionsCount: an mlp has Width more weights for each number that points are given, and every other net a perceptron of
// them: (m + 1) Width and (Width + 1) Width.
func TestConditionsCount(t *testing.T) {
	t.Parallel()
	const m, width = 3, 8
	for _, a := range net.Architectures {
		n := net.Spec{Architecture: a, Width: width, Depth: 1}.On(2)
		if a.Heads {
			n.Heads = 2
		}
		if a.Images {
			n.Shape = []int{1, 4, 4}
		}
		given := n
		given.Given = m
		want := (m+1)*width + (width+1)*width
		if a.Name == net.MLP.Name {
			want = m * width
		}
		if got := given.Size() - n.Size(); got != want || len(given.Inputs()) != 3 || given.String() == n.String() {
			t.Errorf("%s has %d weights more for %d numbers, want %d; inputs %v", given, got, m, want, given.Inputs())
		}
	}
}
