package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// ReadAny is Read for files that another program may have written: without the names and doc strings of nodes and graphs, the
// shapes of inner values and the layout of tensors, which change nothing that the model computes. Everything else must be what
// this package supports, so no tensor is stored outside the file.
func ReadAny(file []byte) (Model, error) {
	graphs := 0
	plain, err := rewrite(file, func(b *message, f field) (err error) {
		if f.number == 7 {
			if graphs++; graphs > 1 {
				return errors.New("it holds two graphs, which other programs would merge")
			}
			f.b, err = plainGraph(f.b)
		}
		b.field(f)
		return err
	})
	if err != nil {
		return Model{}, fmt.Errorf("read the ONNX model: %w", err)
	}
	m, err := readModel(plain)
	if err != nil {
		return Model{}, fmt.Errorf("read the ONNX model: %w", err)
	}
	return m, nil
}

// rewrite returns the message that write makes of the fields of another.
func rewrite(from []byte, write func(b *message, f field) error) (message, error) {
	var b message
	err := eachField(from, func(f field) error { return write(&b, f) })
	return b, err
}

// field writes a field as it was read.
func (b *message) field(f field) {
	*b = protowire.AppendTag(*b, f.number, f.kind)
	switch f.kind {
	case protowire.BytesType:
		*b = protowire.AppendBytes(*b, f.b)
	case protowire.Fixed32Type:
		*b = protowire.AppendFixed32(*b, uint32(f.n))
	default:
		*b = protowire.AppendVarint(*b, f.n)
	}
}

func plainGraph(graph []byte) (message, error) {
	return rewrite(graph, func(b *message, f field) (err error) {
		switch f.number {
		case 10, 13: // doc string, shapes
			return nil
		case 1:
			f.b, err = plainNode(f.b)
		case 5:
			f.b, err = plainTensor(f.b)
		}
		b.field(f)
		return err
	})
}

func plainNode(node []byte) (message, error) {
	return rewrite(node, func(b *message, f field) (err error) {
		switch {
		case f.number == 3 || f.number == 6 || f.number == 7 && len(f.b) == 0: // name, doc string, ONNX's own domain
			return nil
		case f.number == 5:
			f.b, err = rewrite(f.b, func(b *message, f field) (err error) {
				if f.number == 6 {
					f.b, err = plainGraph(f.b)
				}
				b.field(f)
				return err
			})
		}
		b.field(f)
		return err
	})
}

// plainTensor moves float_data and int64_data to raw_data.
func plainTensor(tensor []byte) (message, error) {
	return rewrite(tensor, func(b *message, f field) error {
		switch {
		case f.number == 12: // doc string
			return nil
		case f.number == 4 && f.kind == protowire.BytesType:
			f.number = 9
		case f.number == 7 && f.kind == protowire.BytesType:
			var raw []byte
			for rest := f.b; len(rest) > 0; {
				v, n := protowire.ConsumeVarint(rest)
				if n < 0 {
					return protowire.ParseError(n)
				}
				raw, rest = binary.LittleEndian.AppendUint64(raw, v), rest[n:]
			}
			f.number, f.b = 9, raw
		}
		b.field(f)
		return nil
	})
}
