package onnx

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Description is what can be said of a model from anywhere without running it.
type Description struct {
	Producer string
	Metadata map[string]string
	Switches map[string]float64 // inputs of Dropout, and the value that turns each off
	Training []string           // operations that stay in training mode, such as Dropout, so that outputs are random or depend on the batch
	Random   []string           // operations that draw random numbers in any mode
}

// randomOperations are those that draw random numbers.
var randomOperations = []string{"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"}

// Describe describes a model from anywhere, which may use any operation. The error says why it is no model.
func Describe(model []byte) (Description, error) {
	d := describer{inputs: map[string]bool{}, constants: map[string]float64{}}
	d.Metadata, d.Switches = map[string]string{}, map[string]float64{}
	if err := eachField(model, d.readModel); err != nil {
		return Description{}, fmt.Errorf("it is not an ONNX model: %w", err)
	}
	if err := d.message("model", model, 0); err != nil {
		return Description{}, fmt.Errorf("it is not an ONNX model: %w", err)
	}
	for _, n := range d.nodes {
		d.judge(n)
	}
	return d.Description, nil
}

// describer collects a Description.
type describer struct {
	Description
	inputs    map[string]bool    // of the model
	constants map[string]float64 // the known scalars of the graphs, by their names
	nodes     []anyNode
}

// anyNode is a node with what a Description needs of it.
type anyNode struct {
	op, domain      string
	inputs, outputs []string
	training        bool // its attribute training_mode is on
	constant        []byte
}

func (d *describer) readModel(f field) error {
	switch f.number {
	case 2:
		d.Producer = string(f.b)
	case 7:
		return eachField(f.b, func(f field) error {
			if f.number != 11 {
				return nil
			}
			name, err := text(f.b, 1)
			d.inputs[name] = true
			return err
		})
	case 14:
		var m Model
		if err := m.readMetadata(f.b); err != nil {
			return err
		}
		for key, value := range m.Metadata {
			d.Metadata[key] = value
		}
	}
	return nil
}

// text returns the last text of a message with the number.
func text(b []byte, number protowire.Number) (s string, err error) {
	err = eachField(b, func(f field) error {
		if f.number == number {
			s = string(f.b)
		}
		return nil
	})
	return s, err
}

// message collects the nodes and the scalar constants of a message.
func (d *describer) message(kind string, b []byte, depth int) error {
	switch {
	case depth > maxDepth:
		return fmt.Errorf("its graphs are nested more than %d deep", maxDepth)
	case kind == "tensor":
		name, err := text(b, 8)
		if v, ok := scalarOf(b); ok && name != "" {
			d.constants[name] = v
		}
		return err
	case kind == "node":
		n, err := describeNode(b)
		if err != nil {
			return err
		}
		if v, ok := scalarOf(n.constant); ok && n.op == "Constant" && len(n.outputs) == 1 {
			d.constants[n.outputs[0]] = v
		}
		d.nodes = append(d.nodes, n)
	}
	return eachField(b, func(f field) error {
		if inner := nested[kind][f.number]; inner != "" && f.kind == protowire.BytesType {
			return d.message(inner, f.b, depth+1)
		}
		return nil
	})
}

func describeNode(b []byte) (n anyNode, err error) {
	err = eachField(b, func(f field) error {
		switch f.number {
		case 1:
			n.inputs = append(n.inputs, string(f.b))
		case 2:
			n.outputs = append(n.outputs, string(f.b))
		case 4:
			n.op = string(f.b)
		case 5:
			return n.attribute(f.b)
		case 7:
			n.domain = string(f.b)
		}
		return nil
	})
	return n, err
}

func (n *anyNode) attribute(b []byte) error {
	name, err := text(b, 1)
	if err != nil {
		return err
	}
	return eachField(b, func(f field) error {
		switch {
		case name == "training_mode" && f.number == 3:
			n.training = f.n != 0
		case name == "value" && f.number == 5:
			n.constant = f.b
		}
		return nil
	})
}

// scalarOf returns the number in a tensor of one boolean or 32-bit float.
func scalarOf(tensor []byte) (v float64, ok bool) {
	var kind Kind
	var raw []byte
	err := eachField(tensor, func(f field) error {
		switch f.number {
		case 2:
			kind = Kind(f.n)
		case 5: // booleans as integers
			list, err := appendInts(nil, f)
			if len(list) == 1 {
				raw = []byte{byte(list[0])}
			}
			return err
		case 9:
			raw = f.b
		}
		return nil
	})
	switch {
	case err == nil && kind == Bool && len(raw) == 1:
		return float64(raw[0]), true
	case err == nil && kind == Float32 && len(raw) == 4:
		var x float32
		_, err = binary.Decode(raw, binary.LittleEndian, &x)
		return float64(x), err == nil
	default:
		return 0, false
	}
}

// judge notes what a node means for the outputs.
func (d *describer) judge(n anyNode) {
	if n.domain != "" && n.domain != "ai.onnx" {
		return
	}
	switch {
	case slices.Contains(randomOperations, n.op):
		d.Random = add(d.Random, n.op)
	case n.op == "BatchNormalization" && (n.training || len(n.outputs) > 1 && cmp.Or(n.outputs[1:]...) != ""):
		d.Training = add(d.Training, n.op)
	case n.op == "Dropout":
		d.judgeDropout(n)
	}
}

// judgeDropout notes whether a Dropout, whose inputs are data, ratio and training_mode, is on. Without the third it is off.
func (d *describer) judgeDropout(n anyNode) {
	for i, name := range n.inputs {
		if _, known := d.constants[name]; i > 0 && d.inputs[name] && !known {
			d.Switches[name] = 0
		}
	}
	if len(n.inputs) < 3 || n.inputs[2] == "" {
		return
	}
	ratio, training := n.inputs[1], n.inputs[2]
	if _, off := d.Switches[training]; off {
		return
	}
	if v, known := d.constants[training]; known && v == 0 {
		return
	}
	if v, known := d.constants[ratio]; known && v == 0 {
		return
	}
	if _, off := d.Switches[ratio]; !off {
		d.Training = add(d.Training, n.op)
	}
}

// add adds a name to a list unless it is there.
func add(list []string, name string) []string {
	if slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}
