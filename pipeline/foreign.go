package pipeline

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/export"
)

// fileRows is how many points a file is given at once: enough to be quick, and few enough for what a wide net makes of them
// to stay in the cache, where many more are up to a third slower.
const fileRows = 1024

// fileVelocities opens an ONNX file from anywhere: a velocity of two inputs, times and points, or a sampler of one, noise.
func fileVelocities(name string, content []byte, f drawFlags) (velocities, error) {
	options := ort.SessionOptions{Optimise: ort.All, Threads: runtime.GOMAXPROCS(0)}
	s, err := ort.Open(content, options)
	if err != nil {
		return velocities{}, fmt.Errorf("%s: %w", name, err)
	}
	v := velocities{name: name, path: flow.CondOT, close: s.Close}
	switch inputs := s.Inputs(); len(inputs) {
	case 1:
		err = v.asSampler(s, f)
	case 2:
		err = v.asVelocity(s, inputs)
	default:
		err = fmt.Errorf("it takes the inputs %v: a velocity takes times and points, a sampler noise", inputs)
	}
	if err != nil {
		s.Close()
		return velocities{}, fmt.Errorf("%s: %w", name, err)
	}
	units, columns := export.Units(content)
	if len(units.Scale) == v.dim {
		v.units = units
	}
	if len(columns) == v.dim {
		v.columns = columns
	}
	return v, nil
}

// asVelocity finds out which of two inputs the times are, and of what rank.
func (v *velocities) asVelocity(s *ort.Session, inputs []string) error {
	at := slices.IndexFunc(inputs, func(name string) bool {
		return slices.Contains([]string{"t", "time", "times", "timestep", "timesteps"}, strings.ToLower(name))
	})
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
	v.dim = points[1]
	rank := len(s.Dims(inputs[at]))
	if rank > 2 {
		return fmt.Errorf("its times %s have sizes %v: they must be [batch, 1], [batch] or none", inputs[at], s.Dims(inputs[at]))
	}
	v.rows = inRows(func(t []float64, x flow.Batch) (flow.Batch, error) {
		times := ort.Tensor{Dims: []int{len(t), 1}[:rank], Data: narrowed(t)}
		if rank == 0 {
			times.Data = times.Data[:1]
			if slices.ContainsFunc(t, func(ti float64) bool { return ti != t[0] }) {
				return x, errors.New("the file takes one time for all points, and an adaptive solver gives each its own: use one that takes steps")
			}
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
	v.field = v.rows.Field()
	return nil
}

// asSampler makes whole of a file that holds its solver. Steps are even ones in place of its own grid.
func (v *velocities) asSampler(s *ort.Session, f drawFlags) error {
	noise := s.Inputs()[0]
	dims := s.Dims(noise)
	if len(dims) != 2 || dims[1] < 1 {
		return fmt.Errorf("its input %s has sizes %v: noise must be [batch, d] with d known", noise, dims)
	}
	for _, flag := range []struct{ name, value string }{{"solver", f.solver}, {"steps", f.steps}, {"tolerance", f.tolerance}, {"grid", f.grid}, {"path", f.path}} {
		if flag.value != "" {
			return fmt.Errorf("it is a sampler, which holds its solver and steps: leave --%s out, or sample velocity.onnx", flag.name)
		}
	}
	v.dim = dims[1]
	v.whole = carrier(s)
	return nil
}

// carrier returns what carries noise to samples by a file of one input.
func carrier(s *ort.Session) func(x0 flow.Batch) (flow.Batch, error) {
	rows := inRows(func(_ []float64, x flow.Batch) (flow.Batch, error) {
		out, err := s.Run(tensorOf(x))
		if err != nil {
			return x, err
		}
		return batchOf(out[0], x)
	})
	return func(x0 flow.Batch) (flow.Batch, error) { return rows(make([]float64, x0.Len()), x0) }
}

// inRows returns the field, given at most fileRows points at once.
func inRows(field flow.RowField) flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		all := flow.Batch{Dim: x.Dim}
		for from := 0; from < x.Len(); from += fileRows {
			to := min(from+fileRows, x.Len())
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
	return ort.Tensor{Dims: []int{x.Len(), x.Dim}, Data: narrowed(x.Data)}
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

func narrowed(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}
