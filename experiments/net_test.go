package experiments

import (
	"strings"
	"testing"

	"flowsweep/experiments/net"
)

// TestNetsInSpecs checks that a spec can use every activation and architecture, with heads if it has them.
func TestNetsInSpecs(t *testing.T) {
	t.Parallel()
	for _, a := range net.Architectures {
		if a.Images {
			_, err := Parse("spec.yaml", []byte("name: a\ntarget: moons\nnet: {name: "+a.Name+"}\n"))
			if err == nil || !strings.Contains(err.Error(), "takes images") {
				t.Errorf("%s on points of the plane: %v", a.Name, err)
			}
			continue
		}
		n := planned(t, "name: a\ntarget: moons\nnet: {name: "+a.Name+"}\n").Fits[0].Recipe.VelocityNet()
		if err := n.Check(); err != nil || n.Architecture.Name != a.Name {
			t.Errorf("%s: net %v, %v", a.Name, n, err)
		}
		_, err := Parse("spec.yaml", []byte("name: a\ntarget: moons\nnet: {name: "+a.Name+", heads: 2}\n"))
		if a.Heads != (err == nil) {
			t.Errorf("%s has heads: %t; a spec with heads: %v", a.Name, a.Heads, err)
		}
	}
	for _, a := range net.Activations {
		n := planned(t, "name: a\ntarget: moons\nnet: {activation: "+a.Name+"}\n").Fits[0].Recipe.VelocityNet()
		if n.Activation.Name != a.Name {
			t.Errorf("%s: net with %q", a.Name, n.Activation.Name)
		}
	}
	for text, want := range map[string]string{
		"name: gone":       `unknown name "gone" (have mlp, residual, attention, conv, conv2d, unet)`,
		"activation: gone": `unknown activation "gone" (have elu, silu, gelu, tanh, relu)`,
	} {
		if _, err := Parse("spec.yaml", []byte("name: a\ntarget: moons\nnet: {"+text+"}\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %s", text, err, want)
		}
	}
}
