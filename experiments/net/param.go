package net

import (
	"math"
	"slices"
)

// Param is one weight of a net: its name, its sizes and its initial values.
type Param struct {
	Name          string
	Dims          []int
	Center, Bound float64 // fresh numbers are uniform in Center +- Bound
	Places        int     // pixels of a point at which a convolution applies it; 0 for all other weights
}

// Size returns how many numbers the weight holds.
func (p Param) Size() int { return product(p.Dims) }

func product(sizes []int) int {
	n := 1
	for _, size := range sizes {
		n *= size
	}
	return n
}

// layer returns the weight and bias of a layer with fanIn inputs per output.
func layer(name string, fanIn int, weight, bias []int) []Param {
	bound := 1 / math.Sqrt(float64(fanIn))
	return []Param{{Name: name + ".weight", Dims: weight, Bound: bound}, {Name: name + ".bias", Dims: bias, Bound: bound}}
}

// linear returns the weights of a linear layer: kernel (in, out), bias (out).
func linear(name string, in, out int) []Param {
	return layer(name, in, []int{in, out}, []int{out})
}

// layerNorm returns the weights of a layer norm, gain and offset, (width) each.
func layerNorm(name string, width int) []Param {
	return []Param{{Name: name + ".weight", Dims: []int{width}, Center: 1}, {Name: name + ".bias", Dims: []int{width}}}
}

// Taps is the number of coordinates that a convolution kernel covers.
const Taps = 3

// convolution returns the weights of a convolution: kernel (Taps, in, out), bias (out).
func convolution(name string, in, out int) []Param {
	return layer(name, Taps*in, []int{Taps, in, out}, []int{out})
}

// Frequencies is the number of frequencies in a time embedding. The shortest wave is 1/16 long: a shorter one would let the
// velocity change faster than solvers step.
const Frequencies = 6

// embedding returns the weights of e(t), the embedding of the time, to which a perceptron on what the points are conditional on is added.
func (n Net) embedding() []Param {
	params := append(linear("time.0", 1+2*Frequencies, n.Width), linear("time.1", n.Width, n.Width)...)
	if n.Given > 0 {
		params = slices.Concat(params, linear("given.0", n.Given, n.Width), linear("given.1", n.Width, n.Width))
	}
	return params
}
