// Package engine compiles GoMLX graphs and runs them.
//
//	program, err := engine.Go.Compile(graph, engine.Input{Name: "x", Dims: []int{256, 2}})
//	outputs, err := program.Run(engine.Tensor{Dims: []int{256, 2}, Data: x})
//
// Its rooms are onnx, which records graphs as ONNX models, and ort, which runs those in onnxruntime. GoMLX panics while it
// builds graphs; the exported functions return those panics as errors.
package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine/ort"
)

// Tensor is a dense array of 32-bit floats, the same for every engine. It is at home where onnxruntime reads its memory.
type Tensor = ort.Tensor

// Input declares an input of a program: its name and the sizes of its axes.
type Input struct {
	Name string
	Dims []int
}

// Graph builds a computation from its inputs, in GoMLX. It must not depend on anything but its arguments.
type Graph func(inputs []*graph.Node) (outputs []*graph.Node)

// Program is a compiled graph. It is used from one goroutine at a time.
type Program interface {
	// Run returns the outputs for inputs of the declared sizes. It leaves the inputs as they are.
	Run(inputs ...Tensor) ([]Tensor, error)
	// Loop starts a loop of the program, whose first inputs and first outputs are the state.
	Loop(state ...Tensor) (Loop, error)
	Close() error
}

// Loop runs a program step after step. What one step gives as its state is what the next one takes; it stays where it
// is. A loop is closed before its program.
type Loop interface {
	// Step runs the program on the state and the inputs, keeps the new state, and returns the other outputs, which are
	// valid until the next step. It may keep hold of the memory of the inputs, which the caller may fill again.
	Step(inputs ...Tensor) ([]Tensor, error)
	// State returns a copy of the state.
	State() ([]Tensor, error)
	Close() error
}

// Engine is a way to run graphs.
type Engine struct {
	Name    string
	Threads int          // within an operation; 0 means 1. Engines that cannot be told leave it aside.
	present func() error // why this machine does not have it, or nil
	compile func(threads int, f Graph, inputs []Input) (Program, error)
}

// Compile returns the graph ready to run.
func (e Engine) Compile(f Graph, inputs ...Input) (Program, error) {
	return e.compile(max(e.Threads, 1), f, inputs)
}

// WithThreads returns the engine with that many threads within an operation.
func (e Engine) WithThreads(n int) Engine {
	e.Threads = n
	return e
}

// Engines lists every engine by name, the fastest first.
var Engines = slices.Concat([]Engine{ONNXRuntime}, optional, []Engine{Go})

// Auto is the name that stands for the fastest engine this machine has.
const Auto = "auto"

// Pick returns the named engine and why it was picked. Auto picks the first one present; an engine that was asked for and
// is not present is an error.
func Pick(name string) (e Engine, why string, err error) {
	why = "the fastest here"
	names := []string{Auto}
	for _, e := range Engines {
		names = append(names, e.Name)
		if name != e.Name && name != Auto {
			continue
		}
		missing := e.present()
		switch {
		case missing != nil && name == Auto:
			why = fmt.Sprintf("there is no %s: %v", e.Name, missing)
		case missing != nil:
			return e, "", missing
		case name == Auto:
			return e, why, nil
		default:
			return e, "asked for", nil
		}
	}
	if name == "xla" {
		return e, "", errors.New("this build has no XLA: build with `go build -tags xla`, or use another engine")
	}
	return e, "", fmt.Errorf("unknown engine %q: use one of %s", name, strings.Join(names, ", "))
}

// check returns an error unless the tensors fit the declared inputs.
func check(declared []Input, given []Tensor) error {
	if len(declared) != len(given) {
		return fmt.Errorf("program takes %d inputs, got %d", len(declared), len(given))
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
