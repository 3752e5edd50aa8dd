package target

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/table"
)

// File is the form in a spec of a target from the user's own data. It stands for the Data of the file's rows.
type File struct {
	File        string         `json:"file" text:"any" required:"yes" doc:"path of a .csv, .tsv, .txt, .npy, .npz or .parquet file, or such a file with .gz, relative to the folder of the spec"`
	Columns     []kinds.Choice `json:"columns" doc:"names of the columns, or their numbers from 0 if the file has no names, or a mapping of these to kinds: real, positive, {bounded: [0, 1]}, integer, categorical, constant; kinds that are not given are guessed; default: all columns but words that do not repeat"`
	Standardise Scaling        `json:"standardise" doc:"true: train on (x - mean) / std of each column; robust: on (x - median) / (interquartile range / 1.349), which outliers do not move; quantile: on the normal scores of the ranks, so that every column is normal; samples are converted back to the units of the file"`
	Noise       float64        `json:"noise" min:"0" doc:"standard deviation of the Gaussian noise added to every draw, after standardising"`
	Holdout     float64        `json:"holdout" min:"0" below:"1" doc:"fraction of the rows held out of training, for measuring"`

	Shape     []float64 `json:"shape" doc:"channels, height and width of the images that the rows are, such as [1, 8, 8]; their pixels are scaled together"`
	Mixture   int       `json:"mixture" min:"0" doc:"learn, instead of the rows, the mixture of so many Gaussians that fits them best, whose velocity and floor are known"`
	Label     Label     `json:"label" excludes:"condition" doc:"classes that models are conditional on: the name of a column, or a file of its own with one for each row"`
	Condition []string  `json:"condition" doc:"names of columns of numbers that models are conditional on"`

	Held string `json:"held" text:"any" doc:"name of a column that is 1 in the rows to hold out and 0 in others, instead of holdout"`

	Exclude   []string     `json:"exclude" doc:"names of columns to leave out"`
	Missing   string       `json:"missing" oneof:"error drop" doc:"what to do about rows with a missing value in a column that is taken: error, or drop these rows"`
	Header    table.Header `json:"header" doc:"whether the first line of a text names the columns; auto decides by the content, and plan says how"`
	Separator string       `json:"separator" text:"any" doc:"what divides the columns of a text: a comma, tab, semicolon, vertical bar or space; default: decided by the content"`
	Decimal   string       `json:"decimal" text:"any" doc:"what stands before decimals in a text: . or , (default: decided by the content)"`
	Array     string       `json:"array" text:"any" doc:"name of the array in a .npz file; default: the only one"`
}

// Reading returns how the file is read where it does not say so itself.
func (f File) Reading() table.Options {
	return table.Options{Header: f.Header, Separator: f.Separator, Decimal: f.Decimal, Array: f.Array}
}

// FileName is the name of targets given as a File.
const FileName = "file"

// DefaultFile holds the defaults of a File.
var DefaultFile = File{Standardise: Standardised, Holdout: .2, Missing: "error", Header: table.AutoHeader}

// Data is a target of equally likely rows (the bootstrap), with Gaussian noise.
//
// A fraction of the rows, Holdout, is never drawn. They become Target.Held, against which samples are measured. The
// choice depends only on the number of rows: it is the round(Holdout n) rows whose indices have the smallest hashes. A
// row that occurs twice in the data may be on both sides.
//
// With Standardise the target is that of z = (x - m) / s. If it is Standardised, m and s are the mean and the standard
// deviation (with divisor n) of each column over the drawn rows; if Robust, the median and the interquartile range / 1.349.
// If it is Quantile, z is the normal score of the rank of x among them. Target.Units maps z back to x.
//
// With Kinds other than real, all this is of the codes of the rows, which Target.Code maps back to rows. Coordinates of categories are
// not scaled.
type Data struct {
	Columns     []string
	Kinds       []kinds.Kind // (d), as Kind.Take completed them; nil if all are real
	Rows        flow.Batch   // (n, d), finite, in the user's own units; codes of categories
	InFile      *Columns     // the rows, instead of Rows, as TakeColumns has them
	Standardise Scaling
	Noise       float64
	Holdout     float64

	HeldLast int   // the rows held out are the last so many, instead of Holdout
	Shape    []int // channels, height and width, if rows are images; nil otherwise
	Mixture  int   // Gaussians of the mixture that stands for the rows, or for each class of them; 0 for the rows themselves

	// Given is what models are conditional on, without shares and scales. Rows.Given then holds the class of each row, (n, 1), or
	// its numbers, (n, k).
	Given given.Condition
}

const (
	maxLawRows = 50_000 // rows of a law: the cost of an exact velocity is proportional to them
	minRows    = 2      // rows on each side, enough for a variance
)

// Make returns the target. It has a law, that of the drawn rows, if there are at most maxLawRows of them. An error
// starts with the name of the invalid parameter of File.
func (d Data) Make() (Target, error) {
	if d.InFile != nil {
		return d.makeFromFile()
	}
	drawnRows, heldRows, err := d.split()
	if err != nil {
		return Target{}, err
	}
	drawn, held := d.Rows.Take(flow.Batch{}, drawnRows), d.Rows.Take(flow.Batch{}, heldRows)
	condition, err := d.condition(drawn, held)
	if err != nil {
		return Target{}, err
	}
	if err := errors.Join(d.checkShape(), d.check(drawn)); err != nil {
		return Target{}, err
	}
	code := kinds.Learn(d.Columns, d.kindsOrReal(), drawn)
	if err := d.checkCode(code); err != nil {
		return Target{}, err
	}
	codes := code.Encode(drawn)
	var units flow.Units
	if d.Standardise.units != nil {
		if units, err = d.scaled(code, codes); err != nil {
			return Target{}, err
		}
	}
	content := flow.EncodeNPY64(d.Rows.WithGiven())
	sum := sha256.Sum256(content)
	of := dataset{d, hex.EncodeToString(sum[:])}
	points, others := units.Undo(codes), units.Undo(code.Encode(held))
	points.Given, others.Given = encoded(condition, drawn), encoded(condition, held)
	t, err := d.learnt(of, code, points, others, condition)
	if err != nil {
		return Target{}, err
	}
	t.Units, t.Columns, t.Content = units, d.Columns, content
	if d.Shape != nil {
		t.Shape = d.Shape
	}
	t.Cautions = slices.Concat(d.cautions(code, codes), d.coarse(code, units), d.fewOf(condition, drawn, held))
	t.blur()
	t.settle(condition, points.Given)
	return t, nil
}

// settle gives the draws of rows what each row is given, and leaves out a law of too many rows.
func (t *Target) settle(condition given.Condition, rows []float64) {
	if t.Rows.Len() > maxLawRows {
		t.Law = nil
	}
	if t.Rows.Len() > 0 && !condition.Empty() {
		t.Given = condition
		t.give(flow.Batch{Dim: condition.Width(), Data: rows})
	}
}

// learnt returns the target of the drawn points, or of the mixture that stands for them.
func (d Data) learnt(of dataset, code kinds.Code, points, held flow.Batch, condition given.Condition) (Target, error) {
	if d.Mixture > 0 {
		return d.fitted(of, code, points, condition)
	}
	t := ofLaw(FileName, of, oracle.Mixture{Means: points, Std: []float64{d.Noise}})
	first, second := halves(held.Len())
	t.Held, t.Fresh = InMemory(held.Take(flow.Batch{}, first)), InMemory(held.Take(flow.Batch{}, second))
	t.Rows, t.Noise, t.Code = InMemory(points), d.Noise, code
	return t, nil
}

// fitted returns the target of the mixture that fits the rows best.
func (d Data) fitted(of dataset, code kinds.Code, rows flow.Batch, condition given.Condition) (Target, error) {
	switch {
	case len(condition.Numbers) > 0:
		return Target{}, errors.New("mixture: its velocity given numbers is not known: leave condition out, or the mixture")
	case !code.Identity():
		return Target{}, errors.New("mixture: it takes columns of real numbers: declare the others real, or exclude them")
	case d.Mixture > rows.Len():
		return Target{}, fmt.Errorf("mixture: %d Gaussians do not fit %d rows: use fewer", d.Mixture, rows.Len())
	case d.Noise > 0:
		return Target{}, errors.New("noise: the Gaussians of a mixture have widths of their own: leave noise out")
	}
	if condition.Empty() {
		return ofLaw(FileName, of, fitMixture(rows, d.Mixture)), nil
	}
	return d.fittedByClass(of, rows, condition)
}

// maxOffset is the largest mean of a column, in standard deviations, whose mean is subtracted in 64-bit floats. Up to it,
// they resolve a thousandth of a standard deviation; without subtraction it is flow.MaxOffset.
const maxOffset = 1e11

// kindsOrReal returns the kind of every column.
func (d Data) kindsOrReal() []kinds.Kind {
	if d.Kinds == nil {
		return slices.Repeat([]kinds.Kind{kinds.Real}, len(d.Columns))
	}
	return d.Kinds
}

// check returns an error if the floats in which a column is trained cannot represent it.
func (d Data) check(drawn flow.Batch) error {
	mean, std := drawn.Moments()
	of := d.kindsOrReal()
	for j, name := range d.Columns {
		switch {
		case constant(drawn, j) || of[j].OneHot:
		case d.Standardise.units == nil && math.Abs(mean[j]) > flow.MaxOffset*std[j]:
			return fmt.Errorf("columns: %q has mean %.6g and standard deviation %.3g: 32-bit floats barely tell its values apart: use standardise: true, or subtract a constant from it",
				name, mean[j], std[j])
		case std[j] < 1e-30 || !(math.Abs(mean[j])+std[j] < 1e30):
			return fmt.Errorf("columns: the values of %q are too small or too large for 32-bit floats, with mean %.3g and standard deviation %.3g: use another unit",
				name, mean[j], std[j])
		}
	}
	return nil
}

// scaled returns the map from scaled codes back to the given ones.
func (d Data) scaled(code kinds.Code, rows flow.Batch) (flow.Units, error) {
	if d.pixels() {
		return pixelUnits(rows)
	}
	units := d.Standardise.units(rows)
	unscale(units, code.OneHot())
	var flat []string
	for j, name := range d.coordinates(code) {
		switch s, middle := units.Size(j); {
		case s == 0:
			flat = append(flat, strconv.Quote(name))
		case math.Abs(middle) > maxOffset*s:
			return flow.Units{}, fmt.Errorf("columns: %q is %.6g with a scale of %.3g: 64-bit floats barely tell its values apart: subtract a constant from it",
				name, middle, s)
		}
	}
	if len(flat) > 0 {
		return flow.Units{}, fmt.Errorf("columns: %s: %s: leave them out, or use standardise: false", d.Standardise.flat, strings.Join(flat, ", "))
	}
	return units, nil
}

// constant reports whether all values of a column are equal. Its standard deviation would not tell, because of
// rounding.
func constant(rows flow.Batch, j int) bool {
	for i := range rows.Len() {
		if rows.Row(i)[j] != rows.Row(0)[j] {
			return false
		}
	}
	return true
}

// dataset is Data as the parameters of a target, with a hash that identifies the rows.
type dataset struct {
	Data
	sum string
}

// MarshalJSON returns what identifies the data, which does not include the path of the file.
func (d dataset) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		SHA256      string       `json:"sha256"` // of Target.Content
		Rows        int          `json:"rows"`
		Columns     []string     `json:"columns"`
		Kinds       []kinds.Kind `json:"kinds,omitempty"`
		Standardise Scaling      `json:"standardise"`
		Noise       float64      `json:"noise"`
		Holdout     float64      `json:"holdout"`
		HeldLast    int          `json:"held_last,omitempty"`
		Shape       []int        `json:"shape,omitempty"`
		Mixture     int          `json:"mixture,omitempty"`
		Label       string       `json:"label,omitempty"`
		Classes     []string     `json:"classes,omitempty"`
		Condition   []string     `json:"condition,omitempty"`
	}{d.sum, d.len(), d.Columns, d.Kinds, d.Standardise, d.Noise, d.Holdout, d.HeldLast, d.Shape, d.Mixture, d.Given.Label, d.Given.Classes, d.Given.Names()})
}
