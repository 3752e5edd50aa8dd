package ode

import (
	"errors"
	"fmt"
	"math"

	"flowsweep/experiments/flow"
)

// Uniform returns the time grid 0, 1/n, ..., 1 of n >= 1 steps. Each time is computed from its index, since adding up
// steps would drift and could add a step.
func Uniform(n int) []float64 {
	return grid(n, func(i int) float64 { return float64(i) / float64(n) })
}

// grid returns the n + 1 times of n steps: 0, the given times in between, and 1.
func grid(n int, between func(i int) float64) []float64 {
	if n < 1 {
		panic("ode: a time grid needs at least 1 step")
	}
	ts := make([]float64, n+1)
	for i := 1; i < n; i++ {
		ts[i] = between(i)
	}
	ts[n] = 1
	return ts
}

// Grid defines the times of a solver's steps from t = 0 to t = 1.
type Grid struct {
	Name   string
	Params any                       // the parameters it was made from, for example an EDMGrid; nil if there are none
	Steps  int                       // the only possible number of steps; 0 if any number is possible
	Times  func(steps int) []float64 // the times, (steps + 1), strictly rising from 0 to 1; panics if steps < 1
	Fitted bool                      // its times are found for a velocity, with TuneGrid
}

// MarshalJSON returns the grid as written in a spec: its name, with its parameters if it has any.
func (g Grid) MarshalJSON() ([]byte, error) { return flow.Form(g.Name, g.Params) }

// GridFamilies lists every family of grids.
var GridFamilies = []flow.Family[Grid]{
	{Name: "uniform", Default: fixedUniform{}},
	{Name: "edm", Default: EDMGrid{Rho: 7, SigmaMin: 0.002, SigmaMax: 80}},
	{Name: "cosine", Default: fixedCosine{}},
	{Name: "tangent", Default: TangentGrid{}},
	{Name: "explicit", Default: ExplicitGrid{}},
	{Name: "tuned", Default: DefaultTunedGrid},
}

// fixedUniform and fixedCosine make the grids without parameters.
type (
	fixedUniform struct{}
	fixedCosine  struct{}
)

func (fixedUniform) Make() (Grid, error) { return UniformGrid, nil }
func (fixedCosine) Make() (Grid, error)  { return CosineGrid, nil }

// UniformGrid has equal steps, t_i = i/n.
var UniformGrid = Grid{Name: "uniform", Times: Uniform}

// CosineGrid has small steps near the noise (CosyVoice, arXiv 2407.05407):
//
//	t_i = 1 - cos(pi i / (2 n)) = 2 sin^2(pi i / (4 n))
var CosineGrid = Grid{
	Name: "cosine",
	Times: func(n int) []float64 {
		return grid(n, func(i int) float64 {
			sin := math.Sin(math.Pi * float64(i) / float64(4*n)) // 1 - cos would lose the digits of a small t
			return 2 * sin * sin
		})
	},
}

// EDMGrid has the noise levels of Karras et al. 2022 (arXiv 2206.00364, equation 5) at its times, with small steps near
// the data:
//
//	sigma_i = (sigma_max^(1/rho) + i/(n-1) (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho for i < n,  sigma_n = 0
//	t_i = 1 / (1 + sigma_i),  t_0 = 0
//
// Under CondOT, X_t = t (X1 + (1-t)/t X0), so at t = 1/(1 + sigma) it is t times the data with noise of standard
// deviation sigma. The other paths use the same times. Sampling starts from pure noise, so t_0 is 0 rather than
// 1/(1 + sigma_max), which facebookresearch/flow_matching uses.
type EDMGrid struct {
	Rho      float64 `json:"rho" above:"0" doc:"exponent; larger values give smaller steps near the data"`
	SigmaMin float64 `json:"sigma_min" above:"0" doc:"noise level before the last step"`
	SigmaMax float64 `json:"sigma_max" above:"0" doc:"noise level of the first step"`
}

// Make returns the grid, or an error unless all parameters are positive and SigmaMin is below SigmaMax.
func (g EDMGrid) Make() (Grid, error) {
	for _, p := range []struct {
		name  string
		value float64
	}{{"rho", g.Rho}, {"sigma_min", g.SigmaMin}, {"sigma_max", g.SigmaMax}} {
		if !(p.value > 0) || math.IsInf(p.value, 1) {
			return Grid{}, fmt.Errorf("%s: %g: must be positive and finite", p.name, p.value)
		}
	}
	if g.SigmaMin >= g.SigmaMax {
		return Grid{}, fmt.Errorf("sigma_min: %g: must be below sigma_max, %g", g.SigmaMin, g.SigmaMax)
	}
	high, low := math.Pow(g.SigmaMax, 1/g.Rho), math.Pow(g.SigmaMin, 1/g.Rho)
	times := func(n int) []float64 {
		return grid(n, func(i int) float64 {
			sigma := math.Pow(high+float64(i)/float64(n-1)*(low-high), g.Rho)
			return 1 / (1 + sigma)
		})
	}
	return Grid{Name: "edm", Params: g, Times: times}, nil
}

// TangentGrid has equal steps of the angle atan(sigma/Std) for data of standard deviation Std with noise sigma = (1 - t)/t, as
// EDMGrid. It is the best grid for Gaussian data (Sabour et al. 2024, "Align Your Steps", arXiv 2404.14507):
//
//	t_i = 1 / (1 + Std tan(pi/2 (1 - i/n)))
//
// Data of large Std get small steps near the data, and those of small Std near the noise.
type TangentGrid struct {
	Std float64 `json:"std" min:"0" doc:"standard deviation of the data on the scale of the net; default, or 0: that of the training rows"`
}

// Make returns the grid, or an error if Std is negative or not finite. A grid of Std 0 has no times: With gives it one.
func (g TangentGrid) Make() (Grid, error) {
	if !(g.Std >= 0) || math.IsInf(g.Std, 1) {
		return Grid{}, fmt.Errorf("std: %g: must be positive and finite", g.Std)
	}
	times := func(n int) []float64 {
		if g.Std == 0 {
			panic("ode: a tangent grid needs the standard deviation of the data")
		}
		return grid(n, func(i int) float64 { return 1 / (1 + g.Std*math.Tan(math.Pi/2*(1-float64(i)/float64(n)))) })
	}
	return Grid{Name: "tangent", Params: g, Times: times}, nil
}

// OfData reports whether the grid has no times before it is told the standard deviation of the data.
func (g Grid) OfData() bool {
	p, ok := g.Params.(TangentGrid)
	return ok && p.Std == 0
}

// Of returns a grid that depends on the standard deviation of the data with that in place, and other grids as they are.
func (g Grid) Of(std func() float64) Grid {
	if g.OfData() {
		g, _ = TangentGrid{Std: std()}.Make()
	}
	return g
}

// ExplicitGrid is a list of times, which fixes the number of steps.
type ExplicitGrid struct {
	Times []float64 `json:"times" doc:"the times, rising from 0 to 1"`
}

// Make returns the grid, or an error unless the times rise strictly from 0 to 1. The grid panics if asked for another
// number of steps.
func (g ExplicitGrid) Make() (Grid, error) {
	steps := len(g.Times) - 1
	if steps < 1 || g.Times[0] != 0 || g.Times[steps] != 1 {
		return Grid{}, errors.New("times: must start with 0 and end with 1")
	}
	for i := range steps {
		if !(g.Times[i] < g.Times[i+1]) {
			return Grid{}, fmt.Errorf("times: %g is followed by %g: must be strictly increasing", g.Times[i], g.Times[i+1])
		}
	}
	times := func(n int) []float64 {
		if n != steps {
			panic(fmt.Sprintf("ode: the explicit grid has %d steps, not %d", steps, n))
		}
		return append([]float64(nil), g.Times...)
	}
	return Grid{Name: "explicit", Params: g, Steps: steps, Times: times}, nil
}
