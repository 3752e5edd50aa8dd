package velocity

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// EncodeWeights returns the weights in the safetensors format (github.com/huggingface/safetensors), which Python
// reads by name. Equal weights give equal bytes.
func EncodeWeights(n Net, weights []float32) ([]byte, error) {
	if len(weights) != n.Size() {
		return nil, fmt.Errorf("the net has %d weights, got %d", n.Size(), len(weights))
	}
	header := map[string]tensorHeader{}
	at := 0
	for _, p := range n.Params() {
		header[p.Name] = tensorHeader{DType: "F32", Shape: p.Dims, Offsets: [2]int{4 * at, 4 * (at + p.Size())}}
		at += p.Size()
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, fmt.Errorf("encode weights: %w", err)
	}
	text = append(text, bytes.Repeat([]byte(" "), (8-len(text)%8)%8)...) // aligns the numbers, as the format asks
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	out = append(out, text...)
	for _, w := range weights {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(w))
	}
	return out, nil
}

// tensorHeader describes one tensor in a safetensors file.
type tensorHeader struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// DecodeWeights returns the weights of the net from the bytes of EncodeWeights, or an error where they are of another
// net or damaged.
func DecodeWeights(n Net, file []byte) ([]float32, error) {
	if len(file) < 8 {
		return nil, fmt.Errorf("decode weights: %d bytes are no safetensors file", len(file))
	}
	size := binary.LittleEndian.Uint64(file)
	if size > uint64(len(file)-8) {
		return nil, fmt.Errorf("decode weights: the header is longer than the file")
	}
	var header map[string]tensorHeader
	if err := json.Unmarshal(file[8:8+size], &header); err != nil {
		return nil, fmt.Errorf("decode weights: %w", err)
	}
	data := file[8+size:]
	var weights []float32
	for _, p := range n.Params() {
		h, ok := header[p.Name]
		from, to := h.Offsets[0], h.Offsets[1]
		if !ok || h.DType != "F32" || !slices.Equal(h.Shape, p.Dims) || from < 0 || to-from != 4*p.Size() || to > len(data) {
			return nil, fmt.Errorf("decode weights: %s is missing or not of sizes %v", p.Name, p.Dims)
		}
		for i := from; i < to; i += 4 {
			weights = append(weights, math.Float32frombits(binary.LittleEndian.Uint32(data[i:])))
		}
	}
	return weights, nil
}
