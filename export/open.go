package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
)

// maxRows is the number of points a file is given at once. That is enough to be fast. With many more, the values of a wide net
// no longer fit the cache, and it is up to a third slower.
const maxRows = 1024

// Opened is an ONNX file of any origin, ready to run: a velocity with two inputs, times and points, or a sampler with one,
// noise, or a file of Density. It is used from one goroutine at a time.
type Opened struct {
	Dim      int
	Velocity flow.RowField                              // nil for a sampler
	Sampler  func(noise flow.Batch) (flow.Batch, error) // noise to samples; nil for a velocity
	Density  func(data flow.Batch) ([]float64, error)   // log densities of points, (n); nil for the others
	Units    flow.Units                                 // of the samples of a velocity, if the file has them
	Columns  []string                                   // names of the coordinates, if the file has them
	session  *ort.Session
}

// Open opens a velocity or a sampler to run on the given number of threads. Close it after use.
func Open(file []byte, threads int) (*Opened, error) {
	s, err := ort.Open(file, ort.SessionOptions{Optimise: ort.All, Threads: threads})
	if err != nil {
		return nil, err
	}
	o := &Opened{session: s}
	switch inputs := s.Inputs(); {
	case len(inputs) == 1 && slices.Equal(s.Outputs(), []string{"noise", "log_prob"}):
		err = o.openDensity()
	case len(inputs) == 1:
		err = o.openSampler()
	case len(inputs) == 2:
		err = o.openVelocity()
	default:
		err = fmt.Errorf("it takes the inputs %v: a velocity takes times and points, a sampler noise", inputs)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	units, columns := Units(file)
	if units.Dim() == o.Dim {
		o.Units = units
	}
	if len(columns) == o.Dim {
		o.Columns = columns
	}
	return o, nil
}

// Close frees the file's session.
func (o *Opened) Close() error { return o.session.Close() }

// timeNames are the names of the times, in lower case.
var timeNames = []string{"t", "time", "times", "timestep", "timesteps"}

// openVelocity finds which of the two inputs is the times and what rank it has.
func (o *Opened) openVelocity() error {
	s, inputs := o.session, o.session.Inputs()
	at := slices.IndexFunc(inputs, func(name string) bool { return slices.Contains(timeNames, strings.ToLower(name)) })
	if at < 0 {
		at = slices.IndexFunc(inputs, func(name string) bool { return len(s.Dims(name)) < 2 })
	}
	if at < 0 {
		return fmt.Errorf("cannot tell which of its inputs %v is the times: name it t", inputs)
	}
	points := s.Dims(inputs[1-at])
	if len(points) != 2 || points[1] < 1 {
		return fmt.Errorf("its points %s have shape %v: must be [batch, d] with d known", inputs[1-at], points)
	}
	rank := len(s.Dims(inputs[at]))
	if rank > 2 {
		return fmt.Errorf("its times %s have shape %v: must be [batch, 1], [batch] or a scalar", inputs[at], s.Dims(inputs[at]))
	}
	o.Dim = points[1]
	o.Velocity = inChunks(func(t []float64, x flow.Batch) (flow.Batch, error) {
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

// timesOf returns the times as a tensor of the given rank: [n, 1], [n], or a single time for all points.
func timesOf(t []float64, rank int) (ort.Tensor, error) {
	times := ort.Tensor{Dims: []int{len(t), 1}[:rank], Data: flow.Narrow(nil, t)}
	if rank == 0 {
		times.Data = times.Data[:1]
		if slices.ContainsFunc(t, func(ti float64) bool { return ti != t[0] }) {
			return times, errors.New("the file takes one time for all points, but an adaptive solver gives each its own: use a solver with fixed steps")
		}
	}
	return times, nil
}

// openSampler uses a file that contains its solver.
func (o *Opened) openSampler() error {
	s, noise := o.session, o.session.Inputs()[0]
	dims := s.Dims(noise)
	if len(dims) != 2 || dims[1] < 1 {
		return fmt.Errorf("its input %s has shape %v: noise must be [batch, d] with d known", noise, dims)
	}
	o.Dim = dims[1]
	rows := inChunks(func(_ []float64, x flow.Batch) (flow.Batch, error) {
		out, err := s.Run(tensorOf(x))
		if err != nil {
			return x, err
		}
		return batchOf(out[0], x)
	})
	o.Sampler = func(noise flow.Batch) (flow.Batch, error) { return rows(make([]float64, noise.Len()), noise) }
	return nil
}

// openDensity uses a file of Density.
func (o *Opened) openDensity() error {
	s := o.session
	dims := s.Dims("data")
	if len(dims) != 2 || dims[1] < 1 {
		return fmt.Errorf("its input data has shape %v: must be [batch, d] with d known", dims)
	}
	o.Dim = dims[1]
	o.Density = func(data flow.Batch) (logp []float64, err error) {
		for from := 0; from < data.Len(); from += maxRows {
			part := data.Slice(from, min(from+maxRows, data.Len()))
			out, err := s.Run(tensorOf(part))
			if err != nil {
				return nil, err
			}
			if len(out[1].Data) != part.Len() {
				return nil, fmt.Errorf("it returns log densities of shape %v for %d points", out[1].Dims, part.Len())
			}
			for _, v := range out[1].Data {
				logp = append(logp, float64(v))
			}
		}
		return logp, nil
	}
	return nil
}

// inChunks returns the field, called with at most maxRows points at a time.
func inChunks(field flow.RowField) flow.RowField {
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

// batchOf returns an output, which must have the shape of x.
func batchOf(out ort.Tensor, x flow.Batch) (flow.Batch, error) {
	if !slices.Equal(out.Dims, []int{x.Len(), x.Dim}) {
		return x, fmt.Errorf("it returns shape %v for points of shape [%d %d]: they must be the same", out.Dims, x.Len(), x.Dim)
	}
	b := flow.NewBatch(x.Len(), x.Dim)
	for i, v := range out.Data {
		b.Data[i] = float64(v)
	}
	return b, nil
}
