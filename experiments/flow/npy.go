package flow

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
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

var npyHeader = regexp.MustCompile(`'descr': '<f([48])', 'fortran_order': False, 'shape': \((\d+), (\d+)\)`)

// DecodeNPY returns the points of a two-dimensional NumPy file of little-endian 32- or 64-bit floats in C order.
func DecodeNPY(file []byte) (Batch, error) {
	rest, ok := bytes.CutPrefix(file, []byte(npyMagic))
	if !ok || len(rest) < 4 || rest[0] != 1 {
		return Batch{}, errors.New("decode npy: no NumPy file of version 1")
	}
	size := int(binary.LittleEndian.Uint16(rest[2:]))
	if len(rest) < 4+size {
		return Batch{}, errors.New("decode npy: the file ends within its header")
	}
	header, data := rest[4:4+size], rest[4+size:]
	m := npyHeader.FindSubmatch(header)
	if m == nil {
		return Batch{}, fmt.Errorf("decode npy: header %q: save a two-dimensional array of floats in C order", bytes.TrimSpace(header))
	}
	width, _ := strconv.Atoi(string(m[1]))
	rows, err1 := strconv.Atoi(string(m[2]))
	dim, err2 := strconv.Atoi(string(m[3]))
	if err := errors.Join(err1, err2); err != nil {
		return Batch{}, fmt.Errorf("decode npy: %w", err)
	}
	if dim < 1 || rows > len(data)/width/dim || rows*dim*width != len(data) {
		return Batch{}, fmt.Errorf("decode npy: %d bytes do not hold %d rows of %d numbers", len(data), rows, dim)
	}
	b := NewBatch(rows, dim)
	for i := range b.Data {
		if width == 4 {
			b.Data[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
		} else {
			b.Data[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
		}
	}
	return b, nil
}
