package onnx

import (
	"encoding/binary"
	"fmt"
	"reflect"
)

func readInitializer(b []byte) (t Initializer, err error) {
	var kind Kind
	var raw []byte
	err = each(b, func(f field) error {
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
			return unknown("tensor", f)
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
			return t, fmt.Errorf("the tensor %q of sizes %v has %d bytes", t.Name, t.Dims, len(raw))
		}
		data := reflect.MakeSlice(reflect.SliceOf(of), n, n).Interface()
		t.Data = data
		_, err = binary.Decode(raw, binary.LittleEndian, data)
		return t, err
	}
	return t, fmt.Errorf("the tensor %q is of the element type %d: it is not known", t.Name, kind)
}

// elements returns the numbers in a tensor of these sizes, if they are no more than most.
func elements(dims []int, most int) (n int, ok bool) {
	n = 1
	for _, d := range dims {
		if d < 0 || d > 0 && n > most/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

func readValueInfo(b []byte) (v ValueInfo, err error) {
	err = each(b, func(f field) error {
		switch f.number {
		case 1:
			v.Name = string(f.b)
		case 2:
			return each(f.b, func(f field) error {
				if f.number != 1 {
					return unknown("type", f)
				}
				return v.readTensorType(f.b)
			})
		case 3:
			v.Doc = string(f.b)
		default:
			return unknown("value", f)
		}
		return nil
	})
	return v, err
}

func (v *ValueInfo) readTensorType(b []byte) error {
	return each(b, func(f field) error {
		switch f.number {
		case 1:
			v.Kind = Kind(f.n)
			return nil
		case 2:
			return each(f.b, func(f field) error {
				if f.number != 1 {
					return unknown("shape", f)
				}
				d, err := readDim(f.b)
				v.Dims = append(v.Dims, d)
				return err
			})
		default:
			return unknown("type", f)
		}
	})
}

func readDim(b []byte) (size int, err error) {
	err = each(b, func(f field) error {
		switch f.number {
		case 1:
			if size = int(f.n); size < 0 {
				return fmt.Errorf("an axis has the size %d", size)
			}
			return nil
		case 2:
			for d, name := range axisNames {
				if name == string(f.b) {
					size = d
					return nil
				}
			}
			return fmt.Errorf("the axis %q is not known", f.b)
		default:
			return unknown("axis", f)
		}
	})
	return size, err
}
