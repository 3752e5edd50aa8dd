package onnx

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Differences names the parts in which two ONNX files differ, sorted: metadata by key, doc strings, inputs, outputs and
// initializers by name, nodes as a whole. It reads files of any writer, so that what another tool did to a file can be named.
// It returns an error for a file that it cannot read.
func Differences(a, b []byte) ([]string, error) {
	left, err := partsOf(a)
	if err != nil {
		return nil, err
	}
	right, err := partsOf(b)
	if err != nil {
		return nil, err
	}
	both := maps.Clone(left)
	maps.Copy(both, right)
	var list []string
	for name := range both {
		x, inLeft := left[name]
		y, inRight := right[name]
		if inLeft == inRight && x == y {
			continue
		}
		if whole, ok := name.within(); ok && (left[whole] != right[whole]) {
			continue // the layout of what differs anyway
		}
		list = append(list, name.String())
	}
	slices.Sort(list)
	return list, nil
}

// Properties returns the metadata of an ONNX file of any writer, and the name of its graph. It returns an error for a file
// that it cannot read.
func Properties(file []byte) (graph string, metadata map[string]string, err error) {
	parts, err := partsOf(file)
	if err != nil {
		return "", nil, err
	}
	metadata = map[string]string{}
	for name, content := range parts {
		if name.kind == "metadata" {
			metadata[name.of] = content
		}
	}
	return parts[part{kind: "graph name"}], metadata, nil
}

// part names a part of a file.
type part struct{ kind, of string }

func (p part) String() string {
	if p.of == "" {
		return p.kind
	}
	return p.kind + " " + p.of
}

// layouts maps the kinds that say how something is written to the kinds that say what it is.
var layouts = map[string]string{
	"layout of the initializer": "initializer", "names of the nodes": "nodes", "order of the initializers": "", "order of the metadata": "",
}

// within returns the part that a layout is the layout of.
func (p part) within() (part, bool) {
	kind, ok := layouts[p.kind]
	return part{kind, p.of}, ok && kind != ""
}

// modelParts and graphParts are the kinds of the fields that hold one value.
var (
	modelParts = map[protowire.Number]string{1: "IR version", 2: "producer", 3: "producer version", 4: "domain", 5: "model version", 6: "doc string of the model", 8: "operator sets"}
	graphParts = map[protowire.Number]string{2: "graph name", 10: "doc string of the graph", 13: "shapes of inner values"}
)

// parts holds the content of every part of a file.
type parts map[part]string

func partsOf(file []byte) (p parts, err error) {
	p = parts{}
	err = eachField(file, func(f field) error {
		switch f.number {
		case 7:
			return p.graph(f.b)
		case 14:
			key, value, err := texts(f.b)
			p.add("metadata", key, value)
			p.add("order of the metadata", "", key+"\n")
			return err
		default:
			p.single("model", modelParts, f)
			return nil
		}
	})
	return p, err
}

// add appends to the content of a part, so that nothing that occurs twice is lost.
func (p parts) add(kind, of, content string) { p[part{kind, of}] += content }

// single adds a field that is a part of its own.
func (p parts) single(owner string, known map[protowire.Number]string, f field) {
	kind, ok := known[f.number]
	if !ok {
		kind = fmt.Sprintf("field %d of the %s", f.number, owner)
	}
	if f.kind == protowire.BytesType {
		p.add(kind, "", string(f.b))
		return
	}
	p.add(kind, "", fmt.Sprint(f.n))
}

func (p parts) graph(b []byte) error {
	return eachField(b, func(f field) error {
		switch f.number {
		case 1:
			return p.node(f.b)
		case 5:
			return p.initializer(f.b)
		case 11:
			return p.value("input", f.b)
		case 12:
			return p.value("output", f.b)
		default:
			p.single("graph", graphParts, f)
			return nil
		}
	})
}

// node adds a node. Its name and its doc string, fields 3 and 6, change nothing.
func (p parts) node(b []byte) error {
	p.add("names of the nodes", "", string(b))
	return p.without(b, "nodes", "", 3, 6)
}

// without adds the fields of a message other than those.
func (p parts) without(b []byte, kind, of string, left ...protowire.Number) error {
	return eachField(b, func(f field) error {
		if !slices.Contains(left, f.number) {
			p.add(kind, of, fmt.Sprintf("%d:%d:%q;", f.number, f.n, f.b))
		}
		return nil
	})
}

func (p parts) value(kind string, b []byte) error {
	name, doc := "", ""
	err := eachField(b, func(f field) error {
		switch f.number {
		case 1:
			name = string(f.b)
		case 3:
			doc = string(f.b)
		}
		return nil
	})
	if doc != "" {
		p.add("doc string of the "+kind, name, doc)
	}
	if err != nil {
		return err
	}
	return p.without(b, kind, name, 3)
}

// initializer adds a tensor: its type, sizes and numbers, and apart from these its layout.
func (p parts) initializer(b []byte) error {
	name, sizes := "", ""
	var numbers []byte
	err := eachField(b, func(f field) error {
		switch f.number {
		case 1, 2:
			sizes += fmt.Sprintf("%d:%d:%q;", f.number, f.n, f.b)
		case 8:
			name = string(f.b)
		case 7: // int64_data
			for rest := f.b; len(rest) > 0; {
				v, n := protowire.ConsumeVarint(rest)
				if n < 0 {
					return protowire.ParseError(n)
				}
				numbers, rest = binary.LittleEndian.AppendUint64(numbers, v), rest[n:]
			}
		default: // raw_data, or float_data, which packs the same bytes
			numbers = append(numbers, f.b...)
		}
		return nil
	})
	p.add("initializer", name, sizes+string(numbers))
	p.add("layout of the initializer", name, string(b))
	p.add("order of the initializers", "", name+"\n")
	return err
}

// texts returns the two strings of an entry.
func texts(b []byte) (key, value string, err error) {
	err = eachField(b, func(f field) error {
		switch f.number {
		case 1:
			key = string(f.b)
		case 2:
			value = string(f.b)
		}
		return nil
	})
	return key, value, err
}
