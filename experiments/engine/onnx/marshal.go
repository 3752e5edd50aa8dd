package onnx

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Marshal returns the model as an ONNX file, a protobuf message. Equal models give equal bytes.
//
// The field numbers are those of onnx.proto (github.com/onnx/onnx, IR version 8).
func (m Model) Marshal() []byte {
	var b message
	b.int(1, IRVersion)
	b.string(2, m.Producer)
	b.string(3, m.ProducerVersion)
	b.string(4, m.Domain)
	b.int(5, m.Version)
	b.string(6, m.Doc)
	b.message(7, m.Graph.marshal())
	var opset message
	opset.int(2, Opset)
	b.message(8, opset)
	domains := map[string]bool{}
	for _, n := range m.Nodes {
		domains[n.Domain] = true
	}
	delete(domains, "")
	for _, domain := range slices.Sorted(maps.Keys(domains)) {
		var own message
		own.string(1, domain)
		own.int(2, 1)
		b.message(8, own)
	}
	for _, k := range slices.Sorted(maps.Keys(m.Metadata)) {
		var entry message
		entry.string(1, k)
		entry.string(2, m.Metadata[k])
		b.message(14, entry)
	}
	return b
}

func (g Graph) marshal() (b message) {
	for _, n := range g.Nodes {
		b.message(1, n.marshal())
	}
	b.string(2, g.Name)
	for _, t := range g.Initializers {
		b.message(5, t.marshal())
	}
	for _, v := range g.Inputs {
		b.message(11, v.marshal())
	}
	for _, v := range g.Outputs {
		b.message(12, v.marshal())
	}
	for _, v := range g.Values {
		b.message(13, v.marshal())
	}
	return b
}

func (n Node) marshal() (b message) {
	for _, in := range n.Inputs {
		b.bytes(1, []byte(in)) // an empty name, for an input left out, must be written too
	}
	for _, out := range n.Outputs {
		b.string(2, out)
	}
	b.string(3, n.Op+"/"+n.Outputs[0])
	b.string(4, n.Op)
	for _, a := range n.Attributes {
		b.message(5, a.marshal())
	}
	b.string(7, n.Domain)
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
	case string:
		b.bytes(4, []byte(v))
		b.int(20, 3)
	case Graph:
		b.message(6, v.marshal())
		b.int(20, 5)
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
	b.int(2, int64(kind))
	b.string(8, t.Name)
	b.bytes(9, littleEndian(t.Data))
	return b
}

// littleEndian returns the numbers of a slice in little-endian order, the format of raw_data.
func littleEndian(data any) []byte {
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
		if d < 0 {
			name, ok := axisNames[d]
			if !ok {
				panic("onnx: no axis has the size " + strconv.Itoa(d))
			}
			dim.string(2, name)
		} else {
			dim = protowire.AppendTag(dim, 1, protowire.VarintType)
			dim = protowire.AppendVarint(dim, uint64(d))
		}
		shape.message(1, dim)
	}
	var tensor, kind message
	tensor.int(1, int64(max(v.Kind, Float32)))
	tensor.message(2, shape)
	kind.message(1, tensor)
	b.string(1, v.Name)
	b.message(2, kind)
	b.string(3, v.Doc)
	return b
}
