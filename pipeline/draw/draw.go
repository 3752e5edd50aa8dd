// Package draw opens what samples are drawn from, and draws them: the net of a run, an ONNX file from anywhere, or the exact
// velocity of a target.
//
//	from, err := draw.File("net.onnx", nil)
//	how, err := from.Settings(draw.Flags{Steps: "4"})
//	x0, err := from.Noise(2000, 0)
//	samples, nfe, err := from.Draw(ctx, how, x0)
package draw

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
	"flowsweep/pipeline/job"
)

// From is what samples are drawn from: a velocity, or a sampler with its own solver and steps.
type From struct {
	Name     string
	Dim      int
	Columns  []string // names of the coordinates; nil if there are none
	Cautions []string // what a user should know of it

	velocity   job.Velocity
	sampler    func(x0 flow.Batch, noise ...flow.Batch) (flow.Batch, error) // noise to samples; nil if there is a velocity
	steps      int                                                          // of the noise that the sampler takes besides
	source     experiments.Source
	noSource   error                // why the source cannot be drawn from
	units      flow.Units           // of the samples
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

// Sampler reports whether it has its own solver and steps.
func (f From) Sampler() bool { return f.sampler != nil }

// Source says in a word what Noise draws from.
func (f From) Source() string {
	if f.source.Gaussian() {
		return "N(0, I)"
	}
	return experiments.Form(f.source)
}

// Noise returns count points, (count, d), of the distribution at t = 0.
func (f From) Noise(count int, seed uint64) (flow.Batch, error) {
	x0 := flow.NewBatch(count, f.Dim)
	if f.noSource != nil {
		return x0, f.noSource
	}
	f.source.Fill(x0, flow.NewStream(seed, "noise"), 0)
	return x0, nil
}

// Draw carries the points x0, (n, d), to samples in their own units. It also returns the velocity calls for a sample, or 0 if a
// sampler makes them. Samples that are not finite are an error.
func (f From) Draw(ctx context.Context, how Settings, x0 flow.Batch) (samples flow.Batch, nfe float64, err error) {
	var first firstBad
	if f.sampler != nil {
		samples, err = f.sample(ctx, x0, how.Seed)
		if err == nil {
			err = first.check(samples, "a sampler does not show at which time it began, see velocity.onnx")
		}
		return samples, 0, err
	}
	v := f.velocity
	v.Field, v.Rows = first.field(v.Field), first.rowField(v.Rows)
	s := how.Sampling
	s.Count = x0.Len()
	v.Noise = job.StepNoise(how.Seed, 0)
	got, err := v.Sample(ctx, s, x0)
	if errors.Is(err, oracle.ErrNoLimit) {
		return samples, 0, fmt.Errorf("%w (noise: in --target), or use a solver that takes no velocity at t = 1, such as --solver euler or midpoint", err)
	}
	if err == nil {
		err = first.check(got.Points, "no velocity was, but the points left the range of 32-bit floats")
	}
	if err != nil {
		return samples, 0, err
	}
	return f.units.Apply(got.Points), got.NFE, nil
}

// sample carries points to samples with the sampler. It stops with the context, between two parts.
func (f From) sample(ctx context.Context, x0 flow.Batch, seed uint64) (flow.Batch, error) {
	const part = 1 << 14
	all := flow.Batch{Dim: x0.Dim}
	for from := 0; from < x0.Len(); from += part {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		start := x0.Slice(from, min(from+part, x0.Len()))
		noise, of := make([]flow.Batch, f.steps), job.StepNoise(seed, uint64(from))
		for i := range noise {
			noise[i] = flow.NewBatch(start.Len(), start.Dim)
			of(i, noise[i])
		}
		x, err := f.sampler(start, noise...)
		if err != nil {
			return all, err
		}
		all.Data = append(all.Data, x.Data...)
	}
	return all, nil
}

// firstBad notes the first velocity that is not finite.
type firstBad struct {
	found bool
	t     float64
	row   int // of the points, from 0; -1 if it is not known, as adaptive solvers leave finished points out
}

// field returns the field, watched.
func (b *firstBad) field(of flow.Field) flow.Field {
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		u, err := of(t, x)
		for i := 0; err == nil && !b.found && i < u.Len(); i++ {
			if !flow.Finite(u.Row(i)...) {
				*b = firstBad{true, t, i}
			}
		}
		return u, err
	}
}

// rowField returns the field, watched.
func (b *firstBad) rowField(of flow.RowField) flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		u, err := of(t, x)
		for i := 0; err == nil && !b.found && i < u.Len(); i++ {
			if !flow.Finite(u.Row(i)...) {
				*b = firstBad{true, t[i], -1}
			}
		}
		return u, err
	}
}

// check returns an error if samples are not finite: how many, and where it began. otherwise says what is known if no velocity was
// seen to be infinite.
func (b *firstBad) check(samples flow.Batch, otherwise string) error {
	bad, first := 0, 0
	for i := range samples.Len() {
		if !flow.Finite(samples.Row(i)...) {
			if bad == 0 {
				first = i
			}
			bad++
		}
	}
	if bad == 0 {
		return nil
	}
	where := otherwise
	if b.found {
		where = fmt.Sprintf("the net's velocity was first so at t = %.6g", b.t)
		if b.row >= 0 {
			where += fmt.Sprintf(", in row %d", b.row+1)
		}
	}
	return fmt.Errorf("%d of %d samples are NaN or infinite, the first in row %d: %s: nothing is written", bad, samples.Len(), first+1, where)
}
