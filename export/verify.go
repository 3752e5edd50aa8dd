package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
)

// tolerance is the difference allowed between two float32 evaluations of one net, relative to 1 + max |v|. Sums in
// another order differ by a few units in the last place of the largest term, about 1e-7 a layer; ten times that, for
// nets some layers deep, is still far below the effect of any one weight that is wrong. Relative to each value it would
// fail near v = 0, where rounding is all there is.
const tolerance = 1e-5

// batches are the batch sizes a file is checked at: one point, an odd size, a usual one, and all points at once.
var batches = []int{1, 7, 256, 4096}

// Check is the outcome of comparing a file in onnxruntime with Go.
type Check struct {
	SHA256     string
	Runtime    string   // onnxruntime and its version
	Points     int      // compared at each batch size and level
	Batches    []int    // batch sizes
	Levels     []string // graph optimisation levels
	MaxAbsDiff float64
	MaxAbs     float64 // the largest |v| Go computed
	Tolerance  float64 // the difference allowed
	OK         bool
	Error      string // why it is not OK where that is not the difference, or empty
}

// Sample is a list of inputs of a velocity net: times, (n), and points, (n, d).
type Sample struct {
	Dim  int
	T, X []float32
}

// Points returns n seeded inputs: times uniform in [0, 1], the first two exactly 0 and 1, and normal points of
// standard deviation 3, so that they reach well beyond where samples travel.
func Points(dim, n int, seed uint64) Sample {
	t, x := make([]float64, n), flow.NewBatch(n, dim)
	flow.NewStream(seed, "verify times").Uniform(t, 0)
	flow.NewStream(seed, "verify points").Normal(x, 0)
	s := Sample{Dim: dim, T: make([]float32, n), X: make([]float32, n*dim)}
	for i, v := range t {
		s.T[i] = float32(v)
	}
	copy(s.T, []float32{0, 1})
	for i, v := range x.Data {
		s.X[i] = float32(3 * v)
	}
	return s
}

// Verify runs the file in onnxruntime on all points, at several batch sizes, with graph optimisation off and on, and
// compares with what reference computes for them. The check is OK where Go's values are finite, the file has the promised
// inputs and output, and every difference is within the tolerance; what kept it from being compared is its Error.
func Verify(file []byte, points Sample, reference func(t, x []float32) ([]float32, error)) Check {
	sum := sha256.Sum256(file)
	c := Check{SHA256: hex.EncodeToString(sum[:]), Points: len(points.T), Batches: batches, Levels: []string{"off", "all"}}
	if err := c.run(file, points, reference); err != nil {
		c.Error = err.Error()
		return c
	}
	c.OK = c.MaxAbsDiff <= c.Tolerance
	return c
}

func (c *Check) run(file []byte, points Sample, reference func(t, x []float32) ([]float32, error)) error {
	runtime, err := ort.LoadRuntime()
	if err != nil {
		return err
	}
	c.Runtime = "onnxruntime " + runtime.Version
	want, err := reference(points.T, points.X)
	if err != nil {
		return fmt.Errorf("compute the reference in Go: %w", err)
	}
	for _, v := range want {
		c.MaxAbs = max(c.MaxAbs, math.Abs(float64(v)))
	}
	if math.IsNaN(c.MaxAbs) || math.IsInf(c.MaxAbs, 0) {
		return errors.New("the net gives velocities that are not finite, and is of no use")
	}
	c.Tolerance = tolerance * (1 + c.MaxAbs)
	for _, level := range []ort.Level{ort.Off, ort.All} {
		if err := c.compare(file, points, want, level); err != nil {
			return err
		}
	}
	return nil
}

// compare opens the file once and updates the largest difference over all batch sizes.
func (c *Check) compare(file []byte, points Sample, want []float32, level ort.Level) (err error) {
	s, err := ort.Open(file, ort.SessionOptions{Optimise: level})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if !slices.Equal(s.Inputs(), []string{"t", "x"}) || !slices.Equal(s.Outputs(), []string{"v"}) {
		return fmt.Errorf("the file maps %v to %v, not t, x to v", s.Inputs(), s.Outputs())
	}
	for _, size := range c.Batches {
		for from := 0; from < len(points.T); from += size {
			to := min(from+size, len(points.T))
			got, err := evaluate(s, points.slice(from, to))
			if err != nil {
				return err
			}
			c.MaxAbsDiff = largest(c.MaxAbsDiff, got, want[from*points.Dim:to*points.Dim])
		}
	}
	return nil
}

// slice returns the inputs from up to, but not including, to.
func (s Sample) slice(from, to int) Sample {
	return Sample{Dim: s.Dim, T: s.T[from:to], X: s.X[from*s.Dim : to*s.Dim]}
}

// evaluate runs a velocity file, whose inputs are t and x in that order.
func evaluate(s *ort.Session, p Sample) ([]float32, error) {
	n := len(p.T)
	out, err := s.Run(ort.Tensor{Dims: []int{n, 1}, Data: p.T}, ort.Tensor{Dims: []int{n, p.Dim}, Data: p.X})
	if err != nil {
		return nil, err
	}
	if len(out[0].Data) != n*p.Dim {
		return nil, fmt.Errorf("the file gives %d numbers for %d points of dimension %d", len(out[0].Data), n, p.Dim)
	}
	return out[0].Data, nil
}

// largest returns the largest of so far and all differences: NaN where one side alone is NaN, which no tolerance allows.
func largest(so float64, got, want []float32) float64 {
	for i, w := range want {
		g := got[i]
		if g == w || (g != g && w != w) {
			continue
		}
		so = max(so, math.Abs(float64(g)-float64(w)))
	}
	return so
}
