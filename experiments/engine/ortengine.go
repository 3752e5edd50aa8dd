package engine

import (
	"errors"
	"fmt"
	"runtime"

	ort "github.com/yalue/onnxruntime_go"
)

// ONNXRuntime records graphs as ONNX and runs them in onnxruntime: what runs here is what Record writes for others.
var ONNXRuntime = Engine{Name: "onnxruntime", compile: compileONNX, present: func() error {
	_, err := LoadRuntime()
	return err
}}

// ortProgram is a recorded graph, opened in onnxruntime.
type ortProgram struct {
	*Session
	declared []Input
	outputs  []ValueInfo
}

func compileONNX(threads int, f Graph, inputs []Input) (Program, error) {
	m, err := Record(f, inputs, nil, nil)
	if err != nil {
		return nil, err
	}
	return openProgram(m, threads)
}

// OpenProgram returns a model whose sizes are all fixed as a program on one thread.
func OpenProgram(m Model) (Program, error) { return openProgram(m, 1) }

func openProgram(m Model, threads int) (Program, error) {
	s, err := Open(m.Marshal(), SessionOptions{Threads: threads, Optimise: true})
	if err != nil {
		return nil, err
	}
	p := &ortProgram{Session: s, outputs: m.Outputs}
	for _, in := range m.Inputs {
		p.declared = append(p.declared, Input{Name: in.Name, Dims: in.Dims})
	}
	return p, nil
}

func (p *ortProgram) Run(inputs ...Tensor) ([]Tensor, error) {
	if err := check(p.declared, inputs); err != nil {
		return nil, err
	}
	return p.Session.Run(inputs...)
}

// ortLoop keeps every tensor of a step in memory of its own, bound to onnxruntime once. The state has two places, which
// take turns: what one step writes is what the next one reads.
type ortLoop struct {
	program *ortProgram
	pinner  runtime.Pinner
	tensors []ort.Value            // all that were made, to be freed
	bound   map[*float32]ort.Value // inputs, by their memory
	state   [2][]ort.Value         // the places of the state
	data    [2][]Tensor            // what lies in them
	rest    []ort.Value            // outputs that are not state
	out     []Tensor               // what lies in them
	current int                    // the place that holds the state
}

func (p *ortProgram) Loop(state ...Tensor) (Loop, error) {
	if err := check(p.declared[:min(len(state), len(p.declared))], state); err != nil {
		return nil, err
	}
	l := &ortLoop{program: p, bound: map[*float32]ort.Value{}}
	for place := range l.state {
		for _, t := range cloned(state) {
			v, err := l.bind(t)
			if err != nil {
				return nil, errors.Join(err, l.Close())
			}
			l.state[place], l.data[place] = append(l.state[place], v), append(l.data[place], t)
		}
	}
	for _, o := range p.outputs[len(state):] {
		t := Tensor{Dims: o.Dims, Data: make([]float32, size(o.Dims))}
		v, err := l.bind(t)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l.rest, l.out = append(l.rest, v), append(l.out, t)
	}
	return l, nil
}

// bind makes the memory of a tensor known to onnxruntime, which keeps a bare pointer to it.
func (l *ortLoop) bind(t Tensor) (ort.Value, error) {
	if len(t.Data) == 0 {
		return nil, errors.New("a loop takes no empty tensors")
	}
	l.pinner.Pin(&t.Data[0])
	dims := make([]int64, len(t.Dims))
	for i, d := range t.Dims {
		dims[i] = int64(d)
	}
	v, err := ort.NewTensor(ort.NewShape(dims...), t.Data)
	if err != nil {
		return nil, err
	}
	l.tensors = append(l.tensors, v)
	return v, nil
}

func (l *ortLoop) Step(inputs ...Tensor) ([]Tensor, error) {
	if err := check(l.program.declared[len(l.data[0]):], inputs); err != nil {
		return nil, err
	}
	in, next := append([]ort.Value(nil), l.state[l.current]...), 1-l.current
	for i, t := range inputs {
		v, ok := l.bound[&t.Data[0]]
		if !ok {
			var err error
			if v, err = l.bind(t); err != nil {
				return nil, fmt.Errorf("input %q: %w", l.program.declared[len(l.data[0])+i].Name, err)
			}
			l.bound[&t.Data[0]] = v
		}
		in = append(in, v)
	}
	out := append(append([]ort.Value(nil), l.state[next]...), l.rest...)
	if err := l.program.session.Run(in, out); err != nil {
		return nil, fmt.Errorf("run the ONNX model: %w", err)
	}
	l.current = next
	return l.out, nil
}

func (l *ortLoop) State() ([]Tensor, error) { return cloned(l.data[l.current]), nil }

func (l *ortLoop) Close() error {
	var errs []error
	for _, v := range l.tensors {
		errs = append(errs, v.Destroy())
	}
	l.pinner.Unpin()
	l.tensors = nil
	return errors.Join(errs...)
}

// size returns the numbers in a tensor of these sizes.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
