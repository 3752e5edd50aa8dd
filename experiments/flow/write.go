package flow

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// npyMagic starts every npy file, before the version of the format.
const npyMagic = "\x93NUMPY"

// EncodeNPY returns the points, (n, d), as a NumPy file of 32-bit floats.
func EncodeNPY(b Batch) []byte {
	return AppendNPY(make([]byte, 0, 128+4*len(b.Data)), b, b.Len(), 0)
}

// AppendNPY appends the part of a NumPy file of 32-bit floats, (n, d), that holds the points from number first on, with what comes
// before the first of all.
func AppendNPY(out []byte, b Batch, n, first int) []byte {
	if first == 0 {
		out = append(out, npyHead("<f4", n, b.Dim)...)
	}
	for _, v := range b.Data {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(v)))
	}
	return out
}

// EncodeNPY64 returns the points, (n, d), as a NumPy file of 64-bit floats, which reads back as the same numbers.
func EncodeNPY64(b Batch) []byte {
	return AppendNPY64(make([]byte, 0, 128+8*len(b.Data)), b, b.Len(), 0)
}

// AppendNPY64 is like AppendNPY, for 64-bit floats.
func AppendNPY64(out []byte, b Batch, n, first int) []byte {
	if first == 0 {
		out = append(out, npyHead("<f8", n, b.Dim)...)
	}
	for _, v := range b.Data {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

// npyHead returns the start of a file of points, (n, d).
func npyHead(kind string, n, d int) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }", kind, n, d)
	// As in NumPy, the header ends with a newline, padded so that the numbers start at a multiple of 64 bytes.
	used := len(npyMagic) + 4 + len(header) + 1
	header += strings.Repeat(" ", (64-used%64)%64) + "\n"
	out := append([]byte(npyMagic), 1, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(header)))
	return append(out, header...)
}

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
