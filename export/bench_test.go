package export

import (
	"testing"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// BenchmarkOpenSampler opens samplers of 64 steps. With a Loop this takes no longer than for a single step.
func BenchmarkOpenSampler(b *testing.B) {
	n := net.Spec{Architecture: net.MLP, Width: 128, Depth: 3, Activation: net.SiLU}.On(2)
	for _, o := range []struct {
		name string
		SamplerOptions
	}{{"loop", SamplerOptions{}}, {"log-prob", SamplerOptions{LogProb: true}}, {"portable", SamplerOptions{Portable: true}}} {
		file, err := Sampler(n, velocity.Init(n, 1), ode.RK4, ode.Uniform(64), About{}, o.SamplerOptions)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(o.name, func(b *testing.B) {
			for b.Loop() {
				s, err := ort.Open(file, ort.SessionOptions{Optimise: ort.All})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
