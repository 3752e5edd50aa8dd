package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/velocity"
	"flowsweep/export/guided"
)

// tolerance is the difference allowed between two float32 evaluations of one net, relative to 1 + max |v|. Sums in a
// different order differ by a few units in the last place of the largest term, about 1e-7 per layer. Ten times that, for nets
// of several layers, is still far below the effect of a single wrong weight. A tolerance relative to each value would fail
// near v = 0, where differences are nothing but rounding.
const tolerance = 1e-5

// diverged is the size beyond which the values of a net are no longer compared: there, 32-bit floats are more than 1 apart, and
// on the scale of the net the noise has standard deviation 1.
const diverged = 0x1p24

// checkSize returns an error if values computed by Go are too large to be of any use.
func checkSize(what string, maxAbs float64) error {
	switch {
	case !flow.Finite(maxAbs):
		return errors.New(what + " that are not finite")
	case maxAbs > diverged:
		return fmt.Errorf("%s as large as %.2g: it has diverged, as 32-bit floats of that size are more than 1 apart: train it again at a lower rate", what, maxAbs)
	}
	return nil
}

// Verify runs a velocity file in onnxruntime, at several batch sizes, levels of graph optimisation and numbers of threads,
// and compares the velocities with those of reference. The check is OK if the file is well-formed and has the right inputs,
// output and checksum, Go's values are finite and below 2^24, all differences are within the tolerance, far outside the data
// too, and repeating a run gives the same bits. The Error of the check says what is wrong, other than a difference.
func Verify(file []byte, points Sample, reference flow.RowField, watch ...Progress) experiments.Check {
	return newCheck(file, len(points.T), func(c *experiments.Check) error {
		m, err := readAny(file)
		if err == nil {
			inputs, outputs := signatureOf(points.Net, points.Conditional)
			err = errors.Join(declares(m, inputs, outputs), checkGuidance(m, points.Conditional))
		}
		if err != nil {
			return err
		}
		near, maxAbs, err := points.trial(reference, points.Conditional.Guidance)
		if err == nil {
			err = checkSize("the net gives velocities", maxAbs)
		}
		if err != nil {
			return err
		}
		c.MaxAbs, c.Tolerance = experiments.Number(maxAbs), experiments.Number(tolerance*(1+maxAbs))
		c.Reason = "sums of 32-bit floats in a different order differ by about 1e-7 of their largest term per layer: 1e-5 (1 + max |v|) is allowed"
		far := points.farOut()
		tr, maxAbs, err := far.trial(reference, points.Conditional.Guidance)
		if err != nil {
			return err
		}
		trials := []trial{near}
		if flow.Finite(maxAbs) { // otherwise there is nothing to compare
			for _, x := range far.X.Data { // the terms of the sums can be this large
				maxAbs = max(maxAbs, math.Abs(x))
			}
			tr.where, tr.tolerance = "far outside the data", tolerance*(1+maxAbs)
			trials = append(trials, tr)
		}
		for _, w := range points.Conditional.Weights() {
			tr, maxAbs, err := points.trial(reference, w)
			if err != nil {
				return err
			}
			tr.where, tr.tolerance = fmt.Sprintf("with guidance %s", w), tolerance*(1+maxAbs)
			trials = append(trials, tr)
		}
		return compare(c, m, file, campaign{settings: settings, batches: batches, trials: trials, watch: first(watch)})
	})
}

// first returns the first of the functions, or nil.
func first(watch []Progress) Progress {
	if len(watch) == 0 {
		return nil
	}
	return watch[0]
}

// newCheck returns the check of a file, completed by verify.
func newCheck(file []byte, points int, verify func(c *experiments.Check) error) experiments.Check {
	sum := sha256.Sum256(file)
	c := experiments.Check{SHA256: hex.EncodeToString(sum[:]), Points: points}
	runtime, err := ort.LoadRuntime()
	if err == nil {
		c.Runtime = "onnxruntime " + runtime.Version
		err = verify(&c)
	}
	// A difference is reported rather than errors that follow from it.
	differs := c.Tolerance > 0 && !(c.MaxAbsDiff <= c.Tolerance)
	if err != nil && !differs {
		c.Error = err.Error()
	}
	if err != nil || differs {
		c.Edited = nil
	}
	c.OK = err == nil && !differs && len(c.Edited) == 0
	return c
}

// compare runs the trials and stores the differences of the first, how it was run, and whether the file was edited.
func compare(c *experiments.Check, m onnx.Model, file []byte, by campaign) error {
	by.batches = batchesFor(by.batches, m.Inputs)
	c.Batches = by.batches
	for _, o := range by.settings {
		if l := o.Optimise.String(); !slices.Contains(c.Levels, l) {
			c.Levels = append(c.Levels, l)
		}
		if !slices.Contains(c.Threads, o.Threads) {
			c.Threads = append(c.Threads, o.Threads)
		}
	}
	by.takes = m.Inputs
	d, err := by.run(file)
	c.MaxAbsDiff, c.MeanAbsDiff = experiments.Number(d.largest), experiments.Number(d.mean())
	if !sealed(m, file) {
		c.Edited = []string{"its checksum does not match"}
	}
	return err
}

// trial returns the inputs with the outputs of reference under a guidance, and the largest absolute output.
func (s Sample) trial(reference flow.RowField, w flow.Guidance) (tr trial, maxAbs float64, err error) {
	v, err := reference.Guide(w)(s.T, s.X)
	if err != nil {
		return tr, 0, fmt.Errorf("compute the reference in Go: %w", err)
	}
	for _, v := range v.Data {
		maxAbs = max(maxAbs, math.Abs(v))
	}
	return trial{
		rows: len(s.T), inputs: s.inputs, guidance: s.Conditional.Default(w),
		want: func(_, from, to int) []float64 { return v.Slice(from, to).Data },
	}, maxAbs, nil
}

// Sample holds inputs of a velocity net, rounded to 32 bits: times, (n), and points, (n, d), with what they are given.
type Sample struct {
	Net         net.Net
	T           []float64
	X           flow.Batch
	Conditional guided.Model
}

// Under returns the inputs for a conditional file.
func (s Sample) Under(g guided.Model) Sample {
	s.Conditional, s.X.Given = g, g.Rows(len(s.T))
	return s
}

// Points returns seeded inputs of the net at count points. Times are uniform in [0, 1], the first two exactly 0 and 1. Points
// are normal with standard deviation 3, so that they reach well beyond the paths of samples.
func Points(n net.Net, count int, seed uint64) Sample {
	s := Sample{Net: n, T: make([]float64, count), X: flow.NewBatch(count, n.Dim())}
	flow.NewStream(seed, "verify times").Uniform(s.T, 0)
	flow.NewStream(seed, "verify points").Normal(s.X, 0)
	copy(s.T, []float64{0, 1})
	for i, t := range s.T {
		s.T[i] = float64(float32(t))
	}
	for i, x := range s.X.Data {
		s.X.Data[i] = float64(float32(3 * x))
	}
	return s
}

// farOut returns some of the inputs, with their points scaled by a thousand.
func (s Sample) farOut() Sample {
	n := min(len(s.T), 256)
	far := Sample{Net: s.Net, T: s.T[:n], X: s.X.Slice(0, n).Clone(), Conditional: s.Conditional}
	for i, x := range far.X.Data {
		far.X.Data[i] = float64(float32(1000 * x))
	}
	return far
}

// inputs returns the inputs of a file of the net for some of the points.
func (s Sample) inputs(from, to int) (list []ort.Tensor) {
	part := s.X.Slice(from, to)
	numbers := velocity.Numbers(s.Net, s.T[from:to], part)
	for i, in := range s.Net.Inputs()[:2] {
		list = append(list, ort.Tensor{Dims: slices.Concat([]int{to - from}, in.Dims), Data: flow.Narrow(nil, numbers[i])})
	}
	if !s.Conditional.Empty() {
		list = append(list, s.Conditional.Tensor(part.Given))
	}
	return list
}
