package onnx

import (
	"encoding/binary"
	"fmt"
	"reflect"
)

func readInitializer(b []byte) (t Initializer, err error) {
	var kind Kind
	var raw []byte
	err = eachField(b, func(f field) error {
		switch f.number {
		case 1:
			t.Dims = append(t.Dims, int(f.n))
		case 2:
			kind = Kind(f.n)
		case 8:
			t.Name = string(f.b)
		case 9:
			raw = f.b
		default:
			return unknownField("tensor", f)
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	for dtype, k := range onnxKinds {
		if k != kind {
			continue
		}
		of := dtype.GoType()
		n, ok := elements(t.Dims, len(raw)/int(of.Size()))
		if !ok || n*int(of.Size()) != len(raw) {
			return t, fmt.Errorf("the tensor %q of shape %v has %d bytes", t.Name, t.Dims, len(raw))
		}
		data := reflect.MakeSlice(reflect.SliceOf(of), n, n).Interface()
		t.Data = data
		_, err = binary.Decode(raw, binary.LittleEndian, data)
		return t, err
	}
	return t, fmt.Errorf("the tensor %q has the unknown element type %d", t.Name, kind)
}

// elements returns the number of elements in a tensor of these sizes, and whether it is at most limit.
func elements(dims []int, limit int) (n int, ok bool) {
	n = 1
	for _, d := range dims {
		if d < 0 || d > 0 && n > limit/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

func readValueInfo(b []byte) (v ValueInfo, err error) {
	err = eachField(b, func(f field) error {
		switch f.number {
		case 1:
			v.Name = string(f.b)
		case 2:
			return eachField(f.b, func(f field) error {
				if f.number != 1 {
					return unknownField("type", f)
				}
				return v.readTensorType(f.b)
			})
		case 3:
			v.Doc = string(f.b)
		default:
			return unknownField("value", f)
		}
		return nil
	})
	return v, err
}

func (v *ValueInfo) readTensorType(b []byte) error {
	return eachField(b, func(f field) error {
		switch f.number {
		case 1:
			v.Kind = Kind(f.n)
			return nil
		case 2:
			return eachField(f.b, func(f field) error {
				if f.number != 1 {
					return unknownField("shape", f)
				}
				d, err := readDim(f.b)
				v.Dims = append(v.Dims, d)
				return err
			})
		default:
			return unknownField("type", f)
		}
	})
}

func readDim(b []byte) (size int, err error) {
	err = eachField(b, func(f field) error {
		switch f.number {
		case 1:
			if size = int(f.n); size < 0 {
				return fmt.Errorf("an axis has size %d", size)
			}
			return nil
		case 2:
			for d, name := range axisNames {
				if name == string(f.b) {
					size = d
					return nil
				}
			}
			return fmt.Errorf("unknown axis %q", f.b)
		default:
			return unknownField("axis", f)
		}
	})
	return size, err
}
