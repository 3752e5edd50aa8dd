package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
)

// maxRows is how many points a file is given at once: enough to be quick, and few enough for what a wide net makes of them
// to stay in the cache, where many more are up to a third slower.
const maxRows = 1024

// Opened is an ONNX file from anywhere, ready to run: a velocity of two inputs, times and points, or a sampler of one, noise.
// It is used from one goroutine at a time.
type Opened struct {
	Dim      int
	Velocity flow.RowField                              // nil of a sampler
	Sampler  func(noise flow.Batch) (flow.Batch, error) // noise to samples; nil of a velocity
	Units    flow.Affine                                // of the samples of a velocity, where the file tells
	Columns  []string                                   // names of the coordinates, where the file tells
	session  *ort.Session
}

// Open opens a velocity or a sampler, to run on that many threads. Close it after use.
func Open(file []byte, threads int) (*Opened, error) {
	s, err := ort.Open(file, ort.SessionOptions{Optimise: ort.All, Threads: threads})
	if err != nil {
		return nil, err
	}
	o := &Opened{session: s}
	switch inputs := s.Inputs(); len(inputs) {
	case 1:
		err = o.asSampler()
	case 2:
		err = o.asVelocity()
	default:
		err = fmt.Errorf("it takes the inputs %v: a velocity takes times and points, a sampler noise", inputs)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	units, columns := Units(file)
	if len(units.Scale) == o.Dim {
		o.Units = units
	}
	if len(columns) == o.Dim {
		o.Columns = columns
	}
	return o, nil
}

// Close frees what was opened.
func (o *Opened) Close() error { return o.session.Close() }

// timeNames are what files call their times.
var timeNames = []string{"t", "time", "times", "timestep", "timesteps"}

// asVelocity finds out which of two inputs the times are, and of what rank.
func (o *Opened) asVelocity() error {
	s, inputs := o.session, o.session.Inputs()
	at := slices.IndexFunc(inputs, func(name string) bool { return slices.Contains(timeNames, strings.ToLower(name)) })
	if at < 0 {
		at = slices.IndexFunc(inputs, func(name string) bool { return len(s.Dims(name)) < 2 })
	}
	if at < 0 {
		return fmt.Errorf("which of its inputs %v are the times? Name them t", inputs)
	}
	points := s.Dims(inputs[1-at])
	if len(points) != 2 || points[1] < 1 {
		return fmt.Errorf("its points %s have sizes %v: they must be [batch, d] with d known", inputs[1-at], points)
	}
	rank := len(s.Dims(inputs[at]))
	if rank > 2 {
		return fmt.Errorf("its times %s have sizes %v: they must be [batch, 1], [batch] or none", inputs[at], s.Dims(inputs[at]))
	}
	o.Dim = points[1]
	o.Velocity = inParts(func(t []float64, x flow.Batch) (flow.Batch, error) {
		times, err := timesOf(t, rank)
		if err != nil {
			return x, err
		}
		given := []ort.Tensor{times, tensorOf(x)}
		if at == 1 {
			slices.Reverse(given)
		}
		out, err := s.Run(given...)
		if err != nil {
			return x, err
		}
		return batchOf(out[0], x)
	})
	return nil
}

// timesOf returns the times as a tensor of a rank: [n, 1], [n], or one time for all points.
func timesOf(t []float64, rank int) (ort.Tensor, error) {
	times := ort.Tensor{Dims: []int{len(t), 1}[:rank], Data: flow.Narrow(nil, t)}
	if rank == 0 {
		times.Data = times.Data[:1]
		if slices.ContainsFunc(t, func(ti float64) bool { return ti != t[0] }) {
			return times, errors.New("the file takes one time for all points, and an adaptive solver gives each its own: use one that takes steps")
		}
	}
	return times, nil
}

// asSampler makes use of a file that holds its solver.
func (o *Opened) asSampler() error {
	s, noise := o.session, o.session.Inputs()[0]
	dims := s.Dims(noise)
	if len(dims) != 2 || dims[1] < 1 {
		return fmt.Errorf("its input %s has sizes %v: noise must be [batch, d] with d known", noise, dims)
	}
	o.Dim = dims[1]
	rows := inParts(func(_ []float64, x flow.Batch) (flow.Batch, error) {
		out, err := s.Run(tensorOf(x))
		if err != nil {
			return x, err
		}
		return batchOf(out[0], x)
	})
	o.Sampler = func(noise flow.Batch) (flow.Batch, error) { return rows(make([]float64, noise.Len()), noise) }
	return nil
}

// inParts returns the field, given at most maxRows points at once.
func inParts(field flow.RowField) flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		all := flow.Batch{Dim: x.Dim}
		for from := 0; from < x.Len(); from += maxRows {
			to := min(from+maxRows, x.Len())
			part, err := field(t[from:to], x.Slice(from, to))
			if err != nil {
				return all, err
			}
			all.Data = append(all.Data, part.Data...)
		}
		return all, nil
	}
}

func tensorOf(x flow.Batch) ort.Tensor {
	return ort.Tensor{Dims: []int{x.Len(), x.Dim}, Data: flow.Narrow(nil, x.Data)}
}

// batchOf returns an output that is to be of the size of x.
func batchOf(out ort.Tensor, x flow.Batch) (flow.Batch, error) {
	if !slices.Equal(out.Dims, []int{x.Len(), x.Dim}) {
		return x, fmt.Errorf("it returns sizes %v for points of sizes [%d %d]: they must be the same", out.Dims, x.Len(), x.Dim)
	}
	b := flow.NewBatch(x.Len(), x.Dim)
	for i, v := range out.Data {
		b.Data[i] = float64(v)
	}
	return b, nil
}
