package flow

import (
	"bytes"
	"encoding/csv"
	"strconv"
)

// EncodeCSV returns the points, (n, d), as comma-separated values, one point per line, in the shortest form that reads
// back as the same numbers. The first line holds the names of the columns, unless columns is nil.
func EncodeCSV(b Batch, columns []string) []byte {
	return AppendCSV(nil, b, columns, 0)
}

// AppendCSV appends the part of such a file that holds the points from number first on, with the names before the first of all.
func AppendCSV(out []byte, b Batch, columns []string, first int) []byte {
	if columns != nil && first == 0 {
		var head bytes.Buffer
		w := csv.NewWriter(&head)
		w.Write(columns) // cannot fail: it writes to memory
		w.Flush()
		out = append(out, head.Bytes()...)
	}
	for i := range b.Len() {
		for j, v := range b.Row(i) {
			if j > 0 {
				out = append(out, ',')
			}
			out = strconv.AppendFloat(out, v, 'g', -1, 64)
		}
		out = append(out, '\n')
	}
	return out
}
