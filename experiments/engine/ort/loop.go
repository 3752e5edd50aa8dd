package ort

import (
	"errors"
	"fmt"
	"runtime"

	ort "github.com/yalue/onnxruntime_go"
)

// Loop runs a session step by step. The first inputs and first outputs are the state: each step takes the state that the
// one before returned. The memory of every tensor is bound to onnxruntime once. The state has two buffers; each step reads
// one and writes the other.
type Loop struct {
	session *Session
	pinner  runtime.Pinner
	tensors []ort.Value            // all tensors, to be freed
	bound   map[*float32]ort.Value // inputs, by their memory
	state   [2][]ort.Value         // buffers of the state
	data    [2][]Tensor            // their contents
	rest    []ort.Value            // outputs that are not state
	out     []Tensor               // their contents
	current int                    // the buffer that holds the current state
}

// Loop starts a loop from the state. All sizes of the model must be fixed. Close a loop before its session.
func (s *Session) Loop(state ...Tensor) (*Loop, error) {
	if err := check(s.inputs[:min(len(state), len(s.inputs))], state); err != nil {
		return nil, err
	}
	l := &Loop{session: s, bound: map[*float32]ort.Value{}}
	for b := range l.state {
		for _, t := range state {
			t = t.Clone()
			v, err := l.bind(t)
			if err != nil {
				return nil, errors.Join(err, l.Close())
			}
			l.state[b], l.data[b] = append(l.state[b], v), append(l.data[b], t)
		}
	}
	for _, o := range s.outputs[min(len(state), len(s.outputs)):] {
		if size(o.Dims) <= 0 {
			return nil, errors.Join(fmt.Errorf("output %q has sizes %v: a loop needs fixed sizes", o.Name, o.Dims), l.Close())
		}
		t := Tensor{Dims: o.Dims, Data: make([]float32, size(o.Dims))}
		v, err := l.bind(t)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l.rest, l.out = append(l.rest, v), append(l.out, t)
	}
	return l, nil
}

// bind binds the memory of a tensor to onnxruntime, which keeps a raw pointer to it.
func (l *Loop) bind(t Tensor) (ort.Value, error) {
	if len(t.Data) == 0 {
		return nil, errors.New("tensors of a loop must not be empty")
	}
	l.pinner.Pin(&t.Data[0])
	v, err := t.value()
	if err != nil {
		return nil, err
	}
	l.tensors = append(l.tensors, v)
	return v, nil
}

// Step runs the model on the state and the inputs, stores the new state, and returns the other outputs, which are valid
// until the next step. It retains the inputs' memory, which the caller may reuse for the next inputs.
func (l *Loop) Step(inputs ...Tensor) ([]Tensor, error) {
	declared := l.session.inputs[len(l.data[0]):]
	if err := check(declared, inputs); err != nil {
		return nil, err
	}
	in, next := append([]ort.Value(nil), l.state[l.current]...), 1-l.current
	for i, t := range inputs {
		v, ok := l.bound[&t.Data[0]]
		if !ok {
			var err error
			if v, err = l.bind(t); err != nil {
				return nil, fmt.Errorf("input %q: %w", declared[i].Name, err)
			}
			l.bound[&t.Data[0]] = v
		}
		in = append(in, v)
	}
	out := append(append([]ort.Value(nil), l.state[next]...), l.rest...)
	if err := l.session.run(in, out); err != nil {
		return nil, fmt.Errorf("run the ONNX model: %w", err)
	}
	l.current = next
	return l.out, nil
}

// State returns a copy of the state.
func (l *Loop) State() ([]Tensor, error) {
	state := make([]Tensor, len(l.data[l.current]))
	for i, t := range l.data[l.current] {
		state[i] = t.Clone()
	}
	return state, nil
}

// Close frees the loop.
func (l *Loop) Close() error {
	var errs []error
	for _, v := range l.tensors {
		errs = append(errs, v.Destroy())
	}
	l.pinner.Unpin()
	l.tensors = nil
	return errors.Join(errs...)
}
