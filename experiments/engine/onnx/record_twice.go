package onnx

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// This file has other ways to record.

// RecordSized is Record with the sizes and the types of all values, as far as they are fixed, in Values.
func RecordSized(f func(nodes []*graph.Node) []*graph.Node, inputs []ValueInfo) (Model, error) {
	r, err := record(f, inputs, nil, nil)
	if err != nil {
		return Model{}, err
	}
	for _, n := range r.model.Nodes {
		if v, ok := r.values[n.Outputs[0]]; ok {
			r.model.Values = append(r.model.Values, v)
		}
	}
	return r.model, nil
}

// note remembers the sizes and the type of a value.
func (r *recorder) note(name string, dims []int, dtype dtypes.DType) {
	if !slices.ContainsFunc(dims, func(d int) bool { return d <= 0 }) {
		r.values[name] = ValueInfo{Name: name, Dims: dims, Kind: onnxKinds[dtype]}
	}
}

// trialBatches are two batch sizes that no size in a net is likely to be a multiple of.
var trialBatches = [2]int{13, 29}

// RecordTwice is Record for graphs that GoMLX can build only with known sizes, such as gradients of broadcasts. It records
// at two batch sizes. The two graphs may differ only in sizes, of shapes and slices, of the form base + k batch. The model
// computes these when it runs, from the first axis of the first input. RecordTwice returns an error if anything else
// depends on the batch.
func RecordTwice(f func(nodes []*graph.Node) []*graph.Node, inputs []ValueInfo, weights []Initializer, outputs []string) (Model, error) {
	var models [2]Model
	for i, batch := range trialBatches {
		sized := slices.Clone(inputs)
		for j, in := range inputs {
			sized[j].Dims = replaced(in.Dims, Batch, batch)
		}
		var err error
		if models[i], err = Record(f, sized, weights, outputs); err != nil {
			return Model{}, err
		}
	}
	m, other := models[0], models[1]
	if !reflect.DeepEqual(m.Nodes, other.Nodes) || len(m.Initializers) != len(other.Initializers) {
		return Model{}, errors.New("record as ONNX: the graph depends on the batch")
	}
	m.Inputs = slices.Clone(inputs)
	for i, out := range m.Outputs {
		m.Outputs[i].Dims = slices.Clone(out.Dims)
		for j, size := range other.Outputs[i].Dims {
			if size == out.Dims[j] {
				continue
			}
			if out.Dims[j] != trialBatches[0] {
				return Model{}, fmt.Errorf("record as ONNX: the output %q has %d rows for a batch of %d: return one row per point", out.Name, out.Dims[j], trialBatches[0])
			}
			m.Outputs[i].Dims[j] = Batch
		}
	}
	return m, m.computeSizes(other.Initializers)
}

// replaced returns a copy of the list in which with replaces old.
func replaced(list []int, old, with int) []int {
	list = slices.Clone(list)
	for i, v := range list {
		if v == old {
			list[i] = with
		}
	}
	return list
}

// computeSizes makes the model compute the constants that differ from others, those of the second recording.
func (m *Model) computeSizes(others []Initializer) error {
	var nodes []Node
	var constants []Initializer
	for i, t := range m.Initializers {
		if reflect.DeepEqual(t, others[i]) {
			constants = append(constants, t)
			continue
		}
		base, factor, err := linear(t, others[i])
		if err != nil {
			return err
		}
		base.Name, factor.Name = t.Name+"/base", t.Name+"/factor"
		constants = append(constants, base, factor)
		nodes = append(nodes,
			Node{Op: "Mul", Inputs: []string{"rows", factor.Name}, Outputs: []string{t.Name + "/rows"}},
			Node{Op: "Add", Inputs: []string{t.Name + "/rows", base.Name}, Outputs: []string{t.Name}})
	}
	if len(nodes) > 0 {
		constants = append(constants, Initializer{Name: "batch_axis", Dims: []int{1}, Data: []int64{0}})
		// Fewer runtimes know the attributes of Shape that select one size.
		sizes := Node{Op: "Shape", Inputs: []string{m.Inputs[0].Name}, Outputs: []string{"sizes"}}
		rows := Node{Op: "Gather", Inputs: []string{"sizes", "batch_axis"}, Outputs: []string{"rows"}}
		m.Nodes = slices.Concat([]Node{sizes, rows}, nodes, m.Nodes)
	}
	m.Initializers = constants
	return nil
}

// linear returns base and factor such that the constant is base + factor batch in both recordings.
func linear(a, b Initializer) (base, factor Initializer, err error) {
	x, ok := a.Data.([]int64)
	y, _ := b.Data.([]int64)
	if !ok || a.Name != b.Name || len(x) != len(y) || len(a.Dims) != 1 {
		return base, factor, fmt.Errorf("record as ONNX: the constant %q depends on the batch", a.Name)
	}
	first, step := int64(trialBatches[0]), int64(trialBatches[1]-trialBatches[0])
	k, rest := make([]int64, len(x)), make([]int64, len(x))
	for i := range x {
		k[i] = (y[i] - x[i]) / step
		rest[i] = x[i] - first*k[i]
		if (y[i]-x[i])%step != 0 {
			return base, factor, fmt.Errorf("record as ONNX: the constant %q is %d for %d rows and %d for %d: it must be linear in the batch", a.Name, x[i], trialBatches[0], y[i], trialBatches[1])
		}
	}
	return Initializer{Dims: a.Dims, Data: rest}, Initializer{Dims: a.Dims, Data: k}, nil
}
