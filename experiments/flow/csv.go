package flow

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// EncodeCSV returns the points, (n, d), as comma-separated values, one point a line, in the shortest form that reads back
// as the same numbers. columns names them in a first line; there is none where it is nil.
func EncodeCSV(b Batch, columns []string) []byte {
	var out bytes.Buffer
	if columns != nil {
		w := csv.NewWriter(&out)
		w.Write(columns) // into memory: it cannot go wrong
		w.Flush()
	}
	for i := range b.Len() {
		for j, v := range b.Row(i) {
			if j > 0 {
				out.WriteByte(',')
			}
			out.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// DecodeCSV returns the points, (n, d), of comma-separated values, one point a line, and the names of the columns where
// the first line is not of numbers. NaN and Inf are numbers; an empty cell is an error, with its line and column.
func DecodeCSV(file []byte) (b Batch, columns []string, err error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	r.TrimLeadingSpace, r.ReuseRecord = true, true
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Batch{}, nil, fmt.Errorf("decode csv: %w", err)
		}
		if first {
			b.Dim = len(record)
			if !anyNumber(record) {
				columns = append([]string(nil), record...)
				continue
			}
		}
		for i, cell := range record {
			v, err := parseCell(cell)
			if err != nil {
				line, column := r.FieldPos(i)
				return Batch{}, nil, fmt.Errorf("decode csv: line %d, column %d: %q is no number: give every cell one", line, column, cell)
			}
			b.Data = append(b.Data, v)
		}
	}
	if len(b.Data) == 0 {
		return Batch{}, nil, errors.New("decode csv: there are no points: give one a line, its numbers separated by commas")
	}
	return b, columns, nil
}

// anyNumber tells points from the names of columns.
func anyNumber(record []string) bool {
	for _, cell := range record {
		if _, err := parseCell(cell); err == nil {
			return true
		}
	}
	return false
}

// parseCell returns the number in a cell; one beyond the range of floats is infinite.
func parseCell(cell string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil
	}
	return v, err
}
