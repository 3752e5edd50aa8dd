package flow

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// npyMagic starts every npy file, before the version of the format.
const npyMagic = "\x93NUMPY"

// EncodeNPY returns the points, (n, d), as a NumPy file of 32-bit floats.
func EncodeNPY(b Batch) []byte {
	out := npyHead("<f4", b)
	for _, v := range b.Data {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(v)))
	}
	return out
}

// EncodeNPY64 returns the points, (n, d), as a NumPy file of 64-bit floats, which reads back as the same numbers.
func EncodeNPY64(b Batch) []byte {
	out := npyHead("<f8", b)
	for _, v := range b.Data {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

// npyHead returns the start of a file for these points, with capacity for the numbers.
func npyHead(kind string, b Batch) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }", kind, b.Len(), b.Dim)
	// As in NumPy, the header ends with a newline, padded so that the numbers start at a multiple of 64 bytes.
	used := len(npyMagic) + 4 + len(header) + 1
	header += strings.Repeat(" ", (64-used%64)%64) + "\n"
	out := make([]byte, 0, len(npyMagic)+4+len(header)+8*len(b.Data))
	out = append(append(out, npyMagic...), 1, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(header)))
	return append(out, header...)
}
