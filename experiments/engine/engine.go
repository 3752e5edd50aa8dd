// Package engine compiles GoMLX graphs and runs them.
//
//	program, err := engine.Go.Compile(graph, engine.Input{Name: "x", Dims: []int{256, 2}})
//	outputs, err := program.Run(engine.Tensor{Dims: []int{256, 2}, Data: x})
//
// Package onnx records graphs as ONNX models, and package ort runs those in onnxruntime. GoMLX panics if a graph cannot be
// built; the exported functions return such panics as errors.
package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine/ort"
)

// Tensor is a dense array of 32-bit floats, the same for every engine.
type Tensor = ort.Tensor

// Input declares an input of a program: its name and the sizes of its axes.
type Input struct {
	Name string
	Dims []int
}

// Size returns the number of elements.
func (in Input) Size() int {
	n := 1
	for _, d := range in.Dims {
		n *= d
	}
	return n
}

// Graph builds a GoMLX computation from its inputs. It must not depend on anything else.
type Graph func(inputs []*graph.Node) (outputs []*graph.Node)

// Program is a compiled graph.
type Program interface {
	// Run returns the outputs for inputs of the declared sizes. It does not modify the inputs, and may be called from several
	// goroutines at once.
	Run(inputs ...Tensor) ([]Tensor, error)
	// Loop starts a loop of the program. Its state is the first inputs and the first outputs of the program.
	Loop(state ...Tensor) (Loop, error)
	Close() error
}

// Loop runs a program step by step. Each step takes the state that the one before returned. It is used from one goroutine at a time.
// Close a loop before its program.
type Loop interface {
	// Step runs the program on the state and the inputs, stores the new state, and returns the other outputs, which are
	// valid until the next step. It may retain the inputs' memory; the caller may reuse that for the next inputs.
	Step(inputs ...Tensor) ([]Tensor, error)
	// State returns a copy of the state.
	State() ([]Tensor, error)
	Close() error
}

// Engine is a way to run graphs.
type Engine struct {
	Name      string
	Threads   int // per operation; 0 means 1. Some engines ignore it.
	plain     bool
	available func() error // nil, or why this machine lacks the engine
	compile   func(e Engine, f Graph, inputs []Input) (Program, error)
}

// Compile compiles the graph for the given inputs.
func (e Engine) Compile(f Graph, inputs ...Input) (Program, error) {
	return e.compile(e, f, inputs)
}

// WithThreads returns the engine with n threads per operation.
func (e Engine) WithThreads(n int) Engine {
	e.Threads = n
	return e
}

// Plain returns the engine without operations of our own in place of chains of smaller ones. Its numbers have the same bits,
// and it takes longer.
func (e Engine) Plain() Engine {
	e.plain = true
	return e
}

// Engines lists the engines of this build, the fastest first.
var Engines = slices.Concat([]Engine{ONNXRuntime}, optional, []Engine{Go})

// Auto is the name of the fastest engine available.
const Auto = "auto"

// Pick returns the named engine and why it was picked. Auto picks the first one available. It returns an error if the named
// engine is not available.
func Pick(name string) (e Engine, why string, err error) {
	why = "the fastest available"
	names := []string{Auto}
	for _, e := range Engines {
		names = append(names, e.Name)
		if name != e.Name && name != Auto {
			continue
		}
		missing := e.available()
		switch {
		case missing != nil && name == Auto:
			why = fmt.Sprintf("%s is not available: %v", e.Name, missing)
		case missing != nil:
			return e, "", missing
		case name == Auto:
			return e, why, nil
		default:
			return e, "as requested", nil
		}
	}
	if name == "xla" {
		return e, "", errors.New("this build has no XLA: use `go build -tags xla`, or another engine")
	}
	return e, "", fmt.Errorf("unknown engine %q: use one of %s", name, strings.Join(names, ", "))
}

// check returns an error unless the tensors match the declared inputs.
func check(declared []Input, given []Tensor) error {
	if len(declared) != len(given) {
		return fmt.Errorf("the program takes %d inputs, got %d", len(declared), len(given))
	}
	for i, in := range declared {
		if err := given[i].Check(in.Dims); err != nil {
			return fmt.Errorf("input %q %w", in.Name, err)
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
