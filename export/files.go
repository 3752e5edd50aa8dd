package export

import (
	"encoding/json"
	"fmt"
	"slices"
)

// vectorCount is the number of test vectors: enough to catch a wrong runtime, few enough to read.
const vectorCount = 64

// vectors is the form of vectors.json: inputs, and Go's outputs for them, a row a point.
type vectors struct {
	Comment   string      `json:"comment"`
	T         [][]float32 `json:"t"`
	X         [][]float32 `json:"x"`
	V         [][]float32 `json:"v"`
	Tolerance float64     `json:"tolerance"`
}

// Vectors returns vectors.json: seeded inputs of the net and Go's outputs, for tests in other runtimes.
func Vectors(dim int, reference func(t, x []float32) ([]float32, error)) ([]byte, error) {
	p := Points(dim, vectorCount, 1)
	v, err := reference(p.T, p.X)
	if err != nil {
		return nil, fmt.Errorf("compute test vectors: %w", err)
	}
	largest := float32(0)
	for _, a := range v {
		largest = max(largest, a, -a)
	}
	out := vectors{
		Comment: "velocity.onnx must give v for t and x, to within tolerance",
		T:       split(p.T, 1), X: split(p.X, dim), V: split(v, dim),
		Tolerance: tolerance * (1 + float64(largest)),
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write test vectors: %w", err)
	}
	return append(text, '\n'), nil
}

func split(flat []float32, dim int) [][]float32 {
	return slices.Collect(slices.Chunk(flat, dim))
}
