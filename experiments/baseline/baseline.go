// Package baseline draws samples that come from no net, to compare those of nets with: a net should beat a normal
// distribution and a kernel density estimate, should not be mistaken for its training rows, and cannot do better than the
// truth.
//
//	draw, err := baseline.KDE.Fit(baseline.Data{Rows: rows, Truth: truth})
//	samples := draw(2000, flow.NewStream(seed, "baseline kde 0"))
package baseline

import (
	"errors"
	"fmt"

	"flowsweep/experiments/flow"
)

// Data is what a baseline may use.
type Data struct {
	Rows  flow.Batch // the training rows, (n, d), finite
	Truth Sampler    // at most n other points of the truth, which are not those of the reference either
}

// Sampler returns n points, (n, d), of which row i is drawn from id i of the stream.
type Sampler func(n int, stream *flow.Stream) flow.Batch

// Baseline is a named way to make samples without a net.
type Baseline struct {
	Name string
	Doc  string // sentences for the report
	Fit  func(Data) (Sampler, error)
	Real bool // its points are the truth itself, so rows that training uses may be among them
}

// Resample draws training rows, each as likely as any other.
var Resample = Baseline{
	Name: "resample",
	Doc: "Training rows, drawn again and again: what a net would give that has memorised them. Metrics of two samples cannot tell it from " +
		"the truth; metrics that know the training rows can.",
	Fit: func(of Data) (Sampler, error) {
		if err := checkRows(of.Rows); err != nil {
			return nil, err
		}
		return func(n int, stream *flow.Stream) flow.Batch {
			rows := make([]int, n)
			for i := range rows {
				rows[i] = stream.At(uint64(i)).IntN(of.Rows.Len())
			}
			return of.Rows.Take(flow.Batch{}, rows)
		}, nil
	},
}

// Truth draws the target itself or, where it is known from rows alone, other rows than those of the reference.
var Truth = Baseline{
	Name: "truth",
	Doc: "Fresh draws of the target. Of data with held-out rows, these are rows that are not in the reference, each at most once: first " +
		"those that neither training nor any choice uses and then, where these are too few, training rows.",
	Fit:  func(of Data) (Sampler, error) { return of.Truth, nil },
	Real: true,
}

// Baselines lists every baseline.
var Baselines = []Baseline{Gaussian, KDE, Resample, Truth}

// MarshalText returns the baseline as written in a spec: its name.
func (b Baseline) MarshalText() ([]byte, error) { return []byte(b.Name), nil }

func checkRows(rows flow.Batch) error {
	if rows.Len() < 2 {
		return fmt.Errorf("%d training rows: at least 2 are needed", rows.Len())
	}
	if !rows.Finite() {
		return errors.New("a training row is not finite: leave it out")
	}
	return nil
}

// standard returns the rows with mean 0 and standard deviation 1 in every coordinate, and the way back. A constant
// coordinate becomes 0, and scale 0 brings it back; dims is the number of the others.
func standard(rows flow.Batch) (z flow.Batch, back flow.Units, dims int) {
	mean, std := rows.Moments()
	z = flow.NewBatch(rows.Len(), rows.Dim)
	for j := range z.Dim {
		if constant(rows, j) { // rounding may give it another mean, and a deviation
			mean[j], std[j] = rows.Row(0)[j], 0
			continue
		}
		dims++
		for i := range z.Len() {
			z.Row(i)[j] = (rows.Row(i)[j] - mean[j]) / std[j]
		}
	}
	return z, flow.Units{Scale: std, Shift: mean}, dims
}

// constant reports whether all values of a coordinate are equal.
func constant(rows flow.Batch, j int) bool {
	for i := range rows.Len() {
		if rows.Row(i)[j] != rows.Row(0)[j] {
			return false
		}
	}
	return true
}
