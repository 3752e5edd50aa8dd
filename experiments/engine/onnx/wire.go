package onnx

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protobuf message in its binary form. Empty strings and zeros are the defaults, and omitted.
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

// field is a field of a protobuf message: a number, or the bytes of a string or of another message.
type field struct {
	number protowire.Number
	kind   protowire.Type
	n      uint64
	b      []byte
	raw    []byte // the whole field, with its tag
}

// eachField calls visit for every field of a message. visit should return unknownField for fields it does not handle.
func eachField(message []byte, visit func(f field) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return fmt.Errorf("the file is truncated or damaged: %w", protowire.ParseError(n))
		}
		whole := message
		message = message[n:]
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			f.n, n = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(message)
			f.n = uint64(v)
		case protowire.Fixed64Type:
			f.n, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			f.b, n = protowire.ConsumeBytes(message)
		default:
			return errors.New("the file is truncated or damaged: it is no protobuf message")
		}
		if n < 0 {
			return fmt.Errorf("the file is truncated or damaged: %w", protowire.ParseError(n))
		}
		message = message[n:]
		f.raw = whole[:len(whole)-len(message)]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// unknownField returns the error for a field that this package does not write in that part of a model.
func unknownField(part string, f field) error {
	if part == "tensor" && (f.number == 13 || f.number == 14) {
		return errors.New("a tensor is stored outside the file: use a file that contains all its weights")
	}
	return fmt.Errorf("a %s has field %d, which flowsweep does not write", part, f.number)
}
