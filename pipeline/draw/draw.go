// Package draw opens what samples are drawn from, and draws them: the net of a run, an ONNX file from anywhere, or the exact
// velocity of a target.
//
//	from, err := draw.File("net.onnx", nil)
//	how, err := from.Settings(draw.Flags{Steps: "4"}, 0)
//	start, err := from.Noise(2000, 0)
//	nfe, err := from.Draw(ctx, how, start, func(part flow.Batch) error { ... })
package draw

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/oracle"
	"flowsweep/pipeline/job"
)

// From is what samples are drawn from: a velocity, or a sampler with its own solver and steps.
type From struct {
	Name     string
	Dim      int
	Columns  []string   // names of the columns of samples; nil if there are none
	Code     kinds.Code // of samples that are rows of a table; they are points of Dim coordinates otherwise
	Cautions []string   // what a user should know of it
	Units    flow.Units // of the samples, or of their codes

	conditional
	noNone     bool // the net has not learnt the whole distribution
	velocity   job.Velocity
	guide      func(w float64)                                              // sets the guidance of the sampler
	sampler    func(x0 flow.Batch, noise ...flow.Batch) (flow.Batch, error) // noise to samples; nil if there is a velocity
	steps      int                                                          // of the noise that the sampler takes besides
	source     experiments.Source
	noSource   error                // why the source cannot be drawn from
	noScore    error                // why no noise can be added on the way
	exact      bool                 // the velocity is that of any path, so that there is none to change to
	run        experiments.Sampling // of a run; zero for others
	tunings    []experiments.Tuning // coefficients of solvers that are fitted to its net
	advice     advice
	assumption string // about the path of the training, if nothing says which it is
	noPath     error  // why the path of the training is not known, where it is needed
	close      func() error
}

// Close frees what the samples were drawn from.
func (f From) Close() error { return f.close() }

// Width returns the number of numbers of a sample.
func (f From) Width() int {
	if f.Code.Identity() {
		return f.Dim
	}
	return f.Code.Dim()
}

// Sampler reports whether it has its own solver and steps.
func (f From) Sampler() bool { return f.sampler != nil }

// Source says in a word what Noise draws from.
func (f From) Source() string {
	if f.source.Gaussian() {
		return "N(0, I)"
	}
	return experiments.Form(f.source)
}

// Start is the points that samples start from, which are made as they are needed.
type Start struct {
	Count int
	Fill  func(dst flow.Batch, first int) // fills dst, (n, d), with the points from number first on
}

// At returns the start from these points, (n, d).
func At(points flow.Batch) Start {
	return Start{points.Len(), func(dst flow.Batch, first int) { copy(dst.Data, points.Slice(first, first+dst.Len()).Data) }}
}

// Noise returns count points of the distribution at t = 0.
func (f From) Noise(count int, seed uint64) (Start, error) {
	stream := flow.NewStream(seed, "noise")
	return Start{count, func(dst flow.Batch, first int) { f.source.Fill(dst, stream, uint64(first)) }}, f.noSource
}

// Draw carries points to samples in their own units, and passes these to each, part by part: the same samples, whatever the parts. It
// also returns the mean number of velocity calls for a sample, or 0 if a sampler makes them. Samples that are not finite are an
// error, once all are drawn.
func (f From) Draw(ctx context.Context, how Settings, from Start, each func(part flow.Batch) error) (nfe float64, err error) {
	var bad nonFinite
	err = flow.InParts(from.Count, f.Dim, func(x0 flow.Batch, first int) error {
		from.Fill(x0, first)
		if how.given != nil {
			x0.Given = how.given(x0.Len(), first)
		}
		samples, calls, err := f.part(ctx, how, x0, first, &bad)
		if err != nil {
			return err
		}
		bad.count(samples, first)
		nfe += calls * float64(x0.Len()) / float64(from.Count)
		if bad.samples > 0 {
			return nil
		}
		return each(samples)
	})
	if err == nil {
		err = bad.err(from.Count, f.Sampler())
	}
	return nfe, err
}

// part draws the samples of some of the points, of which the first has that number.
func (f From) part(ctx context.Context, how Settings, x0 flow.Batch, first int, bad *nonFinite) (samples flow.Batch, nfe float64, err error) {
	if err := ctx.Err(); err != nil {
		return samples, 0, err
	}
	noise := job.StepNoise(how.Seed, uint64(first))
	if f.sampler != nil {
		steps := make([]flow.Batch, f.steps)
		for i := range steps {
			steps[i] = x0.Like(x0.Dim)
			noise(i, steps[i])
		}
		if f.guide != nil && !how.Sampling.Guidance.IsZero() {
			f.guide(how.Sampling.Guidance.Weight())
		}
		samples, err = f.sampler(x0, steps...)
		samples.Given = x0.Given
		return samples, 0, err
	}
	v := f.velocity
	s := how.Sampling
	if !s.Guidance.IsZero() {
		v.Rows = v.Rows.Guide(s.Guidance)
		v.Field = v.Rows.Field()
	}
	v.Field, v.Rows, v.Noise = bad.field(v.Field, first), bad.rowField(v.Rows), noise
	s.Count = x0.Len()
	got, err := v.Sample(ctx, s, x0)
	if errors.Is(err, oracle.ErrNoLimit) {
		err = fmt.Errorf("%w (noise: in --target), or use a solver that takes no velocity at t = 1, such as --solver euler or midpoint", err)
	}
	if err != nil {
		return samples, 0, err
	}
	if !flow.Finite(got.Points.Data...) {
		return got.Points, got.NFE, nil
	}
	samples = f.Code.Decode(f.Units.Apply(got.Points))
	samples.Given = x0.Given
	return samples, got.NFE, nil
}
