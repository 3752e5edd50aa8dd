package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"math"
)

// Read returns the model in a file that Marshal wrote. It returns an error for any other file: one that Marshal would have
// written differently, that stores weights outside the file, or that contains anything this package does not support. A
// file that can be read therefore contains the model and nothing else.
func Read(file []byte) (Model, error) {
	m, err := readModel(file)
	if err == nil && !bytes.Equal(m.Marshal(), file) {
		err = errors.New("its bytes are not those that flowsweep writes")
	}
	if err != nil {
		return Model{}, fmt.Errorf("read the ONNX model: %w", err)
	}
	return m, nil
}

func readModel(file []byte) (m Model, err error) {
	var ir, opset uint64
	err = eachField(file, func(f field) error {
		switch f.number {
		case 1:
			ir = f.n
		case 2:
			m.Producer = string(f.b)
		case 3:
			m.ProducerVersion = string(f.b)
		case 4:
			m.Domain = string(f.b)
		case 5:
			m.Version = int64(f.n)
		case 6:
			m.Doc = string(f.b)
		case 7:
			m.Graph, err = readGraph(f.b, 0)
			return err
		case 8:
			return eachField(f.b, func(f field) error {
				if f.number != 2 {
					return fmt.Errorf("it uses the operator set %q: only that of ONNX itself is supported", f.b)
				}
				opset = f.n
				return nil
			})
		case 14:
			return m.readMetadata(f.b)
		default:
			return unknownField("model", f)
		}
		return nil
	})
	if err == nil && (ir != IRVersion || opset != Opset) {
		err = fmt.Errorf("it has IR version %d and opset %d: only %d and %d are supported", ir, opset, IRVersion, Opset)
	}
	return m, err
}

func (m *Model) readMetadata(entry []byte) error {
	var key, value string
	err := eachField(entry, func(f field) error {
		switch f.number {
		case 1:
			key = string(f.b)
		case 2:
			value = string(f.b)
		default:
			return unknownField("property", f)
		}
		return nil
	})
	if m.Metadata == nil {
		m.Metadata = map[string]string{}
	}
	m.Metadata[key] = value
	return err
}

// readGraph reads the graph of a model, at depth 0, or the body of a loop, at depth 1. Bodies do not nest.
func readGraph(b []byte, depth int) (g Graph, err error) {
	if depth > 1 {
		return g, errors.New("it has nested loops: only one loop is supported")
	}
	err = eachField(b, func(f field) error {
		switch f.number {
		case 1:
			n, err := readNode(f.b, depth)
			g.Nodes = append(g.Nodes, n)
			return err
		case 2:
			g.Name = string(f.b)
		case 5:
			t, err := readInitializer(f.b)
			g.Initializers = append(g.Initializers, t)
			return err
		case 11:
			v, err := readValueInfo(f.b)
			g.Inputs = append(g.Inputs, v)
			return err
		case 12:
			v, err := readValueInfo(f.b)
			g.Outputs = append(g.Outputs, v)
			return err
		default:
			return unknownField("graph", f)
		}
		return nil
	})
	return g, err
}

func readNode(b []byte, depth int) (n Node, err error) {
	err = eachField(b, func(f field) error {
		switch f.number {
		case 1:
			n.Inputs = append(n.Inputs, string(f.b))
		case 2:
			n.Outputs = append(n.Outputs, string(f.b))
		case 3: // the name, which follows from the rest
		case 4:
			n.Op = string(f.b)
		case 5:
			a, err := readAttribute(f.b, depth)
			n.Attributes = append(n.Attributes, a)
			return err
		case 7:
			return fmt.Errorf("it has an operation of the domain %q: only those of ONNX itself are supported", f.b)
		default:
			return unknownField("node", f)
		}
		return nil
	})
	if err == nil && len(n.Outputs) == 0 {
		err = fmt.Errorf("the operation %q has no outputs", n.Op)
	}
	return n, err
}

func readAttribute(b []byte, depth int) (a Attribute, err error) {
	var list []int64
	var kind uint64
	err = eachField(b, func(f field) (err error) {
		switch f.number {
		case 1:
			a.Name = string(f.b)
		case 2:
			a.Value = math.Float32frombits(uint32(f.n))
		case 3:
			a.Value = int64(f.n)
		case 6:
			a.Value, err = readGraph(f.b, depth+1)
		case 8:
			list = append(list, int64(f.n))
		case 20:
			kind = f.n
		default:
			return unknownField("attribute", f)
		}
		return err
	})
	if kind == 7 {
		a.Value = list
	}
	if err == nil && a.Value == nil {
		err = fmt.Errorf("the attribute %q has no value", a.Name)
	}
	return a, err
}
