// Package engine compiles GoMLX graphs and runs them, and records them as ONNX.
//
//	program, err := engine.Go.Compile(graph, engine.Input{Name: "x", Dims: []int{256, 2}})
//	outputs, err := program.Run(engine.Tensor{Dims: []int{256, 2}, Data: x})
//
// It is the only door to GoMLX's backends and to onnxruntime. GoMLX panics while it builds graphs; the exported
// functions of this package return those panics as errors.
package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Tensor is a dense array of 32-bit floats.
type Tensor struct {
	Dims []int     // sizes of the axes
	Data []float32 // row-major
}

// Input declares an input of a program: its name and the sizes of its axes. Batch, in place of a size, is the dynamic
// axis; only Record knows it.
type Input struct {
	Name string
	Dims []int
}

// Batch is the size of the dynamic axis of a recorded graph.
const Batch = -1

// Graph builds a computation from its inputs, in GoMLX. It must not depend on anything but its arguments.
type Graph func(inputs []*graph.Node) (outputs []*graph.Node)

// Program is a compiled graph. It is used from one goroutine at a time.
type Program interface {
	// Run returns the outputs for inputs of the declared sizes. It leaves the inputs as they are.
	Run(inputs ...Tensor) ([]Tensor, error)
	Close() error
}

// Engine is a way to run graphs.
type Engine struct {
	Name    string
	Compile func(f Graph, inputs ...Input) (Program, error)
}

// Engines lists every engine by name.
var Engines = []Engine{Go}

// Auto is the name that stands for the best engine this machine has.
const Auto = "auto"

// Pick returns the named engine and why it was picked. Auto picks the fastest one present.
func Pick(name string) (e Engine, why string, err error) {
	if name == Auto {
		return Go, "the only engine of this version", nil
	}
	names := []string{Auto}
	for _, e := range Engines {
		if e.Name == name {
			return e, "asked for", nil
		}
		names = append(names, e.Name)
	}
	return Engine{}, "", fmt.Errorf("unknown engine %q: use one of %v", name, names)
}

// check returns an error unless the tensors fit the declared inputs.
func check(declared []Input, given []Tensor) error {
	if len(declared) != len(given) {
		return fmt.Errorf("program takes %d inputs, got %d", len(declared), len(given))
	}
	for i, in := range declared {
		size := 1
		for _, d := range given[i].Dims {
			size *= d
		}
		fits := func(declared, given int) bool { return declared == given || declared == Batch }
		if !slices.EqualFunc(in.Dims, given[i].Dims, fits) || size != len(given[i].Data) {
			return fmt.Errorf("input %q takes sizes %v, got %v with %d numbers", in.Name, in.Dims, given[i].Dims, len(given[i].Data))
		}
	}
	return nil
}

// recovered turns a panic of GoMLX into an error.
func recovered(err *error) {
	switch p := recover().(type) {
	case nil:
	case error:
		*err = p
	default:
		*err = fmt.Errorf("%v", p)
	}
}
