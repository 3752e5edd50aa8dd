// Package fuse joins element-wise operations of an ONNX model, so that a chain of them passes over its numbers once.
//
//	model = fuse.Chains(model, []string{"Add", "Mul", "Sqrt", fuse.ColumnSum})
//
// onnxruntime passes over the numbers once for each operation, which takes half of the time of a training step of a small
// net. In the joined form, the operation Fused of package fused, every operation still rounds its result, and sums are in
// the same order, so that the numbers keep their bits.
package fuse

import (
	"maps"
	"slices"

	"flowsweep/experiments/engine/onnx"
)

// Domain is that of the operation Fused. Only sessions that know package fused can run it, so it is not for files.
const Domain = "flowsweep"

// ColumnSum names, among the operations to join, a ReduceSum over leading axes.
const ColumnSum = "ColumnSum"

// Chains returns the model with chains of the named element-wise operations joined. It joins values of the sizes that
// onnx.RecordSized found.
func Chains(m onnx.Model, operations []string) onnx.Model {
	f := newFuser(m, operations)
	for i, inputs := range f.inputs {
		for _, in := range inputs {
			if j, ok := f.made[in]; ok {
				f.merge(f.group[i], f.group[j])
			}
		}
	}
	f.write()
	return f.model
}

// tensor is what is known of a value whose sizes are fixed.
type tensor struct {
	dims   []int
	floats bool // of 32 bits
}

func (t tensor) size() int {
	size := 1
	for _, d := range t.dims {
		size *= d
	}
	return size
}

// fuser divides the nodes of a model into groups. Each group that pays becomes one node.
type fuser struct {
	model     onnx.Model
	nodes     []onnx.Node
	tensors   map[string]tensor
	constants map[string]onnx.Initializer
	made      map[string]int   // the node that makes a value
	uses      map[string][]int // the nodes that take a value
	roles     []role           // what each node may be in a group
	inputs    [][]string       // what each node depends on
	group     []int            // the first node of each node's group
	members   map[int][]int    // the nodes of a group, by the first
}

func newFuser(m onnx.Model, operations []string) *fuser {
	f := &fuser{
		model: m, nodes: m.Nodes, tensors: map[string]tensor{}, constants: map[string]onnx.Initializer{},
		made: map[string]int{}, uses: map[string][]int{}, members: map[int][]int{},
	}
	for _, v := range slices.Concat(m.Inputs, m.Values) {
		f.tensors[v.Name] = tensor{v.Dims, v.Kind <= onnx.Float32}
	}
	for _, c := range m.Initializers {
		_, floats := c.Data.([]float32)
		f.tensors[c.Name], f.constants[c.Name] = tensor{c.Dims, floats}, c
	}
	for i, n := range f.nodes {
		for _, in := range n.Inputs {
			f.uses[in] = append(f.uses[in], i)
		}
		f.made[n.Outputs[0]] = i
	}
	for i, n := range f.nodes {
		r := f.role(n, operations)
		f.roles, f.inputs = append(f.roles, r), append(f.inputs, n.Inputs)
		f.group, f.members[i] = append(f.group, i), []int{i}
		if r.kind == join {
			f.inputs[i] = r.pieces
			for _, in := range r.pieces {
				f.uses[in] = append(f.uses[in], i)
			}
		}
	}
	return f
}

// merge joins two groups, unless they have different sizes, or the whole would depend on itself.
func (f *fuser) merge(a, b int) {
	if a == b || f.roles[a].kind == alone || f.roles[b].kind == alone {
		return
	}
	if m, n := f.size(a), f.size(b); m != n && m != 1 && n != 1 {
		return
	}
	both := slices.Sorted(slices.Values(slices.Concat(f.members[a], f.members[b])))
	if f.cyclic(both) {
		return
	}
	for _, i := range both {
		f.group[i] = both[0]
	}
	delete(f.members, a)
	delete(f.members, b)
	f.members[both[0]] = both
}

// size is the number of elements that a group passes over. Single numbers are worked out before.
func (f *fuser) size(group int) int {
	size := 1
	for _, i := range f.members[group] {
		size = max(size, f.roles[i].size)
	}
	return size
}

// cyclic reports whether nodes, as one, would need what they give: by way of a node outside, or a sum that is complete only
// after the last number.
func (f *fuser) cyclic(nodes []int) bool {
	inside, seen := make([]bool, len(f.nodes)), make([]bool, len(f.nodes))
	for _, i := range nodes {
		inside[i] = true
	}
	var reaches func(group int) bool
	reaches = func(group int) bool {
		if seen[group] {
			return false
		}
		seen[group] = true
		for j := range f.needs(f.members[group]) {
			if inside[j] || reaches(f.group[j]) {
				return true
			}
		}
		return false
	}
	for j, i := range f.needs(nodes) {
		if inside[j] && (f.roles[j].kind == columnSum || f.roles[i].kind == join) || !inside[j] && reaches(f.group[j]) {
			return true
		}
	}
	return false
}

// needs goes through the nodes that make what a group takes, its own included, and the nodes that take it.
func (f *fuser) needs(nodes []int) func(yield func(maker, taker int) bool) {
	return func(yield func(maker, taker int) bool) {
		for _, i := range nodes {
			for _, in := range f.inputs[i] {
				if j, ok := f.made[in]; ok && !yield(j, i) {
					return
				}
			}
		}
	}
}

// write replaces the groups that pay by nodes. All nodes stay in order as far as possible, as what onnxruntime makes of a
// graph may depend on it.
func (f *fuser) write() {
	for g, nodes := range f.members {
		if len(nodes) == 1 && !f.pays(nodes[0]) {
			f.roles[g], f.inputs[g] = role{}, f.nodes[g].Inputs
		}
	}
	f.model.Nodes, f.model.Values = nil, nil
	left := slices.SortedFunc(maps.Keys(f.members), func(a, b int) int { return slices.Max(f.members[a]) - slices.Max(f.members[b]) })
	done := make([]bool, len(f.nodes))
	ready := func(g int) bool {
		for j := range f.needs(f.members[g]) {
			if f.group[j] != g && !done[f.group[j]] {
				return false
			}
		}
		return true
	}
	for len(left) > 0 {
		at := slices.IndexFunc(left, ready)
		g := left[at]
		left, done[g] = slices.Delete(left, at, at+1), true
		if f.roles[g].kind == alone {
			f.model.Nodes = append(f.model.Nodes, f.nodes[g])
			continue
		}
		n, values := f.program(f.members[g])
		f.model.Nodes, f.model.Values = append(f.model.Nodes, n), append(f.model.Values, values...)
	}
	f.model.DropUnused()
}

// pays reports whether a node is faster as a Fused of its own.
func (f *fuser) pays(i int) bool {
	return f.roles[i].kind == columnSum || f.nodes[i].Op == "Elu" && f.roles[i].kind == elementWise
}
