// Package net holds what a velocity net is: its architecture, sizes and weights, what it takes and what it costs. How it
// is built and trained is velocity's.
//
//	n := net.Spec{Architecture: net.MLP, Width: 64, Depth: 3, Activation: net.SiLU}.On(2)
//	fmt.Println(n.Size(), "weights")
package net

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Spec is a net as a spec declares it, for points of any shape. What its architecture does not take is zero.
type Spec struct {
	Architecture Architecture `json:"name" doc:"architecture"`
	Width        int          `json:"width" min:"1" max:"65536" doc:"units per hidden layer"`
	Depth        int          `json:"depth" min:"1" max:"1000" doc:"hidden layers, or blocks"`
	Heads        int          `json:"heads,omitzero" min:"1" max:"65536" doc:"attention heads; must divide the width"`
	Activation   Activation   `json:"activation" doc:"activation of the hidden layers"`
}

// Net is a velocity net on points of a shape.
type Net struct {
	Spec
	Shape []int // sizes of a point; d-dimensional vectors have the shape {d}
	Given int   // numbers that a point is conditional on; 0 for none
}

// On returns the net for points of a shape.
func (s Spec) On(shape ...int) Net { return Net{Spec: s, Shape: slices.Clone(shape)} }

// Dim returns the numbers of a point, the product of its shape.
func (n Net) Dim() int { return product(n.Shape) }

// Value is an input or output of a net, per point.
type Value struct {
	Name string
	Dims []int // sizes for one point
	Doc  string
}

// Inputs lists what the net takes, times and points first.
func (n Net) Inputs() []Value {
	list := []Value{
		{Name: "t", Dims: []int{1}, Doc: "time of each point, from 0 (noise) to 1 (data)"},
		{Name: "x", Dims: n.Shape, Doc: "points"},
	}
	if n.Given > 0 {
		list = append(list, Value{Name: "c", Dims: []int{n.Given}, Doc: "what each point is conditional on; zeros for nothing"})
	}
	return list
}

// Output is the output of the net.
func (n Net) Output() Value {
	return Value{Name: "v", Dims: n.Shape, Doc: "velocity dx/dt of each point"}
}

// Check returns an error unless the sizes make a net.
func (n Net) Check() error {
	a := n.Architecture
	linear := a.Linear && n.Width == 0 && n.Depth == 0
	switch {
	case a.Name == "":
		return errors.New("the net has no architecture: set one of net.Architectures")
	case n.checkRank() != nil:
		return n.checkRank()
	case n.Given < 0:
		return fmt.Errorf("the %s is conditional on %d numbers: use 0 for none", a.Name, n.Given)
	case slices.Min(n.Shape) < 1 || n.Depth < 0 || n.Width < 1 && !linear:
		return fmt.Errorf("there is no %s of dimension %s, width %d and depth %d: use sizes of at least 1", a.Name, n.sizes(), n.Width, n.Depth)
	case n.Activation.Name == "":
		return fmt.Errorf("the %s has no activation: set one of net.Activations", a.Name)
	case a.Heads && (n.Heads < 1 || n.Width%n.Heads != 0):
		return fmt.Errorf("%d heads do not share a width of %d evenly: use a number of heads that divides it", n.Heads, n.Width)
	case !a.Heads && n.Heads != 0:
		return fmt.Errorf("a net of the kind %s takes no heads: leave them out", a.Name)
	}
	return n.checkHalves()
}

// CheckShape returns an error unless the architecture, with its depth, takes points of the shape.
func (n Net) CheckShape() error {
	if err := n.checkRank(); err != nil {
		return err
	}
	return n.checkHalves()
}

func (n Net) checkRank() error {
	switch a := n.Architecture; {
	case len(n.Shape) == 0:
		return fmt.Errorf("the %s needs the shape of its points, and has none", a.Name)
	case a.AnyShape:
		return nil
	case a.Images && len(n.Shape) != 3:
		return fmt.Errorf("the %s takes images, points of shape (channels, height, width), and not those of dimension %s: use mlp, or give the shape of the images", a.Name, n.sizes())
	case !a.Images && len(n.Shape) != 1:
		return fmt.Errorf("the %s takes vectors, not points of shape %v: use conv2d or unet", a.Name, n.Shape)
	}
	return nil
}

// checkHalves returns an error unless height and width can be halved as often as the net does.
func (n Net) checkHalves() error {
	if !n.Architecture.Halves {
		return nil
	}
	most := 0
	for ; n.Shape[1]%(2<<most) == 0 && n.Shape[2]%(2<<most) == 0 && most < n.Depth; most++ {
	}
	switch {
	case n.Depth < 1:
		return fmt.Errorf("there is no %s of depth %d: use a depth of at least 1", n.Architecture.Name, n.Depth)
	case most == 0:
		return fmt.Errorf("a %s halves height and width, and %d x %d are not both even: use conv2d, or add rows and columns to the images", n.Architecture.Name, n.Shape[1], n.Shape[2])
	case most < n.Depth:
		return fmt.Errorf("a %s of depth %d halves height and width %d times, and %d x %d can be halved %d times: use a depth of at most %d",
			n.Architecture.Name, n.Depth, n.Depth, n.Shape[1], n.Shape[2], most, most)
	}
	return nil
}

// String describes the net; different nets have different descriptions. Checkpoints and exported files hold it.
func (n Net) String() string {
	heads := ""
	if n.Heads > 0 {
		heads = fmt.Sprintf("%d heads, ", n.Heads)
	}
	given := ""
	if n.Given > 0 {
		given = fmt.Sprintf("given %d, ", n.Given)
	}
	return fmt.Sprintf("%s, dimension %s, %swidth %d, depth %d, %s%s", n.Architecture.Name, n.sizes(), given, n.Width, n.Depth, heads, n.Activation.Name)
}

// sizes writes the shape, as 2 or 3x8x8.
func (n Net) sizes() string {
	words := make([]string, len(n.Shape))
	for i, size := range n.Shape {
		words[i] = strconv.Itoa(size)
	}
	return strings.Join(words, "x")
}

// Params lists the weights of the net in the order they are stored. Kernels are (in, out), the transpose of PyTorch's.
func (n Net) Params() []Param { return n.Architecture.params(n) }

// Size returns the number of weights, P.
func (n Net) Size() int {
	size := 0
	for _, p := range n.Params() {
		size += p.Size()
	}
	return size
}

// RowFloats estimates the numbers that a training step keeps for each row of a batch until it has the gradient.
func (n Net) RowFloats() int { return n.Architecture.rowFloats(n) }

// StepFlops counts the floating-point operations in the matrix products of a training step on a batch: one product forward
// and two backward per kernel of two axes, or of four at each pixel, except for the unused gradient of the inputs.
func (n Net) StepFlops(batch int) float64 {
	products := 0
	for i, p := range n.Params() {
		if p.Places > 0 && len(p.Dims) > 1 {
			products += 3 * p.Size() * p.Places
		}
		if len(p.Dims) != 2 {
			continue
		}
		products += 3 * p.Size()
		if i == 0 {
			products -= p.Size()
		}
	}
	if n.Architecture.PerCoordinate {
		products *= n.Dim()
	}
	return 2 * float64(batch) * float64(products)
}
