// Package onnx writes ONNX models: a small form of them, its bytes, and a recorder that gets them from GoMLX graphs.
//
//	model, err := onnx.Record(graph, []onnx.ValueInfo{{Name: "x", Dims: []int{onnx.Batch, 2}}}, weights, []string{"y"})
//	file := model.Marshal()
//
// GoMLX panics while it builds graphs; Record returns those panics as errors.
package onnx

import (
	"encoding/binary"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// The versions every recorded model declares: every runtime we know of takes them.
const (
	Opset     = 17
	IRVersion = 8
)

// Batch is the size of the dynamic axis.
const Batch = -1

// Model is an ONNX model: a graph, and what a person should know about it.
type Model struct {
	Producer, ProducerVersion string
	Domain                    string // reverse DNS name of who made it
	Version                   int64
	Doc                       string
	Metadata                  map[string]string

	Name         string
	Inputs       []ValueInfo
	Outputs      []ValueInfo
	Nodes        []Node
	Initializers []Initializer
}

// ValueInfo declares an input or output: its sizes, of which Batch is the dynamic one, and what it means.
type ValueInfo struct {
	Name string
	Dims []int
	Doc  string
	kind int64 // element type; 0 means 32-bit floats
}

// Node is one operation.
type Node struct {
	Op              string
	Inputs, Outputs []string
	Attributes      []Attribute
}

// Attribute is a named constant of an operation: an int64, a []int64 or a float32.
type Attribute struct {
	Name  string
	Value any
}

// Initializer is a named constant tensor: a slice of floats, integers or booleans.
type Initializer struct {
	Name string
	Dims []int
	Data any
}

// Marshal returns the model in ONNX's protobuf form. Equal models give equal bytes.
//
// The numbers are those of onnx.proto (github.com/onnx/onnx, IR version 8).
func (m Model) Marshal() []byte {
	var b message
	b.int(1, IRVersion)
	b.string(2, m.Producer)
	b.string(3, m.ProducerVersion)
	b.string(4, m.Domain)
	b.int(5, m.Version)
	b.string(6, m.Doc)
	b.message(7, m.graph())
	var opset message
	opset.int(2, Opset)
	b.message(8, opset)
	keys := make([]string, 0, len(m.Metadata))
	for k := range m.Metadata {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		var entry message
		entry.string(1, k)
		entry.string(2, m.Metadata[k])
		b.message(14, entry)
	}
	return b
}

func (m Model) graph() (b message) {
	for _, n := range m.Nodes {
		b.message(1, n.marshal())
	}
	b.string(2, m.Name)
	for _, t := range m.Initializers {
		b.message(5, t.marshal())
	}
	for _, v := range m.Inputs {
		b.message(11, v.marshal())
	}
	for _, v := range m.Outputs {
		b.message(12, v.marshal())
	}
	return b
}

func (n Node) marshal() (b message) {
	for _, in := range n.Inputs {
		b.bytes(1, []byte(in)) // an empty name stands for an input left out, and must be written
	}
	for _, out := range n.Outputs {
		b.string(2, out)
	}
	b.string(3, n.Op+"/"+n.Outputs[0])
	b.string(4, n.Op)
	for _, a := range n.Attributes {
		b.message(5, a.marshal())
	}
	return b
}

func (a Attribute) marshal() (b message) {
	b.string(1, a.Name)
	switch v := a.Value.(type) {
	case float32:
		b = protowire.AppendTag(b, 2, protowire.Fixed32Type)
		b = protowire.AppendFixed32(b, math.Float32bits(v))
		b.int(20, 1)
	case int64:
		b = protowire.AppendTag(b, 3, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(v))
		b.int(20, 2)
	case []int64:
		for _, i := range v {
			b = protowire.AppendTag(b, 8, protowire.VarintType)
			b = protowire.AppendVarint(b, uint64(i))
		}
		b.int(20, 7)
	default:
		panic("onnx: attribute of an unknown type")
	}
	return b
}

func (t Initializer) marshal() (b message) {
	for _, d := range t.Dims {
		b = protowire.AppendTag(b, 1, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(d))
	}
	kind, ok := onnxKinds[dtypeOf(t.Data)]
	if !ok {
		panic("onnx: initializer of an unknown type")
	}
	b.int(2, kind)
	b.string(8, t.Name)
	b.bytes(9, little(t.Data))
	return b
}

// little returns the numbers of a slice in little-endian order, as raw_data wants them.
func little(data any) []byte {
	raw, err := binary.Append(make([]byte, 0, max(binary.Size(data), 0)), binary.LittleEndian, data)
	if err != nil {
		panic("onnx: " + err.Error())
	}
	return raw
}

func (v ValueInfo) marshal() (b message) {
	var shape message
	for _, d := range v.Dims {
		var dim message
		if d == Batch {
			dim.string(2, "batch")
		} else {
			dim = protowire.AppendTag(dim, 1, protowire.VarintType)
			dim = protowire.AppendVarint(dim, uint64(d))
		}
		shape.message(1, dim)
	}
	var tensor, kind message
	tensor.int(1, max(v.kind, onnxFloat))
	tensor.message(2, shape)
	kind.message(1, tensor)
	b.string(1, v.Name)
	b.message(2, kind)
	b.string(3, v.Doc)
	return b
}

// message is a protobuf message as it is written. Empty strings and zeros are left out, as they are the defaults.
type message []byte

func (b *message) int(field protowire.Number, v int64) {
	if v != 0 {
		*b = protowire.AppendTag(*b, field, protowire.VarintType)
		*b = protowire.AppendVarint(*b, uint64(v))
	}
}

func (b *message) string(field protowire.Number, s string) {
	if s != "" {
		b.bytes(field, []byte(s))
	}
}

func (b *message) bytes(field protowire.Number, v []byte) {
	*b = protowire.AppendTag(*b, field, protowire.BytesType)
	*b = protowire.AppendBytes(*b, v)
}

func (b *message) message(field protowire.Number, m message) { b.bytes(field, m) }
