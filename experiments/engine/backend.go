package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Go runs graphs in GoMLX's pure Go backend. It is always available, and the reference for the other engines.
var Go = Engine{Name: "go", available: func() error { return nil }, compile: func(_ Engine, f Graph, inputs []Input) (Program, error) {
	// A sweep runs one fit per core, which is faster than splitting the small products of a single fit.
	return compileBackend(func() (compute.Backend, error) { return gobackend.New("ops_sequential") }, f, inputs)
}}

// backendProgram is a graph compiled by a GoMLX backend.
type backendProgram struct {
	backend    compute.Backend
	inputs     []Input
	shapes     []shapes.Shape
	executable compute.Executable
	donate     []bool
}

func compileBackend(open func() (compute.Backend, error), f Graph, inputs []Input) (program Program, err error) {
	defer recovered(&err)
	backend, err := open()
	if err != nil {
		return nil, err
	}
	p := &backendProgram{backend: backend, inputs: inputs}
	g := graph.NewGraph(backend, "program")
	nodes := make([]*graph.Node, len(inputs))
	for i, in := range inputs {
		p.shapes = append(p.shapes, shapes.Make(dtypes.Float32, in.Dims...))
		p.donate = append(p.donate, true)
		nodes[i] = graph.Parameter(g, in.Name, p.shapes[i])
	}
	if err := g.Compile(f(nodes)...); err != nil {
		backend.Finalize()
		return nil, fmt.Errorf("compile for backend %s: %w", backend.Name(), err)
	}
	p.executable = g.Executable()
	return p, nil
}

func (p *backendProgram) Run(inputs ...Tensor) (outputs []Tensor, err error) {
	defer recovered(&err)
	if err := check(p.inputs, inputs); err != nil {
		return nil, err
	}
	buffers := make([]compute.Buffer, len(inputs))
	for i, in := range inputs {
		if buffers[i], err = p.backend.BufferFromFlatData(0, in.Data, p.shapes[i]); err != nil {
			return nil, fmt.Errorf("input %q: %w", p.inputs[i].Name, err)
		}
	}
	results, err := p.executable.Execute(buffers, p.donate, 0)
	if err != nil {
		return nil, fmt.Errorf("run in backend %s: %w", p.backend.Name(), err)
	}
	outputs = make([]Tensor, len(results))
	for i, r := range results {
		if outputs[i], err = takeBuffer(r); err != nil {
			return nil, fmt.Errorf("output %d: %w", i, err)
		}
	}
	return outputs, nil
}

// takeBuffer copies a result out of the backend and frees it.
func takeBuffer(b compute.Buffer) (Tensor, error) {
	shape, err := b.Shape()
	if err != nil {
		return Tensor{}, err
	}
	t := Tensor{Dims: shape.Dimensions, Data: make([]float32, shape.Size())}
	if err := b.ToFlatData(t.Data); err != nil {
		return t, err
	}
	return t, b.Finalize()
}

// Loop returns a loop that passes the state from one run to the next.
func (p *backendProgram) Loop(state ...Tensor) (Loop, error) { return &backendLoop{p, state}, nil }

type backendLoop struct {
	program *backendProgram
	state   []Tensor
}

func (l *backendLoop) Step(inputs ...Tensor) ([]Tensor, error) {
	out, err := l.program.Run(append(slices.Clone(l.state), inputs...)...)
	if err != nil {
		return nil, err
	}
	l.state = out[:len(l.state)]
	return out[len(l.state):], nil
}

func (l *backendLoop) State() ([]Tensor, error) {
	state := make([]Tensor, len(l.state))
	for i, t := range l.state {
		state[i] = t.Clone()
	}
	return state, nil
}

func (l *backendLoop) Close() error { return nil }

func (p *backendProgram) Close() error {
	p.executable.Finalize()
	p.backend.Finalize()
	return nil
}
