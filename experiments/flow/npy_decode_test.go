package flow

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// npyOf returns a NumPy file of the given version, with the given header and numbers in hexadecimal.
func npyOf(t testing.TB, version byte, header, numbers string) []byte {
	t.Helper()
	data, err := hex.DecodeString(numbers)
	if err != nil {
		t.Fatal(err)
	}
	header += "\n"
	file := append([]byte(npyMagic), version, 0, byte(len(header)), byte(len(header)>>8))
	if version > 1 {
		file = append(file, 0, 0)
	}
	return append(append(file, header...), data...)
}

// numpyFiles are the output of numpy.save of numpy 2.4, without the spaces that pad a header. The last one has its keys
// in a different order.
var numpyFiles = []struct {
	name            string
	version         byte
	header, numbers string
	dim             int
	want            []float64
}{
	{
		"Fortran order", 1, "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }",
		"000000000000f8bf000000000000f83f000000000000e0bf0000000000000440000000000000e03f0000000000000c40",
		3,
		[]float64{-1.5, -.5, .5, 1.5, 2.5, 3.5},
	},
	{
		"big-endian", 1, "{'descr': '>f8', 'fortran_order': False, 'shape': (2, 3), }",
		"bff8000000000000bfe00000000000003fe00000000000003ff80000000000004004000000000000400c000000000000",
		3,
		[]float64{-1.5, -.5, .5, 1.5, 2.5, 3.5},
	},
	{
		"32 bits, big-endian in Fortran order", 1, "{'descr': '>f4', 'fortran_order': True, 'shape': (2, 3), }",
		"bfc000003fc00000bf000000402000003f00000040600000",
		3,
		[]float64{-1.5, -.5, .5, 1.5, 2.5, 3.5},
	},
	{
		"16 bits", 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (8,), }", "003c00c1ff7b0100007c00fc007e662e",
		1,
		[]float64{1, -2.5, 65504, 0x1p-24, math.Inf(1), math.Inf(-1), math.NaN(), 0x1.998p-4},
	},
	{
		"integers", 1, "{'descr': '>i2', 'fortran_order': False, 'shape': (2, 2), }", "0001fffe012c8000",
		2,
		[]float64{1, -2, 300, -32768},
	},
	{
		"large integers", 1, "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", "000000000000e0ff0700000000000000",
		1,
		[]float64{-0x1p53, 7},
	},
	{"bytes", 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "00ff", 1, []float64{0, 255}},
	{
		"three axes in Fortran order", 1, "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3, 2), }",
		"00000000060000000200000008000000040000000a00000001000000070000000300000009000000050000000b000000",
		6,
		[]float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
	},
	{
		"version 2", 2, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }", "000000000000f8bf000000000000e0bf",
		2,
		[]float64{-1.5, -.5},
	},
	{
		"version 3", 3, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }", "000000000000f8bf000000000000e0bf",
		2,
		[]float64{-1.5, -.5},
	},
	{"no rows", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", "", 3, nil},
	{"booleans", 1, "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", "000102", 1, []float64{0, 1, 1}},
	{"the keys in another order", 1, "{'shape':(1,),'fortran_order':False,'descr':'|i1'}", "ff", 1, []float64{-1}},
}

func TestDecodeNPY(t *testing.T) {
	t.Parallel()
	for _, c := range numpyFiles {
		got, err := DecodeNPY(npyOf(t, c.version, c.header, c.numbers))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
		if got.Dim != c.dim || !slices.EqualFunc(got.Data, c.want, same) {
			t.Errorf("%s: got dimension %d and %v, want %d and %v", c.name, got.Dim, got.Data, c.dim, c.want)
		}
	}
}

// TestDecodeNPYErrors: a file that is not an array of numbers, or does not match its header, is an error before memory
// is allocated for it.
func TestDecodeNPYErrors(t *testing.T) {
	t.Parallel()
	shaped := func(shape string) string {
		return fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shape)
	}
	one := "000000000000f03f"
	for _, c := range []struct{ name, header, numbers, want string }{
		{"a single number", shaped("()"), one, "must be an array with at least one axis"},
		{"complex numbers", strings.Replace(shaped("(1,)"), "<f8", "<c16", 1), one + one, "array of complex numbers: save an array of numbers"},
		{"words", strings.Replace(shaped("(2,)"), "<f8", "<U1", 1), one, "array of texts"},
		{"floats of 80 bits", strings.Replace(shaped("(1,)"), "<f8", "<f16", 1), one + one, "the type '<f16', which is not one of"},
		{"floats of 8 bits", strings.Replace(shaped("(8,)"), "<f8", "|f1", 1), one, "the type '|f1'"},
		{"no byte order", strings.Replace(shaped("(1,)"), "<f8", "|f8", 1), one, "the type '|f8'"},
		{"records", strings.Replace(shaped("(1,)"), "'<f8'", "[('a', '<f8')]", 1), one, "named fields (a structured type)"},
		{"an object", strings.Replace(shaped("(1,)"), "<f8", "|O", 1), one, "array of Python objects"},
		{"no header", "", one, "must be an array of integers, or of floats"},
		{"no columns", shaped("(3, 0)"), "", "no numbers, or too many"},
		{"too few numbers", shaped("(2,)"), one, "8 bytes do not hold 2 rows of 1 numbers"},
		{"too many numbers", shaped("(1, 1)"), one + one, "16 bytes do not hold 1 rows of 1 numbers"},
		{"part of a number", shaped("(1,)"), one[2:], "7 bytes do not hold 1 rows"},
		{"more numbers than memory", shaped("(999999999, 2000000000)"), one, "8 bytes do not hold"},
		{"sizes whose product overflows", shaped("(4294967296, 4294967296)"), "", "no numbers, or too many"},
		{"an axis whose rest overflows", shaped("(0, 65536, 65536, 65536, 65536)"), "", "no numbers, or too many"},
		{"a size beyond integers", shaped("(99999999999999999999,)"), one, "value out of range"},
		{"a negative size", shaped("(-1,)"), one, "must be an array of integers, or of floats"},
	} {
		for version := byte(1); version <= 3; version++ {
			if b, err := DecodeNPY(npyOf(t, version, c.header, c.numbers)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, %v, want %q", c.name, b, err, c.want)
			}
		}
	}
}

// TestDecodeNPYHeaderErrors: a file without a complete header of a known version is an error.
func TestDecodeNPYHeaderErrors(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"nothing":                    "",
		"another file":               "PK\x03\x04",
		"a future version":           npyMagic + "\x04\x00\x00\x00\x00\x00",
		"cut in its version":         npyMagic + "\x01",
		"cut in its size":            npyMagic + "\x02\x00\x10\x00",
		"a header of 4 GB":           npyMagic + "\x02\x00\xff\xff\xff\xff{}",
		"a header beyond the end":    npyMagic + "\x01\x00\x10\x00{}",
		"no header after its length": npyMagic + "\x01\x00\x10\x00",
	} {
		if b, err := DecodeNPY([]byte(file)); err == nil {
			t.Errorf("%s: read as %v", name, b)
		}
	}
}

// TestDecodeNPYDamaged: a file with one bit changed gives valid points or an error, and a truncated file an error.
func TestDecodeNPYDamaged(t *testing.T) {
	t.Parallel()
	for _, c := range numpyFiles {
		file := npyOf(t, c.version, c.header, c.numbers)
		for at := range file {
			if _, err := DecodeNPY(file[:at]); err == nil {
				t.Errorf("%s: a file cut to %d bytes is accepted", c.name, at)
			}
			for bit := range 8 {
				damaged := slices.Clone(file)
				damaged[at] ^= 1 << bit
				if b, err := DecodeNPY(damaged); err == nil && b.Len()*b.Dim != len(b.Data) {
					t.Errorf("%s: byte %d is damaged: %d numbers in %d rows of %d", c.name, at, len(b.Data), b.Len(), b.Dim)
				}
			}
		}
	}
}
