package flow

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// DecodeNPY returns the points of a NumPy file of floats, integers or booleans, of any byte order, in C or Fortran order.
// An array with one axis holds points of dimension 1. With more than two axes, each index of the first axis is a point,
// with its numbers in C order.
func DecodeNPY(file []byte) (Batch, error) {
	b, _, err := DecodeArray(file, math.MaxInt, math.MaxInt)
	return b, err
}

// Array is what a NumPy file says of its numbers.
type Array struct {
	Shape []int  // sizes of its axes, at least one
	Type  string // NumPy's name of its numbers, such as float32
}

// DecodeArray is like DecodeNPY, and also returns what the file says of its numbers. It is an error if there are more
// than most of them, or more than wide in a row.
func DecodeArray(file []byte, most, wide int) (Batch, Array, error) {
	header, data, err := splitNPY(file)
	if err != nil {
		return Batch{}, Array{}, fmt.Errorf("decode npy: %w", err)
	}
	a, err := parseNPYHeader(header)
	if err != nil {
		return Batch{}, Array{}, fmt.Errorf("decode npy: %w", err)
	}
	rows, dim, err := a.size(len(data))
	if err == nil && dim > wide {
		err = fmt.Errorf("rows of %d numbers are too wide: at most %d", dim, wide)
	}
	if err == nil && rows > most/dim {
		err = fmt.Errorf("%d rows of %d numbers are too many: at most %d numbers", rows, dim, most)
	}
	if err != nil {
		return Batch{}, Array{}, fmt.Errorf("decode npy: %w", err)
	}
	b := NewBatch(rows, dim)
	for i := range b.Data {
		at := i
		if a.fortran {
			at = a.place(i)
		}
		b.Data[i] = a.number(data[at*a.width : (at+1)*a.width])
	}
	return b, Array{a.shape, a.name()}, nil
}

// splitNPY returns the header of a NumPy file of version 1, 2 or 3, and the data after it.
func splitNPY(file []byte) (header, data []byte, err error) {
	rest, ok := bytes.CutPrefix(file, []byte(npyMagic))
	if !ok || len(rest) < 2 || rest[0] < 1 || rest[0] > 3 {
		return nil, nil, errors.New("not a NumPy file of version 1, 2 or 3")
	}
	width := 4
	if rest[0] == 1 {
		width = 2
	}
	rest = rest[2:]
	if len(rest) < width {
		return nil, nil, errors.New("the file ends within its header")
	}
	size, rest := unsigned(rest[:width], binary.LittleEndian), rest[width:]
	if size > uint64(len(rest)) {
		return nil, nil, errors.New("the file ends within its header")
	}
	return rest[:size], rest[size:], nil
}

// npyArray is the description of an array in the header of a NumPy file.
type npyArray struct {
	kind    byte // f, i, u or b
	width   int  // bytes per number
	order   binary.ByteOrder
	fortran bool  // the first axis varies fastest
	shape   []int // at least one axis
}

var (
	npyType    = regexp.MustCompile(`'descr'\s*:\s*'([<>|=])([fiub])([1248])'`)
	npyOther   = regexp.MustCompile(`'descr'\s*:\s*('[<>|=]?([a-zA-Z])[^']*'|\[)`)
	npyFortran = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape'\s*:\s*\(([\d\s,]*)\)`)
)

func parseNPYHeader(header []byte) (a npyArray, err error) {
	kind, fortran, shape := npyType.FindSubmatch(header), npyFortran.FindSubmatch(header), npyShape.FindSubmatch(header)
	known := kind != nil && fortran != nil && shape != nil
	if known {
		width := int(kind[3][0] - '0')
		a = npyArray{kind: kind[2][0], width: width, order: binary.LittleEndian, fortran: fortran[1][0] == 'T'}
		if kind[1][0] == '>' {
			a.order = binary.BigEndian
		}
		known = (kind[1][0] != '|' || width == 1) && (a.kind != 'f' || width > 1) && (a.kind != 'b' || width == 1)
	}
	if other := npyOther.FindSubmatch(header); !known && other != nil && fortran != nil && shape != nil {
		return a, fmt.Errorf("it is an array of %s: save an array of numbers, such as with astype(float)", npyKind(other[1], other[2]))
	}
	if !known {
		return a, fmt.Errorf("header %.200q: must be an array of integers, or of floats of at most 64 bits", bytes.TrimSpace(header))
	}
	for _, text := range strings.Split(string(shape[1]), ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue // after the last comma
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return a, err
		}
		a.shape = append(a.shape, n)
	}
	if len(a.shape) == 0 {
		return a, errors.New("it holds a single number: must be an array with at least one axis")
	}
	return a, nil
}

// npyKind says what an array holds that is not read, from its type and the letter in it.
func npyKind(whole, letter []byte) string {
	if len(letter) == 0 {
		return "rows with named fields (a structured type)"
	}
	switch letter[0] {
	case 'O':
		return "Python objects"
	case 'U', 'S', 'a':
		return "texts"
	case 'c':
		return "complex numbers"
	case 'M', 'm':
		return "dates or durations"
	case 'V':
		return "raw bytes"
	default:
		return fmt.Sprintf("the type %.20s, which is not one of bool, integers, and floats of 16 to 64 bits", whole)
	}
}

// name returns NumPy's name of the numbers.
func (a npyArray) name() string {
	kind := map[byte]string{'f': "float", 'i': "int", 'u': "uint"}[a.kind]
	if a.kind == 'b' {
		return "bool"
	}
	return kind + strconv.Itoa(8*a.width)
}

// size returns the number of points and their dimension, or an error unless they fill exactly the given number of
// bytes.
func (a npyArray) size(length int) (rows, dim int, err error) {
	rows, dim = a.shape[0], 1
	for _, n := range a.shape[1:] {
		if n < 1 || n > math.MaxInt32/dim {
			return 0, 0, fmt.Errorf("rows of the shape %v have no numbers, or too many", a.shape)
		}
		dim *= n
	}
	if rows > length/a.width/dim || rows*dim*a.width != length {
		return 0, 0, fmt.Errorf("%d bytes do not hold %d rows of %d numbers", length, rows, dim)
	}
	return rows, dim, nil
}

// place returns the index in Fortran order of the number at index i in C order.
func (a npyArray) place(i int) (at int) {
	stride := 1
	for _, n := range a.shape {
		stride *= n
	}
	for k := len(a.shape) - 1; k >= 0; k-- {
		stride /= a.shape[k]
		at += i % a.shape[k] * stride
		i /= a.shape[k]
	}
	return at
}

// number returns the number encoded in the bytes. Integers beyond 2^53 are rounded.
func (a npyArray) number(raw []byte) float64 {
	bits := unsigned(raw, a.order)
	switch {
	case a.kind == 'b' && bits > 1:
		return 1
	case a.kind == 'u', a.kind == 'b':
		return float64(bits)
	case a.kind == 'i':
		unused := 64 - 8*a.width
		return float64(int64(bits<<unused) >> unused)
	case a.width == 2:
		return Half(uint16(bits))
	case a.width == 4:
		return float64(math.Float32frombits(uint32(bits)))
	default:
		return math.Float64frombits(bits)
	}
}

// unsigned returns the unsigned integer in 1, 2, 4 or 8 bytes.
func unsigned(raw []byte, order binary.ByteOrder) uint64 {
	switch len(raw) {
	case 1:
		return uint64(raw[0])
	case 2:
		return uint64(order.Uint16(raw))
	case 4:
		return uint64(order.Uint32(raw))
	default:
		return order.Uint64(raw)
	}
}

// Half returns the value of an IEEE 754 16-bit float: a sign bit, 5 bits of exponent and 10 of fraction.
func Half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	value := math.Ldexp(1024+fraction, exponent-25)
	switch {
	case exponent == 0:
		value = math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		value = math.Inf(1)
	case exponent == 31:
		value = math.NaN()
	}
	if bits>>15 == 1 {
		value = -value
	}
	return value
}
