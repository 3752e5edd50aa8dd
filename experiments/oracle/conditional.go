package oracle

import (
	"encoding/binary"
	"math"

	"flowsweep/experiments/flow"
)

// Conditional computes the exact flow from N(0, I) to the law that each point is given, as an Oracle does for one law.
type Conditional struct {
	// Law returns the law given a row of flow.Batch.Given, (m): of zeros, that of all points.
	Law  func(row []float64) Law
	Path flow.Path

	known map[string]Oracle
}

// NewConditional returns the oracle of laws. It remembers them, so it is used from one goroutine at a time.
func NewConditional(law func(row []float64) Law, path flow.Path) Conditional {
	return Conditional{law, path, map[string]Oracle{}}
}

// maxKnown is the number of laws that are remembered: enough for classes, while numbers hardly repeat.
const maxKnown = 1024

// RowField returns the velocity u(t, x | c) of every point given its own row c.
func (o Conditional) RowField() flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		u := flow.NewBatch(x.Len(), x.Dim)
		for _, group := range groups(x) {
			ts := make([]float64, len(group))
			for i, k := range group {
				ts[i] = t[k]
			}
			got, err := o.of(x.GivenTo(group[0])).RowField()(ts, x.Take(flow.Batch{}, group))
			if err != nil {
				return flow.Batch{}, err
			}
			for i, k := range group {
				copy(u.Row(k), got.Row(i))
			}
		}
		return u, nil
	}
}

// of returns the oracle of the law given a row.
func (o Conditional) of(row []float64) Oracle {
	key := bits(row)
	of, ok := o.known[key]
	if !ok {
		of = Oracle{Law: o.Law(row), Path: o.Path}
		if len(o.known) < maxKnown {
			o.known[key] = of
		}
	}
	return of
}

// Among is what points are given: rows with their shares of the points or, without shares, equally likely draws of rows.
type Among struct {
	Rows   [][]float64 // (k, m)
	Shares []float64   // (k), sum 1, or nil
}

// FloorOver is Oracle.FloorOver for velocities that depend on what points are given too: the mean of the floors given each row,
//
//	floor = E_c min_v E[ |a' X1 + s' X0 - v(t, X_t, c)|^2 | c ] / d
//
// It is never above the floor of a velocity that does not know c.
func (o Conditional) FloorOver(times flow.Times, among Among, n int, seed uint64) (value, se float64) {
	return among.mean(n, func(row []float64, n int) (float64, float64) { return o.of(row).FloorOver(times, n, seed) })
}

// Entropy returns the conditional entropy -E[log q(X | c)] in nats, and its standard error from about n draws.
func (o Conditional) Entropy(among Among, n int, seed uint64) (nats, se float64) {
	return among.mean(n, func(row []float64, n int) (float64, float64) { return o.of(row).Law.Entropy(n, seed) })
}

// mean returns the mean over the rows of what is known of each from so many draws of n, with its standard error.
func (a Among) mean(n int, of func(row []float64, n int) (value, se float64)) (value, se float64) {
	k := float64(len(a.Rows))
	values, squares := make([]float64, len(a.Rows)), 0.
	for i, row := range a.Rows {
		share := 1 / k
		if a.Shares != nil {
			share = a.Shares[i]
		}
		if share == 0 {
			continue
		}
		v, e := of(row, int(math.Ceil(share*float64(n))))
		values[i] = v
		value += share * v
		squares += share * share * e * e
	}
	if a.Shares != nil || math.IsInf(value, 0) {
		return value, math.Sqrt(squares)
	}
	// The rows are draws too, and their scatter holds that of the values.
	spread := 0.
	for _, v := range values {
		spread += (v - value) * (v - value)
	}
	return value, math.Sqrt(max(squares, spread/(k*(k-1))))
}

// groups returns the points that are given the same, in the order of the first of them.
func groups(x flow.Batch) (list [][]int) {
	at := map[string]int{}
	for i := range x.Len() {
		key := bits(x.GivenTo(i))
		k, ok := at[key]
		if !ok {
			k = len(list)
			at[key], list = k, append(list, nil)
		}
		list[k] = append(list[k], i)
	}
	return list
}

func bits(row []float64) string {
	text := make([]byte, 0, 8*len(row))
	for _, v := range row {
		text = binary.LittleEndian.AppendUint64(text, math.Float64bits(v))
	}
	return string(text)
}

// EachPart calls do with every point of x, (n, d), and log(w_i p_i(x)) of every part of the law, in their order: its weight times its
// density. Points are visited in order, and the logs are do's until it returns. They are not finite for a law without a density.
func EachPart(law Law, x flow.Batch, do func(i int, logs []float64)) {
	p, logs := law.posterior(), make([]float64, law.parts())
	p.set(observation{a: 1})
	for i := range x.Len() {
		p.logs(x.Row(i), logs)
		do(i, logs)
	}
}
