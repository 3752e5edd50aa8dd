package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// operations lists the operations that a model may contain: those the recorder writes, and those samplers add. None of
// them reads anything but its inputs.
var operations = []string{
	"Abs", "Add", "And", "ArgMax", "ArgMin", "Atan", "Atanh", "Cast", "Ceil", "Concat", "Conv", "Cos", "Div", "Elu", "Equal",
	"Erf", "Exp", "Expand", "Floor", "Gather", "Gemm", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Log",
	"Loop", "MatMul", "MatMulInteger", "Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pad", "Pow", "QuantizeLinear", "Reciprocal", "ReduceMax", "ReduceMin",
	"ReduceProd", "ReduceSum", "Relu", "Reshape", "Round", "Shape", "Sigmoid", "Sign", "Sin", "Size", "Slice", "Sqrt", "Sub",
	"Tanh", "Transpose", "Unsqueeze", "Where", "Xor",
}

// Check returns an error unless the model is well-formed: every operation is known, names are unique and defined before they
// are used, every output is defined, and the data of constants matches their shapes.
func (m Model) Check() error {
	if err := m.Graph.check(nil); err != nil {
		return fmt.Errorf("check the ONNX model: %w", err)
	}
	return nil
}

// scope is the set of names that are defined.
type scope map[string]bool

// define adds a name, or returns an error if it is empty or taken.
func (s scope) define(name string) error {
	if name == "" || s[name] {
		return fmt.Errorf("the name %q is empty or defined twice", name)
	}
	s[name] = true
	return nil
}

// check checks a graph that may also use the outer names.
func (g Graph) check(outer scope) error {
	known := scope{}
	maps.Copy(known, outer)
	for _, in := range g.Inputs {
		if err := known.define(in.Name); err != nil {
			return err
		}
	}
	if err := g.checkInitializers(known); err != nil {
		return err
	}
	for _, n := range g.Nodes {
		if err := n.check(known); err != nil {
			return err
		}
		for _, out := range n.Outputs {
			if err := known.define(out); err != nil {
				return err
			}
		}
	}
	for _, out := range g.Outputs {
		if !known[out.Name] || outer[out.Name] {
			return fmt.Errorf("the output %q is not defined", out.Name)
		}
	}
	if len(g.Outputs) == 0 {
		return errors.New("a graph has no outputs")
	}
	return nil
}

// checkInitializers checks the constants, which are the defaults of inputs or define names of their own.
func (g Graph) checkInitializers(known scope) error {
	defaults := map[string]bool{}
	for _, t := range g.Initializers {
		if err := t.check(); err != nil {
			return err
		}
		i := slices.IndexFunc(g.Inputs, func(v ValueInfo) bool { return v.Name == t.Name })
		if i < 0 || defaults[t.Name] {
			if err := known.define(t.Name); err != nil {
				return err
			}
			continue
		}
		defaults[t.Name] = true
		if err := g.Inputs[i].checkDefault(t); err != nil {
			return err
		}
	}
	return nil
}

// check checks that the data of a constant matches its shape.
func (t Initializer) check() error {
	bytes := binary.Size(t.Data)
	if n, ok := elements(t.Dims, bytes); !ok || n*int(dtypeOf(t.Data).GoType().Size()) != bytes {
		return fmt.Errorf("the tensor %q of shape %v has %d bytes", t.Name, t.Dims, bytes)
	}
	return nil
}

// checkDefault checks that the constant can be the input's default.
func (v ValueInfo) checkDefault(t Initializer) error {
	fits := slices.EqualFunc(v.Dims, t.Dims, func(want, have int) bool { return want == have || want < 0 })
	if !fits || max(v.Kind, Float32) != onnxKinds[dtypeOf(t.Data)] {
		return fmt.Errorf("the default of the input %q has shape %v, not %v as declared, or another type", v.Name, t.Dims, v.Dims)
	}
	return nil
}

// check checks an operation that may use the known names.
func (n Node) check(known scope) error {
	if !slices.Contains(operations, n.Op) {
		return fmt.Errorf("unknown operation %q", n.Op)
	}
	for _, in := range n.Inputs {
		if in != "" && !known[in] {
			return fmt.Errorf("%s uses %q before it is defined", n.Op, in)
		}
	}
	for _, a := range n.Attributes {
		if body, ok := a.Value.(Graph); ok {
			if err := body.check(known); err != nil {
				return fmt.Errorf("%s of %s: %w", a.Name, n.Op, err)
			}
		}
	}
	return nil
}
