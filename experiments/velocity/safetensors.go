package velocity

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/net"
)

// This file reads and writes the safetensors format (github.com/huggingface/safetensors): the length of the header, the
// header in JSON, and the numbers.

// metadataKey is the key for metadata in the header.
const metadataKey = "__metadata__"

// tensorHeader describes one tensor in the header.
type tensorHeader struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// encodeTensors returns a file of tensors, whose numbers follow each other in the lists, with metadata if there is any. Of large
// numbers there is no other copy on the way.
func encodeTensors(tensors []net.Param, metadata map[string]string, lists ...[]float32) ([]byte, error) {
	header := map[string]any{}
	if metadata != nil {
		header[metadataKey] = metadata
	}
	at := 0
	for _, p := range tensors {
		header[p.Name] = tensorHeader{DType: "F32", Shape: p.Dims, Offsets: [2]int{4 * at, 4 * (at + p.Size())}}
		at += p.Size()
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	text = append(text, bytes.Repeat([]byte(" "), (8-len(text)%8)%8)...) // aligns the numbers, as the format asks
	out := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(text)+4*at), uint64(len(text)))
	out = append(out, text...)
	for _, numbers := range lists {
		out = appendNumbers(out, numbers)
	}
	return out, nil
}

// appendNumbers appends the bytes of the numbers.
func appendNumbers(out []byte, numbers []float32) []byte {
	for _, v := range numbers {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

// tensorFile is an open file of tensors.
type tensorFile struct {
	metadata map[string]string
	header   map[string]json.RawMessage
	data     []byte
}

// openTensors reads the header of a file.
func openTensors(file []byte) (*tensorFile, error) {
	if len(file) < 8 {
		return nil, fmt.Errorf("%d bytes are no safetensors file", len(file))
	}
	size := binary.LittleEndian.Uint64(file)
	if size > uint64(len(file)-8) {
		return nil, errors.New("the header is longer than the file")
	}
	f := &tensorFile{data: file[8+size:]}
	if err := json.Unmarshal(file[8:8+size], &f.header); err != nil {
		return nil, err
	}
	if text, ok := f.header[metadataKey]; ok {
		if err := json.Unmarshal(text, &f.metadata); err != nil {
			return nil, fmt.Errorf("read the metadata: %w", err)
		}
	}
	return f, nil
}

// read returns the numbers of a tensor.
func (f *tensorFile) read(p net.Param) ([]float32, error) {
	var h tensorHeader
	if text, ok := f.header[p.Name]; ok {
		if err := json.Unmarshal(text, &h); err != nil {
			return nil, fmt.Errorf("read the header of %s: %w", p.Name, err)
		}
	}
	from, to := h.Offsets[0], h.Offsets[1]
	if h.DType != "F32" || !slices.Equal(h.Shape, p.Dims) || from < 0 || to-from != 4*p.Size() || to > len(f.data) {
		return nil, fmt.Errorf("%s is missing or not of sizes %v", p.Name, p.Dims)
	}
	numbers := make([]float32, p.Size())
	for i := range numbers {
		numbers[i] = math.Float32frombits(binary.LittleEndian.Uint32(f.data[from+4*i:]))
	}
	return numbers, nil
}
