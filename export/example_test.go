package export_test

import (
	"fmt"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
)

// A net and Heun's method with 16 steps become one file, which is compared with the same in Go.
func ExampleSampler() {
	n := net.Spec{Architecture: net.MLP, Width: 8, Depth: 2, Activation: net.SiLU}.On(2)
	weights := velocity.Init(n, 0)
	file, err := export.Sampler(n, weights, ode.Heun, ode.Uniform(16), export.About{}, export.SamplerOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := velocity.Compile(engine.Go, n, weights)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	check := export.VerifySampler(file, ode.Heun, ode.Uniform(16), model.Field(), flow.Units{}, export.Noise(2, 100, 0))
	fmt.Println(check.OK, check.Points, check.Levels, check.Threads)
	// Output: true 100 [off basic all] [1 2]
}
