package flow

import (
	"bytes"
	"encoding/csv"
	"strconv"
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
