package export

import (
	"fmt"
	"slices"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
)

// runner is an opened file whose inputs are known.
type runner struct {
	session *ort.Session
	roles
}

// rows runs a velocity or a sampler, in chunks.
func (m runner) rows(t []float64, x flow.Batch) (flow.Batch, error) {
	all := flow.Batch{Dim: m.dim, Data: make([]float64, 0, x.Len()*m.dim)}
	err := m.chunks(t, x, func(t []float64, part flow.Batch) error {
		out, err := m.call(t, part, m.points.Dims)
		all.Data = append(all.Data, out[:min(part.Len()*all.Dim, len(out))]...)
		return err
	})
	return all, err
}

// samples runs a sampler from noise, (n, d), with the noise of every step, (n, d) each, if it takes any.
func (m runner) samples(noise flow.Batch, steps ...flow.Batch) (flow.Batch, error) {
	if len(steps) != m.steps() {
		return noise, fmt.Errorf("the sampler takes the noise of %d steps, not of %d", m.steps(), len(steps))
	}
	return m.rows(make([]float64, noise.Len()), m.pack(noise, steps))
}

// densities runs a file of Density, in chunks.
func (m runner) densities(x flow.Batch) (logp []float64, err error) {
	err = m.chunks(make([]float64, x.Len()), x, func(t []float64, part flow.Batch) error {
		out, err := m.call(t, part, m.output.Dims[:1])
		logp = append(logp, out[:min(part.Len(), len(out))]...)
		return err
	})
	return logp, err
}

// chunks calls do with as many points at a time as the file takes, or maxRows. Where the file has one time for all points, a
// chunk ends where the time changes.
func (m runner) chunks(t []float64, x flow.Batch, do func(t []float64, x flow.Batch) error) error {
	size := m.roles.rows()
	if size == 0 {
		size = maxRows
	}
	shared := m.kind == "velocity" && !m.perRow()
	for from := 0; from < x.Len(); {
		to := min(from+size, x.Len())
		if shared {
			if other := slices.IndexFunc(t[from:to], func(ti float64) bool { return ti != t[from] }); other > 0 {
				to = from + other
			}
		}
		if err := do(t[from:to], x.Slice(from, to)); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// call runs the file on points, and on copies of the last one up to the number that it takes. The output has the sizes like,
// with that number as the first.
func (m runner) call(t []float64, x flow.Batch, like []int) ([]float64, error) {
	n := x.Len()
	if fixed := m.roles.rows(); fixed > n {
		t, x = slices.Clone(t), x.Clone()
		for ; n < fixed; n++ {
			t, x.Data = append(t, t[len(t)-1]), append(x.Data, x.Row(n-1)...)
		}
	}
	points, noise := m.unpack(x)
	inputs := map[string]ort.Array{m.points.Name: {Dims: withRows(m.points.Dims, n), Data: points}}
	if noise != nil {
		inputs[m.noise.Name] = ort.Array{Dims: []int{m.steps(), n, m.dim}, Data: noise}
	}
	if m.kind == "velocity" {
		inputs[m.times.Name] = m.timesOf(t)
	}
	for _, p := range m.others() {
		inputs[p.Name] = ort.Array{Dims: withRows(p.Dims, 1), Data: []float64{m.switches[p.Name]}}
	}
	out, err := m.session.RunNumbers(inputs, withRows(like, n))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.kind, err)
	}
	return out.Data, nil
}

// pack returns points with the noise of each step beside them, (n, d (1 + steps)), so that chunks take both.
func (m runner) pack(x flow.Batch, noise []flow.Batch) flow.Batch {
	all := flow.Batch{Dim: x.Dim * (1 + len(noise))}
	for i := range x.Len() {
		all.Data = append(all.Data, x.Row(i)...)
		for _, z := range noise {
			all.Data = append(all.Data, z.Row(i)...)
		}
	}
	return all
}

// unpack returns the points, (n, d), and the noise, (steps, n, d), of packed rows.
func (m runner) unpack(x flow.Batch) (points, noise []float64) {
	steps := m.steps()
	if steps == 0 {
		return x.Data, nil
	}
	n, d := x.Len(), m.dim
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
func (m runner) timesOf(t []float64) ort.Array {
	if m.perRow() {
		return ort.Array{Dims: withRows(m.times.Dims, len(t)), Data: t}
	}
	return ort.Array{Dims: withRows(m.times.Dims, 1), Data: t[:1]}
}

// others returns the inputs that are switches.
func (m runner) others() []ort.Port {
	inputs, _ := m.session.Ports()
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
