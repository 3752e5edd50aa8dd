package flow

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func section(file []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))
}

// TestArrayFileIsDecodeArray: what is read by rows, by columns and in parts is what DecodeArray returns, for NumPy's own files and for
// all types of numbers, to the bit.
func TestArrayFileIsDecodeArray(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	for _, f := range numpyFiles {
		files[f.name] = npyOf(t, f.version, f.header, f.numbers)
	}
	r := NewStream(0, "bytes").At(0)
	for _, kind := range []string{"<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "|u1", "|i1", "|b1", "<u2", ">i2", "<i4", ">u4", "<i8", ">u8"} {
		raw := make([]byte, 5*6*int(kind[2]-'0'))
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		header := "{'descr': '" + kind + "', 'fortran_order': False, 'shape': (5, 2, 3), }"
		files[kind] = append(npyOf(t, 1, header, ""), raw...)
	}
	same := func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b }
	read := 0
	for name, file := range files {
		want, form, err := DecodeArray(file, 100, 100)
		if err != nil {
			t.Fatal(err)
		}
		a, err := OpenArray(section(file))
		if len(form.Shape) < 2 || want.Len() == 0 || strings.Contains(name, "Fortran") {
			if err == nil {
				t.Errorf("%s: it is opened", name)
			}
			continue
		}
		if err != nil || a.Rows != want.Len() || a.Dim != want.Dim || a.Type != form.Type || !slices.Equal(a.Shape, form.Shape) {
			t.Fatalf("%s: opened as %+v (%v), want %d rows of %d", name, a, err, want.Len(), want.Dim)
		}
		read++
		row := make([]float64, a.Dim)
		for i := range a.Rows {
			if err := a.Row(row, i); err != nil || !slices.EqualFunc(row, want.Row(i), same) {
				t.Errorf("%s: row %d is %v (%v), want %v", name, i, row, err, want.Row(i))
			}
		}
		part, err := a.Part(1, a.Rows-1)
		if err != nil || !slices.EqualFunc(part.Data, want.Data[a.Dim:], same) {
			t.Errorf("%s: the rows from 1 on are %v (%v)", name, part.Data, err)
		}
		strip, err := a.Strip(1, a.Dim)
		if err != nil {
			t.Fatal(err)
		}
		columns := strip.Columns(0, a.Dim-1)
		for i := range columns.Len() {
			if !slices.EqualFunc(columns.Row(i), want.Row(i)[1:], same) {
				t.Errorf("%s: the columns from 1 on of row %d are %v (%v), want %v", name, i, columns.Row(i), err, want.Row(i)[1:])
			}
		}
	}
	if read < 15 {
		t.Errorf("only %d files were read", read)
	}
}

// TestArrayFileRefuses: the header is not believed where the file is shorter or longer, and a file that gets shorter later is an error.
func TestArrayFileRefuses(t *testing.T) {
	t.Parallel()
	good := EncodeNPY64(Batch{Dim: 2, Data: []float64{1, 2, 3, 4}})
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"cut":          {good[:len(good)-1], "31 bytes do not hold 2 rows of 2 numbers"},
		"too long":     {append(slices.Clone(good), 0), "33 bytes do not hold"},
		"no array":     {[]byte("x,y\n1,2\n"), "not a NumPy file"},
		"empty":        {nil, "not a NumPy file"},
		"endless head": {binary.LittleEndian.AppendUint32([]byte(npyMagic+"\x02\x00"), math.MaxUint32), "ends within its header"},
		"Fortran":      {npyOf(t, 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2), }", "00010203"), "np.ascontiguousarray"},
		"one axis":     {npyOf(t, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", "00010203"), "save it with two"},
	} {
		if _, err := OpenArray(section(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	a, err := OpenArray(io.NewSectionReader(bytes.NewReader(good[:len(good)-8]), 0, int64(len(good))))
	if err != nil {
		t.Fatal(err)
	}
	row := make([]float64, 2)
	if err := a.Row(row, 0); err != nil || row[1] != 2 {
		t.Errorf("row 0 is %v (%v)", row, err)
	}
	if err := a.Row(row, 1); err == nil || !strings.Contains(err.Error(), "read row 1, from 0") {
		t.Errorf("a row that is cut reads as %v (%v)", row, err)
	}
}
