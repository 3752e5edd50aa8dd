package flow

import (
	"errors"
	"fmt"
	"io"
)

// ArrayFile is a NumPy file of two axes or more in C order, whose rows are read as they are needed: it may be larger than memory.
type ArrayFile struct {
	Array
	Rows, Dim int // rows, and numbers in each

	numbers npyArray
	file    *io.SectionReader
	start   int64 // of the numbers
}

// maxNPYHeader bounds the header that OpenArray reads, in bytes. NumPy writes some hundred.
const maxNPYHeader = 1 << 20

// OpenArray returns the array in a file, of which it reads the header. It is an error if the file is shorter or longer than the header
// says, and if its rows are not one after the other.
func OpenArray(file *io.SectionReader) (*ArrayFile, error) {
	a, err := openArray(file)
	if err != nil {
		return nil, fmt.Errorf("decode npy: %w", err)
	}
	return a, nil
}

func openArray(file *io.SectionReader) (*ArrayFile, error) {
	head := make([]byte, min(maxNPYHeader, file.Size()))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	header, rest, err := splitNPY(head)
	if err != nil {
		return nil, err
	}
	a := &ArrayFile{file: file, start: int64(len(head) - len(rest))}
	if a.numbers, err = parseNPYHeader(header); err != nil {
		return nil, err
	}
	if a.Rows, a.Dim, err = a.numbers.size(int(file.Size() - a.start)); err != nil {
		return nil, err
	}
	a.Array = Array{a.numbers.shape, a.numbers.name()}
	switch {
	case a.Rows == 0:
		return nil, errors.New("it has no rows")
	case len(a.Shape) < 2:
		return nil, errors.New("it has one axis: save it with two, as x[:, None]")
	case a.numbers.fortran && a.Rows > 1:
		return nil, errors.New("it is in Fortran order, where the numbers of a row are apart: save it in C order, with np.save(file, np.ascontiguousarray(x))")
	}
	return a, nil
}

// File returns the file.
func (a *ArrayFile) File() *io.SectionReader { return a.file }

// Row reads a row into dst, (Dim).
func (a *ArrayFile) Row(dst []float64, row int) error { return a.read(dst, row) }

// Whole reports whether the numbers are integers of at most 32 bits, or booleans.
func (a *ArrayFile) Whole() bool { return a.numbers.kind != 'f' && a.numbers.width <= 4 }

// Part reads count rows from one on, (count, Dim).
func (a *ArrayFile) Part(first, count int) (Batch, error) {
	b := NewBatch(count, a.Dim)
	return b, a.read(b.Data, first)
}

// Strip is some columns of all rows of an array, as encoded in its file.
type Strip struct {
	numbers     npyArray
	rows, width int
	raw         []byte
}

// wholeRows is the size of a row in bytes up to which whole rows are read for some of their columns: that of a page, of which the system
// has all at hand.
const wholeRows = 4096

// Strip reads the columns [from, to) of all rows.
func (a *ArrayFile) Strip(from, to int) (Strip, error) {
	w := a.numbers.width
	s := Strip{a.numbers, a.Rows, to - from, make([]byte, a.Rows*(to-from)*w)}
	size, start, own := a.Dim*w, from*w, (to-from)*w
	if size > wholeRows && own < size {
		for i := range a.Rows {
			if err := a.readRaw(s.raw[i*own:(i+1)*own], i, from); err != nil {
				return s, err
			}
		}
		return s, nil
	}
	buffer := make([]byte, min(max(1<<20/size, 1), a.Rows)*size)
	for i := 0; i < a.Rows; i += len(buffer) / size {
		part := buffer[:min(len(buffer), (a.Rows-i)*size)]
		if err := a.readRaw(part, i, 0); err != nil {
			return s, err
		}
		for k := range len(part) / size {
			copy(s.raw[(i+k)*own:], part[k*size+start:k*size+start+own])
		}
	}
	return s, nil
}

// Columns returns columns [from, to) of the strip, (Rows, to - from).
func (s Strip) Columns(from, to int) Batch {
	b, w := NewBatch(s.rows, to-from), s.numbers.width
	for i := range s.rows {
		s.numbers.decode(b.Row(i), s.raw[(i*s.width+from)*w:(i*s.width+to)*w])
	}
	return b
}

// Size returns the bytes of a number in the file.
func (a *ArrayFile) Size() int { return a.numbers.width }

// read reads as many numbers as dst holds, from the start of a row on.
func (a *ArrayFile) read(dst []float64, row int) error {
	raw := make([]byte, len(dst)*a.numbers.width)
	if err := a.readRaw(raw, row, 0); err != nil {
		return err
	}
	a.numbers.decode(dst, raw)
	return nil
}

// readRaw reads bytes from a number of a row on.
func (a *ArrayFile) readRaw(raw []byte, row, column int) error {
	at := a.start + (int64(row)*int64(a.Dim)+int64(column))*int64(a.numbers.width)
	n, err := a.file.ReadAt(raw, at)
	if err != nil && (n < len(raw) || !errors.Is(err, io.EOF)) {
		return fmt.Errorf("read row %d, from 0: %w", row, err)
	}
	return nil
}

// decode writes the encoded numbers to dst.
func (a npyArray) decode(dst []float64, raw []byte) {
	if a.kind == 'u' && a.width == 1 { // images
		for i, b := range raw {
			dst[i] = float64(b)
		}
		return
	}
	for i := range dst {
		dst[i] = a.number(raw[i*a.width : (i+1)*a.width])
	}
}
