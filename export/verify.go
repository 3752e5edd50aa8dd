package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
)

// tolerance is the difference allowed between two float32 evaluations of one net, relative to 1 + max |v|. Sums in a
// different order differ by a few units in the last place of the largest term, about 1e-7 per layer. Ten times that, for nets
// of several layers, is still far below the effect of a single wrong weight. A tolerance relative to each value would fail
// near v = 0, where differences are nothing but rounding.
const tolerance = 1e-5

// Verify runs a velocity file in onnxruntime, at several batch sizes, levels of graph optimisation and numbers of threads,
// and compares the velocities with those of reference. The check is OK if the file is well-formed and has the right inputs,
// output and checksum, Go's values are finite, all differences are within the tolerance, far outside the data too, and
// repeating a run gives the same bits. The Error of the check says what is wrong, other than a difference.
func Verify(file []byte, points Sample, reference flow.RowField) experiments.Check {
	return newCheck(file, len(points.T), func(c *experiments.Check) error {
		m, err := read(file)
		if err == nil {
			inputs, outputs := velocity.Signature(points.Net)
			err = declares(m, inputs, outputs)
		}
		if err != nil {
			return err
		}
		near, maxAbs, err := points.trial(reference)
		if err != nil {
			return err
		}
		if !flow.Finite(maxAbs) {
			return errors.New("the net gives velocities that are not finite")
		}
		c.MaxAbs, c.Tolerance = experiments.Number(maxAbs), experiments.Number(tolerance*(1+maxAbs))
		c.Reason = "sums of 32-bit floats in a different order differ by about 1e-7 of their largest term per layer: 1e-5 (1 + max |v|) is allowed"
		if err := compare(c, file, near); err != nil {
			return err
		}
		far := points.farOut()
		tr, maxAbs, err := far.trial(reference)
		if err != nil || !flow.Finite(maxAbs) {
			return err // if Go's values are not finite, there is nothing to compare
		}
		for _, x := range far.X.Data { // the terms of the sums can be this large
			maxAbs = max(maxAbs, math.Abs(x))
		}
		return errors.Join(checkFar(file, tr, tolerance*(1+maxAbs)), checkSeal(m))
	})
}

// newCheck returns the check of a file, completed by verify.
func newCheck(file []byte, points int, verify func(c *experiments.Check) error) experiments.Check {
	sum := sha256.Sum256(file)
	c := experiments.Check{SHA256: hex.EncodeToString(sum[:]), Points: points, Batches: batches}
	for _, o := range settings {
		if l := o.Optimise.String(); !slices.Contains(c.Levels, l) {
			c.Levels = append(c.Levels, l)
		}
		if !slices.Contains(c.Threads, o.Threads) {
			c.Threads = append(c.Threads, o.Threads)
		}
	}
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
	c.OK = err == nil && !differs
	return c
}

// compare runs a trial and stores the differences.
func compare(c *experiments.Check, file []byte, tr trial) error {
	d, err := tr.run(file)
	c.MaxAbsDiff, c.MeanAbsDiff = experiments.Number(d.largest), experiments.Number(d.mean())
	if err == nil && !(d.density <= tr.logTolerance) {
		err = fmt.Errorf("log_prob differs by %.3g, more than the %.3g allowed", d.density, tr.logTolerance)
	}
	return err
}

// checkFar runs a trial with points far outside the data.
func checkFar(file []byte, tr trial, allowed float64) error {
	d, err := tr.once().run(file)
	switch {
	case err != nil:
		return err
	case !(d.largest <= allowed):
		return fmt.Errorf("far outside the data it differs by %.3g, more than the %.3g allowed", d.largest, allowed)
	case !(d.density <= tr.logTolerance):
		return fmt.Errorf("far outside the data log_prob differs by %.3g, more than the %.3g allowed", d.density, tr.logTolerance)
	}
	return nil
}

// trial returns the inputs with the outputs of reference, and the largest absolute output.
func (s Sample) trial(reference flow.RowField) (tr trial, maxAbs float64, err error) {
	v, err := reference(s.T, s.X)
	if err != nil {
		return tr, 0, fmt.Errorf("compute the reference in Go: %w", err)
	}
	for _, v := range v.Data {
		maxAbs = max(maxAbs, math.Abs(v))
	}
	return trial{
		settings: settings, batches: batches, rows: len(s.T), inputs: s.inputs,
		want: func(_, from, to int) []float64 { return v.Slice(from, to).Data },
	}, maxAbs, nil
}
