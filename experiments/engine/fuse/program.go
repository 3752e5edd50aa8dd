package fuse

import (
	"slices"
	"strings"

	"flowsweep/experiments/engine/onnx"
)

// A Fused has two attributes. operations is a list of operations, and code says what they work on: values are kept in
// numbered slots. code is
//
//	the number of elements, the number of slots,
//	the number of inputs, and of each: its slot, its kind, and the size of a piece;
//	the number of outputs, and of each: its slot, its columns, its rank and its sizes;
//	of each operation: the slot of its result, the three slots of its operands, and 1 if all are single numbers

// The kinds of an input.
const (
	single = iota // a single number
	vector        // a vector, or a tensor taken as one
	piece         // the next piece of a vector
)

// The columns of an output that is no sum of columns.
const (
	isVector = 0
	isSingle = -1
)

// program writes the program of a group.
type program struct {
	f     *fuser
	group []int // its nodes
	size  int
	slots int64
	free  []int64          // slots whose values are not needed any more
	slot  map[string]int64 // of values
	last  map[string]int   // the last node of the group that takes a value; none may take those given away

	node       onnx.Node
	values     []onnx.ValueInfo
	ins, outs  []int64 // parts of the code
	code       []int64
	operations []string
}

// program returns a group as a node, and the sizes of its outputs.
func (f *fuser) program(group []int) (onnx.Node, []onnx.ValueInfo) {
	p := &program{
		f: f, group: group, size: f.size(f.group[group[0]]), slot: map[string]int64{}, last: map[string]int{},
		node: onnx.Node{Op: "Fused", Domain: Domain},
	}
	for _, i := range group {
		p.take(i)
	}
	for _, i := range group {
		p.give(i)
	}
	for _, i := range group {
		if f.roles[i].kind == elementWise {
			p.operate(i)
		}
	}
	code := slices.Concat([]int64{int64(p.size), p.slots, int64(len(p.node.Inputs))}, p.ins, []int64{int64(len(p.node.Outputs))}, p.outs, p.code)
	p.node.Attributes = []onnx.Attribute{{Name: "code", Value: code}, {Name: "operations", Value: strings.Join(p.operations, " ")}}
	return p.node, p.values
}

func (p *program) newSlot() int64 {
	p.slots++
	return p.slots - 1
}

// take declares the inputs that a node takes from outside.
func (p *program) take(i int) {
	if p.f.roles[i].kind == join {
		slot := p.newSlot()
		p.slot[p.f.nodes[i].Outputs[0]] = slot
		for _, in := range p.f.inputs[i] {
			p.input(in, slot, piece, p.f.tensors[in].size())
		}
		return
	}
	for _, in := range p.operands(i) {
		p.last[in] = i
		if _, ok := p.slot[in]; ok || p.makes(in) {
			continue
		}
		p.slot[in] = p.newSlot()
		p.input(in, p.slot[in], map[bool]int64{true: single, false: vector}[p.isSingle(in)], 0)
	}
}

func (p *program) input(name string, slot, kind int64, size int) {
	p.node.Inputs = append(p.node.Inputs, name)
	p.ins = append(p.ins, slot, kind, int64(size))
}

// operands returns what a node works on.
func (p *program) operands(i int) []string {
	if p.f.roles[i].kind == columnSum {
		return p.f.inputs[i][:1] // without the axes
	}
	return p.f.inputs[i]
}

// isSingle reports whether a value is one number for all elements.
func (p *program) isSingle(name string) bool { return p.size > 1 && p.f.tensors[name].size() == 1 }

// makes reports whether a value is made by the group.
func (p *program) makes(name string) bool {
	j, ok := p.f.made[name]
	return ok && slices.Contains(p.group, j)
}

// give declares the output of a node, if anything outside takes it.
func (p *program) give(i int) {
	name := p.f.nodes[i].Outputs[0]
	isSum := p.f.roles[i].kind == columnSum
	outside := func(j int) bool { return !slices.Contains(p.group, j) }
	isOutput := slices.ContainsFunc(p.f.model.Outputs, func(v onnx.ValueInfo) bool { return v.Name == name })
	if !isSum && !isOutput && !slices.ContainsFunc(p.f.uses[name], outside) {
		return
	}
	t := p.f.tensors[name]
	from, columns := name, int64(isVector)
	switch {
	case isSum:
		from, columns = p.f.inputs[i][0], int64(t.size())
	case p.isSingle(name):
		columns = isSingle
	}
	if _, ok := p.slot[from]; !ok {
		p.slot[from] = p.newSlot()
	}
	p.last[from] = len(p.f.nodes) // for ever
	p.outs = append(p.outs, p.slot[from], columns, int64(len(t.dims)))
	for _, d := range t.dims {
		p.outs = append(p.outs, int64(d))
	}
	p.node.Outputs = append(p.node.Outputs, name)
	p.values = append(p.values, onnx.ValueInfo{Name: name, Dims: t.dims})
}

// operate writes an operation. Its result takes a slot of which the value is not needed any more, if there is one.
func (p *program) operate(i int) {
	name, operands := p.f.nodes[i].Outputs[0], p.operands(i)
	var from [3]int64
	for k := range from {
		from[k] = p.slot[operands[min(k, len(operands)-1)]]
	}
	to, ok := p.slot[name]
	switch n := len(p.free); {
	case ok:
	case n > 0 && !p.isSingle(name):
		to, p.free = p.free[n-1], p.free[:n-1]
	default:
		to = p.newSlot()
	}
	p.slot[name] = to
	for k, in := range operands {
		if p.last[in] == i && p.makes(in) && !p.isSingle(in) && !slices.Contains(operands[:k], in) {
			p.free = append(p.free, p.slot[in])
		}
	}
	p.code = append(p.code, to, from[0], from[1], from[2], map[bool]int64{true: 1}[p.isSingle(name)])
	p.operations = append(p.operations, p.f.nodes[i].Op)
}
