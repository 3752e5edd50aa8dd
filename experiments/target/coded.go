package target

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/kinds"
)

// ColumnNote says what a column of a data file was taken for.
type ColumnNote struct {
	File   string // as the spec names it
	Column string
	Kind   kinds.Kind
	Set    bool   // the kind is declared, not guessed
	Span   string // the values that samples can have
}

// note fills in, in the notes on its columns, which values these give back.
func (t *Target) note(file string, notes []ColumnNote) {
	if t.Rows.Len() == 0 {
		return // a mixture stands for them
	}
	coders := t.Code.Columns()
	if t.spans != nil {
		coders = nil
	} else if coders == nil {
		rows := t.Decode(t.Rows.All())
		values := make([]float64, rows.Len())
		for j, name := range t.Columns {
			for i := range values {
				values[i] = rows.Row(i)[j]
			}
			coders = append(coders, kinds.Real.Learn(name, values))
		}
	}
	for i := range notes {
		notes[i].File = file
		if t.spans != nil {
			notes[i].Span = t.spans[i]
		} else {
			notes[i].Span = coders[i].Span()
		}
	}
	t.ColumnNotes = notes
}

// Decode returns points on the scale of Draw, (n, Dim), as rows in the user's own units, (n, d): a value for each of Columns, that
// of a category as its number among the categories.
func (t Target) Decode(points flow.Batch) flow.Batch { return t.Code.Decode(t.Units.Apply(points)) }

// Width returns the number of columns of a row.
func (t Target) Width() int {
	if t.Code.Identity() {
		return t.Dim()
	}
	return t.Code.Dim()
}

// Encode returns rows, (n, d), as points on the scale of Draw, (n, Dim), without the noise of training.
func (t Target) Encode(rows flow.Batch) flow.Batch { return t.Units.Undo(t.Code.Encode(rows)) }

// Project returns the points that stand for the rows that points decode to, (n, Dim): integers are whole, and one category is taken. It
// leaves points of other targets, and rows of the data, as they are.
func (t Target) Project(points flow.Batch) flow.Batch {
	if t.Code.Identity() {
		return points
	}
	given := t.Units.Apply(points)
	projected := t.Code.Project(given)
	out, codes := points.Clone(), t.Units.Undo(projected)
	for i, v := range projected.Data {
		if v != given.Data[i] { // the others would be rounded
			out.Data[i] = codes.Data[i]
		}
	}
	return out
}

// LogVolumes returns the logs of the factors by which Decode changes volumes at the points, (n, Dim), as (n).
func (t Target) LogVolumes(points flow.Batch) []float64 {
	volumes := t.Units.LogVolumes(points)
	if t.Code.Identity() {
		return volumes
	}
	for i, v := range t.Code.LogVolumes(t.Decode(points)) {
		volumes[i] += v
	}
	return volumes
}

// Blur adds to a row of the data, (Dim), the noise of its whole numbers that Draw adds.
func (t Target) Blur(r *rand.Rand, row []float64) {
	if t.grains != nil {
		t.grains(r, row)
	}
}

// blur lets draws have the noise of whole numbers, if the data have any. A mixture of boxes has no law here.
func (t *Target) blur() {
	if t.Code.Grains() == nil {
		return
	}
	draw, units, grains := t.Draw, t.Units, t.Code.Grains()
	t.grains = func(r *rand.Rand, row []float64) {
		for j, width := range grains {
			if width == 0 {
				continue
			}
			switch e := width * (r.Float64() - .5); {
			case units.Curves != nil:
				row[j] = units.Curves[j].Inverse(units.Curves[j].At(row[j]) + e)
			case units.Scale != nil:
				row[j] += e / units.Scale[j]
			default:
				row[j] += e
			}
		}
	}
	blurred := t.grains
	t.Draw = func(r *rand.Rand, row []float64) int {
		part := draw(r, row)
		blurred(r, row)
		return part
	}
	t.Law, t.Atoms = nil, false
}

// without returns the coordinates that are not left out, and their names.
func without(out []bool, names []string, points flow.Batch) ([]string, flow.Batch) {
	var kept []string
	for j, name := range names {
		if !out[j] {
			kept = append(kept, name)
		}
	}
	rest := flow.Batch{Dim: len(kept)}
	for i := range points.Len() {
		for j, v := range points.Row(i) {
			if !out[j] {
				rest.Data = append(rest.Data, v)
			}
		}
	}
	return kept, rest
}

// CoordinateNames returns a name for each coordinate of a point, (Dim): those of the columns of real numbers, or x1, x2, ...
func (t Target) CoordinateNames() (names []string) {
	switch {
	case t.Columns != nil && t.Code.Identity():
		return slices.Clone(t.Columns)
	case t.Columns != nil:
		return t.Code.Coordinates()
	case t.coordinates != nil:
		return slices.Clone(t.coordinates)
	}
	for j := range t.Dim() {
		names = append(names, "x"+strconv.Itoa(j+1))
	}
	return names
}

// Drawn returns the names and the code of the columns of DecodeDrawn.
func (t Target) Drawn() (columns []string, code kinds.Code) {
	if t.Given.Empty() {
		return t.Columns, t.Code
	}
	columns = slices.Clone(t.Columns)
	if columns == nil {
		columns = t.CoordinateNames()
	}
	coders := slices.Clone(t.Code.Columns())
	for j := len(coders); j < len(columns); j++ {
		coders = append(coders, kinds.Coder{Name: columns[j], Kind: kinds.Real})
	}
	if len(t.Given.Classes) == 0 {
		columns = append(columns, t.Given.Names()...)
		if t.Code.Identity() {
			return columns, kinds.Code{}
		}
		for _, name := range t.Given.Names() {
			coders = append(coders, kinds.Coder{Name: name, Kind: kinds.Real})
		}
		return columns, kinds.NewCode(coders)
	}
	class := kinds.Categorical
	class.Categories = t.Given.Classes
	return append(columns, t.Given.Label), kinds.NewCode(append(coders, kinds.Coder{Name: t.Given.Label, Kind: class, High: float64(len(t.Given.Classes) - 1)}))
}

// DecodeDrawn returns draws as Decode does, with the numbers that each is given, or that of its class, as further columns.
func (t Target) DecodeDrawn(points flow.Batch) flow.Batch {
	rows := t.Decode(points)
	rows.Given = points.Given
	return t.Beside(rows)
}

// Beside returns rows in the user's own units with what each is given as further columns.
func (t Target) Beside(rows flow.Batch) flow.Batch {
	if t.Given.Empty() {
		return rows
	}
	out := flow.Batch{Dim: rows.Dim + max(1, len(t.Given.Numbers))}
	for i := range rows.Len() {
		out.Data = append(out.Data, rows.Row(i)...)
		if len(t.Given.Classes) > 0 {
			out.Data = append(out.Data, float64(given.ClassOf(rows.GivenTo(i))))
			continue
		}
		out.Data = append(out.Data, t.Given.Values(rows.GivenTo(i))...)
	}
	return out
}
