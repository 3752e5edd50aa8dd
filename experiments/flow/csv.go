package flow

import (
	"bytes"
	"encoding/csv"
	"strconv"
)

// EncodeCSV returns the points, (n, d), as comma-separated values, one point per line, in the shortest form that reads
// back as the same numbers. The first line holds the names of the columns, unless columns is nil.
func EncodeCSV(b Batch, columns []string) []byte {
	var out bytes.Buffer
	if columns != nil {
		w := csv.NewWriter(&out)
		w.Write(columns) // cannot fail: it writes to memory
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
