package target

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// File is how a spec names a target of the user's own data. What it stands for is the Data of its rows.
type File struct {
	File        string   `json:"file" text:"any" required:"yes" doc:"path of a .csv or .npy file, from the folder of the spec"`
	Columns     []string `json:"columns" doc:"names of the columns, or their numbers from 0 where the file has no names; all columns of numbers if left out"`
	Standardise bool     `json:"standardise" doc:"train on (x - mean) / std of each column; samples come back in the units of the file"`
	Noise       float64  `json:"noise" min:"0" doc:"standard deviation of Gaussian noise on every draw, on the scale that is trained on"`
	Holdout     float64  `json:"holdout" min:"0" below:"1" doc:"share of the rows that are kept out of training, to measure against"`
}

// FileName is the name of the targets that a File stands for.
const FileName = "file"

// DefaultFile is a File with nothing written in it.
var DefaultFile = File{Standardise: true, Holdout: .2}

// Data is a target made of rows, each equally likely (the bootstrap), with Gaussian noise.
//
// A share of the rows, Holdout, is never drawn: they are Target.Held, for samples to be measured against. Which rows
// depends on their number and on nothing else: the round(Holdout n) ones whose index has the smallest hash. A row that
// the data hold twice may be on both sides.
//
// With Standardise the target is that of z = (x - m) / s, m and s being the mean and the standard deviation (with divisor
// n) of each column over the rows that are drawn; Target.Units takes it back.
type Data struct {
	Columns     []string
	Rows        flow.Batch // (n, d), finite, in the user's own units
	Standardise bool
	Noise       float64
	Holdout     float64
}

// The sizes of data.
const (
	mostLawRows = 50_000 // in closed form: an exact velocity costs as much as its rows
	leastRows   = 2      // on either side, for a variance
)

// Make returns the target, whose law is that of the rows drawn, in closed form up to mostLawRows of them. Its error
// begins with the parameter of File at fault.
func (d Data) Make() (Target, error) {
	drawn, held, err := d.split()
	if err != nil {
		return Target{}, err
	}
	if err := d.check(drawn); err != nil {
		return Target{}, err
	}
	var units flow.Affine
	if d.Standardise {
		if units, err = d.standard(drawn); err != nil {
			return Target{}, err
		}
	}
	law := oracle.Mixture{Means: units.Undo(drawn), Std: []float64{d.Noise}}
	content := flow.EncodeNPY64(d.Rows)
	sum := sha256.Sum256(content)
	t := ofLaw(FileName, dataset{d, hex.EncodeToString(sum[:])}, law)
	t.Held, t.Units, t.Columns, t.Content = units.Undo(held), units, d.Columns, content
	if drawn.Len() > mostLawRows {
		t.Law = nil
	}
	return t, nil
}

// split returns the rows that are drawn and those held out, both in the order of the data.
func (d Data) split() (drawn, held flow.Batch, err error) {
	n := d.Rows.Len()
	out := int(math.Round(d.Holdout * float64(n)))
	if d.Holdout > 0 && out < leastRows {
		return drawn, held, fmt.Errorf("holdout: %g of %d rows is %d: at least %d are needed to measure against: hold out more, or add rows",
			d.Holdout, n, out, leastRows)
	}
	if n-out < leastRows {
		return drawn, held, fmt.Errorf("file: %d of %d rows are left to train on: at least %d are needed: hold out less, or add rows", n-out, n, leastRows)
	}
	hash := make([]uint64, n)
	order := make([]int, n)
	stream := flow.NewStream(0, "holdout")
	for i := range order {
		hash[i], order[i] = stream.At(uint64(i)).Uint64(), i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(hash[a], hash[b]), cmp.Compare(a, b)) })
	isOut := make([]bool, n)
	for _, i := range order[:out] {
		isOut[i] = true
	}
	drawn.Dim, held.Dim = d.Rows.Dim, d.Rows.Dim
	for i := range n {
		if isOut[i] {
			held.Data = append(held.Data, d.Rows.Row(i)...)
		} else {
			drawn.Data = append(drawn.Data, d.Rows.Row(i)...)
		}
	}
	return drawn, held, nil
}

// mostOffset is how many standard deviations from 0 a column may lie: 32-bit floats, in which nets compute and files are
// written, then still have steps below a hundredth of one.
const mostOffset = 1e5

// check returns an error where a column is not one that 32-bit floats can hold.
func (d Data) check(drawn flow.Batch) error {
	mean, std := drawn.Moments()
	for j, name := range d.Columns {
		switch {
		case constant(drawn, j):
		case math.Abs(mean[j]) > mostOffset*std[j]:
			return fmt.Errorf("columns: %q lies at %.6g, give or take %.3g: 32-bit floats can hardly tell its values apart: subtract a constant from it",
				name, mean[j], std[j])
		case std[j] < 1e-30 || !(math.Abs(mean[j])+std[j] < 1e30):
			return fmt.Errorf("columns: the values of %q are too small or too large for 32-bit floats, %.3g give or take %.3g: use another unit",
				name, mean[j], std[j])
		}
	}
	return nil
}

// standard returns the map from standardised rows to these.
func (d Data) standard(rows flow.Batch) (flow.Affine, error) {
	mean, std := rows.Moments()
	var flat []string
	for j, name := range d.Columns {
		if constant(rows, j) {
			flat = append(flat, strconv.Quote(name))
		}
	}
	if len(flat) > 0 {
		return flow.Affine{}, fmt.Errorf("columns: constant over the rows that are trained on: %s: leave out what does not vary, or say standardise: false",
			strings.Join(flat, ", "))
	}
	return flow.Affine{Scale: std, Shift: mean}, nil
}

// constant reports whether a column has one value. Its standard deviation may be a rounding error.
func constant(rows flow.Batch, j int) bool {
	for i := range rows.Len() {
		if rows.Row(i)[j] != rows.Row(0)[j] {
			return false
		}
	}
	return true
}

// dataset is Data as the parameters of a target: with what names its rows, wherever they came from.
type dataset struct {
	Data
	sum string
}

// MarshalJSON returns what tells data apart. The path of a file is none of it.
func (d dataset) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		SHA256      string   `json:"sha256"` // of Target.Content
		Rows        int      `json:"rows"`
		Columns     []string `json:"columns"`
		Standardise bool     `json:"standardise"`
		Noise       float64  `json:"noise"`
		Holdout     float64  `json:"holdout"`
	}{d.sum, d.Rows.Len(), d.Columns, d.Standardise, d.Noise, d.Holdout})
}
