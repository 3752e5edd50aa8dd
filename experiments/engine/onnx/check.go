package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// operations lists what a model may be made of: what the recorder writes, and what a sampler adds. None of them reads
// anything but its inputs.
var operations = []string{
	"Abs", "Add", "And", "ArgMax", "ArgMin", "Atan", "Atanh", "Cast", "Ceil", "Concat", "Conv", "Cos", "Div", "Elu", "Equal",
	"Erf", "Exp", "Expand", "Floor", "Gather", "Gemm", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Log",
	"Loop", "MatMul", "Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pad", "Pow", "Reciprocal", "ReduceMax", "ReduceMin",
	"ReduceProd", "ReduceSum", "Relu", "Reshape", "Round", "Shape", "Sigmoid", "Sign", "Sin", "Size", "Slice", "Sqrt", "Sub",
	"Tanh", "Transpose", "Unsqueeze", "Where", "Xor",
}

// Check returns an error unless the model is one to run: every operation is known, every name stands for one thing and is
// used only after it is made, every output is made, and constants have the numbers that their sizes say.
func (m Model) Check() error {
	if err := m.Graph.check(map[string]bool{}); err != nil {
		return fmt.Errorf("check the ONNX model: %w", err)
	}
	return nil
}

// check checks a graph that sees the outer names.
func (g Graph) check(outer map[string]bool) error {
	known := map[string]bool{}
	for name := range outer {
		known[name] = true
	}
	add := func(name string) error {
		if name == "" || known[name] {
			return fmt.Errorf("the name %q stands for two things or none", name)
		}
		known[name] = true
		return nil
	}
	for _, in := range g.Inputs {
		if err := add(in.Name); err != nil {
			return err
		}
	}
	defaults := map[string]bool{}
	for _, t := range g.Initializers {
		if err := t.check(); err != nil {
			return err
		}
		i := slices.IndexFunc(g.Inputs, func(v ValueInfo) bool { return v.Name == t.Name })
		if i < 0 || defaults[t.Name] {
			if err := add(t.Name); err != nil {
				return err
			}
			continue
		}
		defaults[t.Name] = true
		if err := g.Inputs[i].takes(t); err != nil {
			return err
		}
	}
	for _, n := range g.Nodes {
		if err := n.check(known); err != nil {
			return err
		}
		for _, out := range n.Outputs {
			if err := add(out); err != nil {
				return err
			}
		}
	}
	for _, out := range g.Outputs {
		if !known[out.Name] || outer[out.Name] {
			return fmt.Errorf("the output %q is not made", out.Name)
		}
	}
	if len(g.Outputs) == 0 {
		return errors.New("a graph has no outputs")
	}
	return nil
}

// check checks that a constant has the numbers that its sizes say.
func (t Initializer) check() error {
	bytes := binary.Size(t.Data)
	if n, ok := elements(t.Dims, bytes); !ok || n*int(dtypeOf(t.Data).GoType().Size()) != bytes {
		return fmt.Errorf("the tensor %q of sizes %v has %d bytes", t.Name, t.Dims, bytes)
	}
	return nil
}

// takes checks that the input can have the constant as its default.
func (v ValueInfo) takes(t Initializer) error {
	fits := slices.EqualFunc(v.Dims, t.Dims, func(want, have int) bool { return want == have || want < 0 })
	if !fits || max(v.Kind, Float32) != onnxKinds[dtypeOf(t.Data)] {
		return fmt.Errorf("the default of the input %q has the sizes %v, declared are %v", v.Name, t.Dims, v.Dims)
	}
	return nil
}

// check checks an operation, which sees the known names.
func (n Node) check(known map[string]bool) error {
	if !slices.Contains(operations, n.Op) {
		return fmt.Errorf("the operation %q is not known", n.Op)
	}
	for _, in := range n.Inputs {
		if in != "" && !known[in] {
			return fmt.Errorf("%s uses %q, which is not made before it", n.Op, in)
		}
	}
	for _, a := range n.Attributes {
		if body, ok := a.Value.(Graph); ok {
			if err := body.check(known); err != nil {
				return fmt.Errorf("in the %s of %s: %w", a.Name, n.Op, err)
			}
		}
	}
	return nil
}
