package export

import (
	"errors"
	"fmt"
	"math"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
)

// A file in a reduced precision is compared with Go's evaluation of the same rounded weights and, in 8 bits, the same rounded
// values. What is left is roundoff that depends on the runtime: in fp16, that of every number of the net (onnxruntime rounds
// them on some processors and skips it on others), and in int8, that of 32-bit floats, which now and then moves a value to the
// next of its 256 steps. How much such roundoff can move the result depends on the net, so it is measured: Go evaluates the net
// again with every weight moved by up to the roundoff.

// jitters is the number of such evaluations, and jitterFactor how much more than the largest of them is allowed: a layer rounds
// about four times, for its product, its sum, and twice in its activation.
const (
	jitters      = 2
	jitterFactor = 4
)

// farFactor is how far outside its usual points a file is tried. 16-bit floats end at 65504, so that it is less than in 32.
const farFactor = 10

// VerifyReduced is Verify for a velocity file in a reduced precision. The file must hold exactly the weights of the net in that
// precision, the ranges of its values must be those of the net, and both the largest and the mean difference must be within
// what roundoff can explain.
func VerifyReduced(file []byte, points Sample, r *Reduced, watch ...Progress) experiments.Check {
	inputs, outputs := velocity.Signature(points.Net)
	declared := func(m onnx.Model) error { return declares(m, inputs, outputs) }
	return r.verify(file, len(points.T), declared, func(c *experiments.Check, m onnx.Model, r *Reduced, model *velocity.Model) (spread, error) {
		far := Sample{Net: points.Net, T: points.T[:min(len(points.T), 256)]}
		far.X = points.X.Slice(0, len(far.T)).Clone()
		for i := range far.X.Data {
			far.X.Data[i] *= farFactor
		}
		near, spread, err := r.trialAt(model, points)
		if err != nil {
			return spread, err
		}
		out, further, err := r.trialAt(model, far)
		if err != nil {
			return spread, err
		}
		out.where, out.tolerance = "far outside the data", further.allowed()
		spread.note(c)
		return spread, compare(c, m, file, campaign{settings: settings, batches: batches, trials: []trial{near, out}, watch: first(watch)})
	})
}

// VerifyReducedSampler is VerifySampler for a sampler file in a reduced precision, as VerifyReduced is to Verify. The field of
// the steps is not used.
func VerifyReducedSampler(file []byte, s Steps, noise flow.Batch, r *Reduced, watch ...Progress) experiments.Check {
	declared := func(m onnx.Model) error { return checkSampler(m, noise.Dim, s, false) }
	return r.verify(file, noise.Len(), declared, func(c *experiments.Check, m onnx.Model, r *Reduced, model *velocity.Model) (spread, error) {
		s := s.on(model.Field())
		near, spread, err := r.trialAlong(model, s, "", noise)
		if err != nil {
			return spread, err
		}
		by := campaign{settings: settings, batches: batches, trials: []trial{near}, watch: first(watch)}
		if takesTimes(m) {
			by.trials[0].times = flow.Narrow(nil, s.Times)
			for _, ts := range otherGrids {
				other := s
				other.Times = ts
				tr, further, err := r.trialAlong(model, other, fmt.Sprintf("over another time grid, of %d uneven steps,", len(ts)-1), noise.Slice(0, min(noise.Len(), 64)))
				if err != nil {
					return spread, err
				}
				tr.times, tr.tolerance = flow.Narrow(nil, ts), further.allowed()
				by.trials = append(by.trials, tr)
			}
		} else {
			by.settings, by.batches, by.trials[0].maxRuns = unrolledSettings, unrolledBatches, 1
		}
		spread.note(c)
		return spread, compare(c, m, file, by)
	})
}

// verify reads a file, lets compare compare it with the net of the file's ranges, and checks what the comparison does not.
func (r *Reduced) verify(file []byte, points int, declared func(m onnx.Model) error, compare func(c *experiments.Check, m onnx.Model, r *Reduced, model *velocity.Model) (spread, error)) experiments.Check {
	return newCheck(file, points, func(c *experiments.Check) error {
		m, err := readAny(file)
		if err == nil {
			err = declared(m)
		}
		in := r
		if err == nil {
			in, err = r.asIn(m)
		}
		if err != nil {
			return err
		}
		model, err := in.Compile()
		if err != nil {
			return err
		}
		defer model.Close()
		spread, err := compare(c, m, in, model)
		if err == nil && !(float64(c.MeanAbsDiff) <= spread.allowedMean()) {
			err = fmt.Errorf("the mean difference is %.3g, more than the %.3g allowed", float64(c.MeanAbsDiff), spread.allowedMean())
		}
		if err != nil {
			return err
		}
		return in.holds(m)
	})
}

// trialAt is the trial of a velocity file at some points.
func (r *Reduced) trialAt(model *velocity.Model, at Sample) (trial, spread, error) {
	var want flow.Batch
	tr, maxAbs, err := at.trial(func(t []float64, x flow.Batch) (_ flow.Batch, err error) {
		want, err = model.RowField()(t, x)
		return want, err
	}, flow.Guidance{})
	if err == nil {
		err = checkSize("the net gives velocities", maxAbs)
	}
	if err != nil {
		return tr, spread{}, err
	}
	s, err := r.spread(model, maxAbs, want, func() (flow.Batch, error) { return model.RowField()(at.T, at.X) })
	return tr, s, err
}

// trialAlong is the trial of a sampler file from some noise.
func (r *Reduced) trialAlong(model *velocity.Model, by Steps, where string, noise flow.Batch) (trial, spread, error) {
	got, err := solve(by, nil, noise)
	if err == nil {
		err = checkSize("the net carries noise to points", got.size())
	}
	if err != nil {
		return trial{}, spread{}, err
	}
	s, err := r.spread(model, got.maxAbs, joined(got.trajectory), func() (flow.Batch, error) {
		steps, err := by.carry(noise)
		return joined(steps), err
	})
	s.floor = got.tolerance()
	return got.trial(where), s, err
}

// spread is how far roundoff moves the results of a net.
type spread struct {
	precision Precision
	maxAbs    float64 // the largest result
	floor     float64 // what 32-bit floats are allowed
	largest   float64
	mean      float64
}

// joined returns the points of all batches.
func joined(batches []flow.Batch) (all flow.Batch) {
	for _, x := range batches {
		all.Data = append(all.Data, x.Data...)
	}
	return all
}

// spread evaluates the net with its weights moved, compares with what it wants, and puts the weights back.
func (r *Reduced) spread(model *velocity.Model, maxAbs float64, want flow.Batch, evaluate func() (flow.Batch, error)) (s spread, err error) {
	s = spread{precision: r.Precision, maxAbs: maxAbs, floor: tolerance * (1 + maxAbs)}
	defer model.Load(r.Weights())
	for i := range uint64(jitters) {
		model.Load(r.jittered(i))
		moved, err := evaluate()
		if err != nil {
			return s, fmt.Errorf("compute the reference in Go: %w", err)
		}
		sum := 0.
		for k, v := range moved.Data {
			off := math.Abs(v - want.Data[k])
			s.largest, sum = max(s.largest, off), sum+off
		}
		s.mean = max(s.mean, sum/float64(max(len(moved.Data), 1)))
	}
	if !flow.Finite(s.maxAbs, s.largest) {
		err = errors.New("the net gives values that are not finite")
	}
	return s, err
}

// allowed is the largest difference that roundoff can explain, and allowedMean the largest mean difference.
func (s spread) allowed() float64     { return s.floor + jitterFactor*s.largest }
func (s spread) allowedMean() float64 { return s.floor + jitterFactor*s.mean }

// note notes what is allowed, and why.
func (s spread) note(c *experiments.Check) {
	c.MaxAbs, c.Tolerance = experiments.Number(s.maxAbs), experiments.Number(s.allowed())
	c.Reason = fmt.Sprintf("Go has the same weights; moving each by %.2g of itself, the roundoff of %s, moves the result by up to %.2g and by %.2g in the mean: "+
		"%d times that and 1e-5 (1 + max) are allowed, for the mean too", s.precision.roundoff, s.precision.Name, s.largest, s.mean, jitterFactor)
}
