package flow

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"testing"
)

// numpyFile is the output of numpy.save of numpy 1.26 for numpy.array([[1, 2], [3, 4.5]], "<f4").
const numpyFile = "934e554d505901007600" +
	"7b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2032292c207d"

func numpyBytes(t *testing.T) []byte {
	t.Helper()
	head, err := hex.DecodeString(numpyFile)
	if err != nil {
		t.Fatal(err)
	}
	head = append(head, bytes.Repeat([]byte(" "), 128-len(head)-1)...)
	return append(head, "\n\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x90\x40"...)
}

func TestNPYIsNumPys(t *testing.T) {
	t.Parallel()
	b := Batch{Dim: 2, Data: []float64{1, 2, 3, 4.5}}
	if got, want := EncodeNPY(b), numpyBytes(t); !bytes.Equal(got, want) {
		t.Errorf("encoded as\n%q\nwant\n%q", got, want)
	}
	got, err := DecodeNPY(numpyBytes(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckLike(got, b); err != nil || got.Row(1)[1] != 4.5 {
		t.Errorf("decoded as %v (%v), want %v", got, err, b)
	}
}

func TestNPYKeepsNonFinite(t *testing.T) {
	t.Parallel()
	got, err := DecodeNPY(EncodeNPY(Batch{Dim: 1, Data: []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0}}))
	if err != nil {
		t.Fatal(err)
	}
	if d := got.Data; !math.IsNaN(d[0]) || !math.IsInf(d[1], 1) || !math.IsInf(d[2], -1) || d[3] != 0 {
		t.Errorf("decoded as %v", d)
	}
}

func TestNPYDecodes64Bits(t *testing.T) {
	t.Parallel()
	file := bytes.Replace(numpyBytes(t)[:128], []byte("<f4"), []byte("<f8"), 1)
	for _, v := range []float64{1, 2, 3, math.Pi} {
		bits := math.Float64bits(v)
		for i := range 8 {
			file = append(file, byte(bits>>(8*i)))
		}
	}
	got, err := DecodeNPY(file)
	if err != nil || got.Row(1)[1] != math.Pi {
		t.Errorf("decoded as %v, %v", got, err)
	}
}

func FuzzDecodeNPY(f *testing.F) {
	f.Add(EncodeNPY(Batch{Dim: 2, Data: []float64{1, 2}}))
	f.Add([]byte(strings.Replace(string(EncodeNPY(NewBatch(1, 1))), "(1, 1)", "(9999999999, 9999999999)", 1)))
	f.Add([]byte(npyMagic))
	for _, c := range numpyFiles {
		f.Add(npyOf(f, c.version, c.header, c.numbers))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := DecodeNPY(file)
		if err == nil && b.Len()*b.Dim != len(b.Data) {
			t.Errorf("%d numbers in %d rows of %d", len(b.Data), b.Len(), b.Dim)
		}
	})
}

// TestNPY64RoundTrip: 64-bit files keep every bit, and their header is NumPy's.
func TestNPY64RoundTrip(t *testing.T) {
	t.Parallel()
	want := Batch{Dim: 3, Data: []float64{math.Pi, 1e-300, -1. / 3, math.MaxFloat64, 5e-324, 0}}
	file := EncodeNPY64(want)
	got, err := DecodeNPY(file)
	if err != nil || CheckLike(got, want) != nil {
		t.Fatalf("decoded as %v: %v", got, err)
	}
	for i, v := range want.Data {
		if got.Data[i] != v {
			t.Errorf("number %d comes back as %g, want %g", i, got.Data[i], v)
		}
	}
	if !bytes.HasPrefix(file[10:], []byte("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }")) || (len(file)-8*6)%64 != 0 {
		t.Errorf("the header is %q", file[:len(file)-8*6])
	}
}
