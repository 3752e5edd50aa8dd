package export

import (
	"encoding/json"
	"fmt"
	"slices"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// vectorCount is the number of test vectors: enough to catch a faulty runtime, and few enough to read.
const vectorCount = 64

// vectors is the content of vectors.json: inputs and Go's outputs for them, one row per point.
type vectors struct {
	Comment   string          `json:"comment"`
	T         [][]float32     `json:"t"`
	X         [][]float32     `json:"x"`
	V         [][]float32     `json:"v"`
	Tolerance float64         `json:"tolerance"`
	Sampler   *samplerVectors `json:"sampler,omitempty"`
}

type samplerVectors struct {
	Comment   string      `json:"comment"`
	Noise     [][]float32 `json:"noise"`
	Samples   [][]float32 `json:"samples"`
	Tolerance float64     `json:"tolerance"`
	Unit      []float64   `json:"unit,omitempty"` // of differences in each coordinate, if not 1
}

// Steps is what a sampler file computes: it follows a field with a solver over a grid of times.
type Steps struct {
	Field  flow.Field
	Solver ode.Solver
	Times  []float64
	Units  flow.Affine // of the samples
}

// Vectors returns vectors.json: seeded inputs of velocity.onnx and Go's outputs, for tests in other runtimes; and those of
// sampler.onnx, if there is one, which does these steps.
func Vectors(dim int, reference func(t, x []float32) ([]float32, error), sampler *Steps) ([]byte, error) {
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
	if sampler != nil {
		if out.Sampler, err = sampler.vectors(dim); err != nil {
			return nil, fmt.Errorf("compute test vectors: %w", err)
		}
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write test vectors: %w", err)
	}
	return append(text, '\n'), nil
}

// vectors returns noise and Go's samples for it. The tolerance is measured on this noise, as the flow may spread it more than
// the noise that the file was verified with.
func (s Steps) vectors(dim int) (*samplerVectors, error) {
	got, err := solve(s, nil, Noise(dim, vectorCount, 1))
	if err != nil {
		return nil, err
	}
	return &samplerVectors{
		Comment: "sampler.onnx must give samples for noise, to within tolerance",
		Noise:   split(flow.Narrow(nil, got.noise.Data), dim), Samples: split(flow.Narrow(nil, s.Units.Apply(got.trajectory[len(s.Times)-1]).Data), dim),
		Tolerance: got.tolerance(), Unit: got.unit(),
	}, nil
}

func split(flat []float32, dim int) [][]float32 {
	return slices.Collect(slices.Chunk(flat, dim))
}
