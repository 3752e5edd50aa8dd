package export_test

import (
	"fmt"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
)

// A net and Heun's method in 16 steps become one file, which is compared with the same in Go.
func ExampleSampler() {
	net := velocity.Net{Dim: 2, Width: 8, Depth: 2, Activation: velocity.SiLU}
	weights := net.Init(0)
	file, err := export.Sampler(net, weights, ode.Heun, ode.Uniform(16), export.About{}, export.SamplerOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := velocity.Compile(engine.Go, net, weights)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	check := export.VerifySampler(file, ode.Heun, ode.Uniform(16), model.Field(), flow.Affine{}, export.Noise(2, 100, 0))
	fmt.Println(check.OK, check.Points, check.Levels, check.Threads)
	// Output: true 100 [off basic all] [1 2]
}
