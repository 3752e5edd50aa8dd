package target

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
)

// Columns are columns of the array in a file, whose rows are read as they are needed.
type Columns struct {
	Array *flow.ArrayFile
	At    []int // of its columns, from 0, in the order of the rows

	codes []map[float64]float64 // of a column of categories, the code of each number; nil for others
	most  int                   // see held; 0 for heldNumbers
}

// heldNumbers is about how many numbers of a file a pass over all of it holds at a time, apart from copies: 32 MiB.
const heldNumbers = 1 << 22

// held returns how many numbers a pass over the columns holds at a time.
func (c Columns) held() int { return cmp.Or(c.most, heldNumbers) }

// Len returns the number of rows.
func (c Columns) Len() int { return c.Array.Rows }

// all reports whether the columns are those of the array.
func (c Columns) all() bool {
	for j, at := range c.At {
		if j != at {
			return false
		}
	}
	return len(c.At) == c.Array.Dim
}

// taken returns the value of column j for a number of the file, as Data.Rows has it.
func (c Columns) taken(j int, v float64) float64 {
	if c.codes != nil && c.codes[j] != nil {
		return c.codes[j][v]
	}
	return v + 0 // as in table.Table.Rows
}

// pick writes the columns of a row of the array to dst, (len(At)), which may be that row if all are taken.
func (c Columns) pick(dst, row []float64) {
	for j, at := range c.At {
		dst[j] = c.taken(j, row[at])
	}
}

// block returns the columns from one on, (n, width), of which the strip holds those of the array.
func (c Columns) block(first int, strip flow.Batch) flow.Batch {
	for i := range strip.Len() {
		row := strip.Row(i)
		for j, v := range row {
			row[j] = c.taken(first+j, v)
		}
	}
	return strip
}

// sum returns the sha256 of flow.EncodeNPY64 of all rows, by which their target is known wherever they are.
func (c Columns) sum() (string, error) {
	hash, n, d := sha256.New(), c.Len(), len(c.At)
	step, whole := max(c.held()/16/c.Array.Dim, 1), c.all()
	var text []byte
	for first := 0; first < n; first += step {
		part, err := c.Array.Part(first, min(step, n-first))
		if err != nil {
			return "", err
		}
		rows := part
		if !whole {
			rows = flow.NewBatch(part.Len(), d)
		}
		for i := range part.Len() {
			c.pick(rows.Row(i), part.Row(i))
		}
		text = flow.AppendNPY64(text[:0], rows, n, first)
		hash.Write(text)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// fileRows are the rows of a file on the scale of a target.
type fileRows struct {
	columns Columns
	code    kinds.Code
	units   flow.Units

	mu  sync.Mutex
	err error // the first that a read has ended with
}

// dim returns the number of coordinates of a point.
func (f *fileRows) dim() int {
	if f.code.Identity() {
		return len(f.columns.At)
	}
	return f.code.Width()
}

// point writes a row of the file as a point, (dim), to dst, or NaN if it cannot be read.
func (f *fileRows) point(dst []float64, row int) {
	read, rows := make([]float64, f.columns.Array.Dim), flow.NewBatch(1, len(f.columns.At))
	if err := f.columns.Array.Row(read, row); err != nil {
		f.mu.Lock()
		if f.err == nil {
			f.err = &ReadError{err}
		}
		f.mu.Unlock()
		for j := range dst {
			dst[j] = math.NaN()
		}
		return
	}
	f.columns.pick(rows.Data, read)
	copy(dst, f.units.Undo(f.code.Encode(rows)).Data)
}

// draw returns Target.Draw of the rows at these places of the file: as oracle.Mixture draws, to the bit.
func (f *fileRows) draw(at []int, noise float64) func(r *rand.Rand, dst []float64) int {
	return func(r *rand.Rand, dst []float64) int {
		part := r.IntN(len(at))
		f.point(dst, at[part])
		for j, mean := range dst {
			dst[j] = mean + noise*r.NormFloat64()
		}
		return part
	}
}

// ReadError says that rows could not be read from their file when they were needed.
type ReadError struct{ Err error }

// Error says why.
func (e *ReadError) Error() string {
	return fmt.Sprintf("the rows of the data cannot be read any more: %v", e.Err)
}

// Unwrap returns why.
func (e *ReadError) Unwrap() error { return e.Err }

// Err returns a ReadError if rows of the target could not be read from their file at some time since it was made. What came in their
// place is NaN: nothing that was worked out of it must be kept.
func (t Target) Err() error {
	if t.Rows.file == nil {
		return nil
	}
	t.Rows.file.mu.Lock()
	defer t.Rows.file.mu.Unlock()
	return t.Rows.file.err
}
