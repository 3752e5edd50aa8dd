package guided

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
)

// Tensor returns what points are given, (n, m), as the input of a file.
func (g Model) Tensor(rows []float64) ort.Tensor {
	n := len(rows) / g.Given.Width()
	t := ort.Tensor{Dims: []int{n}, Data: make([]float32, 0, n)}
	if k := len(g.Given.Numbers); k > 0 {
		t.Dims = []int{n, k}
	}
	for i := range n {
		own := rows[i*g.Given.Width() : (i+1)*g.Given.Width()]
		if len(g.Given.Classes) > 0 {
			t.Data = append(t.Data, float32(given.ClassOf(own)))
			continue
		}
		for j, v := range g.Given.Values(own) {
			if own[0] == 0 { // nothing: any number does with a guidance of 0
				v = g.Given.Numbers[j].Mean
			}
			t.Data = append(t.Data, float32(v))
		}
	}
	return t
}

// Ports returns the inputs of a file that are not among times, points and noise.
func (g Model) Ports() []string {
	switch {
	case g.Empty():
		return nil
	case g.Whole:
		return []string{g.input(), Guidance}
	default:
		return []string{g.input()}
	}
}

// Arrays returns what points are given, (n, m), and a weight, as the inputs of a file by their names. Rows of nothing, all or none of
// them, take a guidance of 0 where that is the only way to say so.
func (g Model) Arrays(rows []float64, w float64) (map[string]ort.Array, error) {
	if g.Empty() {
		return nil, nil
	}
	m := g.Given.Width()
	nothing := 0
	for i := 0; i < len(rows); i += m {
		if !slices.ContainsFunc(rows[i:i+m], func(v float64) bool { return v != 0 }) {
			nothing++
		}
	}
	switch {
	case len(rows) == 0:
		return nil, fmt.Errorf("it is conditional on %s: say what its samples are given", g.words())
	case nothing > 0 && !g.Whole:
		return nil, fmt.Errorf("it has not learnt the whole distribution: say what its samples are given, %s", g.words())
	case nothing > 0 && len(g.Given.Numbers) > 0:
		w = 0
	}
	t := g.Tensor(rows)
	arrays := map[string]ort.Array{g.input(): {Dims: t.Dims, Data: flow.Widen(t.Data)}}
	if g.Whole {
		arrays[Guidance] = ort.Array{Data: []float64{w}}
	}
	return arrays, nil
}

// words names what the model is conditional on.
func (g Model) words() string {
	if len(g.Given.Classes) > 0 {
		return g.Given.Label
	}
	return strings.Join(g.Given.Names(), ", ")
}

// Rows returns what n points are given to compare a file with Go, (n, m): every class in turn and, if that has a meaning, none, or seeded
// numbers that are exact in 32 bits.
func (g Model) Rows(n int) (rows []float64) {
	if g.Empty() {
		return nil
	}
	kinds := len(g.Given.Classes)
	if g.Whole {
		kinds++
	}
	numbers := flow.NewBatch(n, max(len(g.Given.Numbers), 1))
	flow.NewStream(0, "verify conditions").Normal(numbers, 0)
	for i := range n {
		if len(g.Given.Classes) > 0 {
			k := i % kinds
			if k == len(g.Given.Classes) {
				k = given.None
			}
			rows = append(rows, g.Given.Class(k)...)
			continue
		}
		values := make([]float64, len(g.Given.Numbers))
		for j, of := range g.Given.Numbers {
			values[j] = float64(float32(of.Mean + of.Std*numbers.Row(i)[j]))
		}
		rows = append(rows, g.Given.Row(values)...)
	}
	return rows
}

// Weights returns the weights that a file is compared with Go at besides its default: nothing, what points are given, and beyond.
func (g Model) Weights() (list []flow.Guidance) {
	if g.Empty() || !g.Whole {
		return nil
	}
	for _, w := range []float64{0, 1, 2} {
		if w != g.Guidance.Weight() {
			list = append(list, flow.Guided(w))
		}
	}
	return list
}

// Default returns a weight as the input of a file, one number, or nil if it takes none.
func (g Model) Default(w flow.Guidance) []float32 {
	if g.Empty() || !g.Whole {
		return nil
	}
	return []float32{float32(w.Weight())}
}

// Vectors is what points are given, as the inputs of a file.
type Vectors struct {
	Label     []int       `json:"label,omitempty"`
	Condition [][]float32 `json:"condition,omitempty"`
	Guidance  *float32    `json:"guidance,omitempty"`
}

// Vectors returns what points are given, (n, m), for a file of test vectors.
func (g Model) Vectors(rows []float64) (v Vectors) {
	if g.Empty() {
		return v
	}
	t := g.Tensor(rows)
	if len(t.Dims) > 1 {
		v.Condition = slices.Collect(slices.Chunk(t.Data, t.Dims[1]))
	} else {
		for _, k := range t.Data {
			v.Label = append(v.Label, int(k))
		}
	}
	if w := g.Default(g.Guidance); w != nil {
		v.Guidance = &w[0]
	}
	return v
}
