package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// ReadExternal returns length bytes, from offset, of the file that a model names as the place of a tensor's data.
type ReadExternal func(location string, offset, length int64) ([]byte, error)

// nested says, for each kind of message in a model, which of its fields hold messages that may contain tensors, and of which
// kind these are. The numbers are those of onnx.proto.
var nested = map[string]map[protowire.Number]string{
	"model":     {7: "graph", 20: "training", 25: "function"},
	"training":  {1: "graph", 2: "graph"},
	"function":  {7: "node", 11: "attribute"},
	"graph":     {1: "node", 5: "tensor", 15: "sparse"},
	"node":      {5: "attribute"},
	"attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
	"sparse":    {1: "tensor", 2: "tensor"},
}

// maxDepth is how deep messages may nest, as in protobuf's own parsers.
const maxDepth = 100

// Inline returns a model from anywhere with the tensors that it keeps in other files inside, so that it needs no folder to
// run in. A model without such tensors is returned as it is. It is an error if the result would be larger than limit bytes, or
// if a tensor asks for other bytes than its sizes and type need.
func Inline(model []byte, limit int, read ReadExternal) ([]byte, error) {
	in := inliner{left: limit - len(model), limit: limit, read: read}
	if in.left < 0 {
		return nil, in.tooLarge()
	}
	out, err := in.message("model", model, 0)
	if err != nil {
		return nil, err
	}
	if len(out) > limit {
		return nil, in.tooLarge()
	}
	return out, nil
}

type inliner struct {
	limit, left int // bytes: of the result, and those that may still be read
	read        ReadExternal
}

func (in *inliner) tooLarge() error {
	return fmt.Errorf("with its weights it is larger than %d bytes, the most that onnxruntime opens from memory", in.limit)
}

// message returns a message with its tensors inside: the same slice if nothing had to be changed.
func (in *inliner) message(kind string, b []byte, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("its graphs are nested more than %d deep", maxDepth)
	}
	if kind == "tensor" {
		return in.tensor(b)
	}
	var out message
	copied, at := 0, 0 // bytes of b that are in out, and that are seen
	err := eachField(b, func(f field) error {
		start := at
		at += len(f.raw)
		inner := nested[kind][f.number]
		if inner == "" || f.kind != protowire.BytesType {
			return nil
		}
		changed, err := in.message(inner, f.b, depth+1)
		if err != nil || sameSlice(changed, f.b) {
			return err
		}
		out = append(out, b[copied:start]...)
		out.bytes(f.number, changed)
		copied = at
		return nil
	})
	if err != nil || copied == 0 {
		return b, err
	}
	return append(out, b[copied:]...), nil
}

// sameSlice reports whether both are the same bytes in memory.
func sameSlice(a, b []byte) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// tensor returns a tensor with its data inside.
func (in *inliner) tensor(b []byte) ([]byte, error) {
	t := externalTensor{length: -1}
	if err := eachField(b, t.read); err != nil {
		return nil, err
	}
	if !t.external {
		return b, nil
	}
	want, err := t.size()
	if err != nil {
		return nil, err
	}
	if want > int64(in.left) {
		return nil, in.tooLarge()
	}
	in.left -= int(want)
	var data []byte
	if want > 0 {
		if data, err = in.read(t.location, t.offset, want); err != nil {
			return nil, fmt.Errorf("the tensor %q: %w", t.name, err)
		}
	}
	out := append(message(nil), t.rest...)
	out.bytes(9, data)
	return out, nil
}

// externalTensor is what a tensor says about its data in another file.
type externalTensor struct {
	name, location string
	offset, length int64 // length is negative if it is not given
	dims           []int
	kind           Kind
	external       bool
	rest           message // all fields but those of the data
}

func (t *externalTensor) read(f field) (err error) {
	switch f.number {
	case 1:
		t.dims, err = appendInts(t.dims, f)
	case 2:
		t.kind = Kind(f.n)
	case 8:
		t.name = string(f.b)
	case 9:
		return nil // raw data, which the other file replaces
	case 13:
		return t.readEntry(f.b)
	case 14:
		t.external = f.n == 1
		return nil
	}
	t.rest = append(t.rest, f.raw...)
	return err
}

// readEntry reads where the data are. Other keys, such as a checksum, are for other readers.
func (t *externalTensor) readEntry(b []byte) error {
	var key, value string
	err := eachField(b, func(f field) error {
		switch f.number {
		case 1:
			key = string(f.b)
		case 2:
			value = string(f.b)
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch key {
	case "location":
		t.location = value
	case "offset":
		t.offset, err = strconv.ParseInt(value, 10, 64)
	case "length":
		t.length, err = strconv.ParseInt(value, 10, 64)
	}
	if err != nil || t.offset < 0 {
		return fmt.Errorf("a tensor has its data at the %s %q of another file: must be a whole number, 0 or more", key, value)
	}
	return nil
}

// bits holds the number of bits of an element of each type that can lie in another file.
var bits = map[Kind]int64{
	1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
	17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8,
}

// size returns the number of bytes that the sizes and the type of the tensor need.
func (t *externalTensor) size() (int64, error) {
	width := bits[t.kind]
	if width == 0 {
		return 0, fmt.Errorf("the tensor %q has elements of type %d, which cannot lie in another file", t.name, t.kind)
	}
	n, ok := elements(t.dims, 1<<40)
	if !ok {
		return 0, fmt.Errorf("the tensor %q has the sizes %v, which no file holds", t.name, t.dims)
	}
	want := (int64(n)*width + 7) / 8
	if t.length >= 0 && t.length != want {
		return 0, fmt.Errorf("the tensor %q of sizes %v takes %d bytes, but the model gives it %d of another file", t.name, t.dims, want, t.length)
	}
	return want, nil
}

// appendInts appends the integers of a repeated field, packed or not.
func appendInts(list []int, f field) ([]int, error) {
	if f.kind != protowire.BytesType {
		return append(list, int(f.n)), nil
	}
	for b := f.b; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, errors.New("the file is truncated or damaged: a list of numbers ends too early")
		}
		list, b = append(list, int(v)), b[n:]
	}
	return slices.Clip(list), nil
}
