package roles

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
)

// MaxRows is the number of points a file is given at once. That is enough to be fast. With many more, the values of a wide net
// no longer fit the cache, and it is up to a third slower.
const MaxRows = 1024

// Runner is an opened file whose inputs are known.
type Runner struct {
	Session *ort.Session
	Roles
	Guidance float64 // of a conditional file that takes one
}

// Rows runs a velocity at times, (n), and points, (n, d), or a sampler from noise, (n, d), in chunks. It returns (n, d).
func (m Runner) Rows(t []float64, x flow.Batch) (flow.Batch, error) {
	all := flow.NewBatch(x.Len(), m.Dim)
	err := m.chunks(t, x, func(from int, t []float64, part flow.Batch) error {
		out, err := m.call(t, part, m.points.Dims)
		copy(all.Slice(from, from+part.Len()).Data, out)
		return err
	})
	return all, err
}

// Samples runs a sampler from noise, (n, d), with the noise of every step, (n, d) each, if it takes any.
func (m Runner) Samples(noise flow.Batch, steps ...flow.Batch) (flow.Batch, error) {
	if len(steps) != m.Steps() {
		return noise, fmt.Errorf("the sampler takes the noise of %d steps, not of %d", m.Steps(), len(steps))
	}
	if m.Width == 0 {
		return m.Rows(make([]float64, noise.Len()), m.pack(noise, steps))
	}
	all := flow.NewBatch(noise.Len(), m.Width)
	err := m.chunks(make([]float64, noise.Len()), m.pack(noise, steps), func(from int, t []float64, part flow.Batch) error {
		out, err := m.call(t, part, m.Output.Dims)
		copy(all.Slice(from, from+part.Len()).Data, out)
		return err
	})
	return all, err
}

// decodes reports whether a file is a sampler of this program that returns rows of a table, which may have more numbers than its noise, or
// fewer, and fills in the roles if so.
func (r *Roles) decodes(outputs []ort.Port) bool {
	i := slices.IndexFunc(outputs, func(p ort.Port) bool { return p.Name == "samples" })
	if i < 0 || r.points.Name != "noise" {
		return false
	}
	in, ok := width(r.points)
	out, ok2 := width(outputs[i])
	if !ok || !ok2 || in == out || len(r.points.Dims) != 2 || len(outputs[i].Dims) != 2 {
		return false
	}
	r.Dim, r.Width, r.Output = in, out, outputs[i]
	return true
}

// Densities runs a density file on points, (n, d), in chunks. It returns their log densities, (n), in nats.
func (m Runner) Densities(x flow.Batch) ([]float64, error) {
	logp := make([]float64, x.Len())
	err := m.chunks(make([]float64, x.Len()), x, func(from int, t []float64, part flow.Batch) error {
		out, err := m.call(t, part, m.Output.Dims[:1])
		copy(logp[from:from+part.Len()], out)
		return err
	})
	return logp, err
}

// chunks calls do, on all cores, with as many points at a time as the file takes, or MaxRows, of which the first is number from.
// Where the file has one time for all points, a chunk ends where the time changes.
func (m Runner) chunks(t []float64, x flow.Batch, do func(from int, t []float64, x flow.Batch) error) error {
	size := m.Roles.rows()
	if size == 0 {
		size = MaxRows
	}
	shared := m.Kind == "velocity" && !m.perRow()
	ends := []int{0}
	for from := 0; from < x.Len(); from = ends[len(ends)-1] {
		to := min(from+size, x.Len())
		if shared {
			if other := slices.IndexFunc(t[from:to], func(ti float64) bool { return ti != t[from] }); other > 0 {
				to = from + other
			}
		}
		ends = append(ends, to)
	}
	errs := make([]error, len(ends)-1)
	flow.Parallel(len(errs), func(k int) {
		errs[k] = do(ends[k], t[ends[k]:ends[k+1]], x.Slice(ends[k], ends[k+1]))
	})
	return cmp.Or(errs...) // the first, if any
}

// call runs the file on points, and on copies of the last one up to the number that it takes. The output has the sizes like,
// with that number as the first.
func (m Runner) call(t []float64, x flow.Batch, like []int) ([]float64, error) {
	n := x.Len()
	if fixed := m.Roles.rows(); fixed > n {
		t, x = slices.Clone(t), x.Clone()
		for ; n < fixed; n++ {
			t, x.Data = append(t, t[len(t)-1]), append(x.Data, x.Row(n-1)...)
		}
	}
	given, err := m.Conditional.Arrays(x.Given, m.Guidance)
	if err != nil {
		return nil, err
	}
	points, noise := m.unpack(x)
	inputs := map[string]ort.Array{m.points.Name: {Dims: withRows(m.points.Dims, n), Data: points}}
	if noise != nil {
		inputs[m.noise.Name] = ort.Array{Dims: slices.Concat([]int{m.Steps()}, withRows(m.points.Dims, n)), Data: noise}
	}
	if m.Kind == "velocity" {
		inputs[m.times.Name] = m.timesOf(t)
	}
	maps.Copy(inputs, given)
	for _, p := range m.others() {
		inputs[p.Name] = ort.Array{Dims: withRows(p.Dims, 1), Data: []float64{m.switches[p.Name]}}
	}
	out, err := m.Session.RunNumbers(inputs, withRows(like, n))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Kind, err)
	}
	return out.Data, nil
}

// pack returns points with the noise of each step beside them, (n, d (1 + steps)), so that chunks take both.
func (m Runner) pack(x flow.Batch, noise []flow.Batch) flow.Batch {
	all := flow.Batch{Dim: x.Dim * (1 + len(noise)), Given: x.Given}
	for i := range x.Len() {
		all.Data = append(all.Data, x.Row(i)...)
		for _, z := range noise {
			all.Data = append(all.Data, z.Row(i)...)
		}
	}
	return all
}

// unpack returns the points, (n, d), and the noise, (steps, n, d), of packed rows.
func (m Runner) unpack(x flow.Batch) (points, noise []float64) {
	steps := m.Steps()
	if steps == 0 {
		return x.Data, nil
	}
	n, d := x.Len(), m.Dim
	points, noise = make([]float64, n*d), make([]float64, steps*n*d)
	for i := range n {
		copy(points[i*d:], x.Row(i)[:d])
		for k := range steps {
			copy(noise[(k*n+i)*d:], x.Row(i)[(1+k)*d:(2+k)*d])
		}
	}
	return points, noise
}

// timesOf returns the times in the shape that the file takes: one for each point, or one for all.
func (m Runner) timesOf(t []float64) ort.Array {
	if m.perRow() {
		return ort.Array{Dims: withRows(m.times.Dims, len(t)), Data: t}
	}
	return ort.Array{Dims: withRows(m.times.Dims, 1), Data: t[:1]}
}

// others returns the inputs that are switches.
func (m Runner) others() []ort.Port {
	inputs, _ := m.Session.Ports()
	return slices.DeleteFunc(inputs, func(p ort.Port) bool { _, ok := m.switches[p.Name]; return !ok })
}

// withRows returns the sizes with n as the first, and 1 for others that are not known.
func withRows(dims []int, n int) []int {
	out := make([]int, len(dims))
	for i, d := range dims {
		out[i] = max(d, 1)
		if i == 0 {
			out[i] = n
		}
	}
	return out
}

// width returns the number of coordinates of a point, and whether the file says it.
func width(p ort.Port) (n int, known bool) {
	if len(p.Dims) < 2 {
		return 0, false
	}
	n = 1
	for _, d := range p.Dims[1:] {
		if d < 0 {
			return 0, false
		}
		n *= d
	}
	return n, true
}
