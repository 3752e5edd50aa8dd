package kinds

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"flowsweep/experiments/flow"
)

// Code maps rows of d columns to points of w coordinates and back. The zero value is that of rows which are their own codes.
type Code struct {
	columns []Coder
	at      []int  // the first coordinate of each column
	steps   [][]Op // of each column, see Coder.Steps
	width   int
}

// Learn returns the code of columns of these names and kinds, (d), as Kind.Take completed them, from the training rows, (n, d). It is
// the zero value if all are real.
func Learn(names []string, list []Kind, rows flow.Batch) Code {
	if AllReal(list) {
		return Code{}
	}
	return NewCode(LearnColumns(names, list, rows))
}

// LearnColumns returns what Learn learns of each column, also if all are real.
func LearnColumns(names []string, list []Kind, rows flow.Batch) []Coder {
	coders := make([]Coder, len(list))
	for j, k := range list {
		values := make([]float64, rows.Len())
		for i := range values {
			values[i] = rows.Row(i)[j]
		}
		coders[j] = k.Learn(names[j], values)
	}
	return coders
}

// NewCode returns the code of the columns.
func NewCode(columns []Coder) Code {
	c := Code{columns: columns}
	for _, k := range columns {
		steps, _ := k.Steps()
		c.at, c.steps = append(c.at, c.width), append(c.steps, steps)
		c.width += k.Width()
	}
	return c
}

// Identity reports whether rows are their own codes.
func (c Code) Identity() bool { return c.columns == nil }

// Columns returns the columns, (d); nil for the identity.
func (c Code) Columns() []Coder { return c.columns }

// Dim returns the number of columns d, and Width the number of coordinates w. Both are 0 for the identity.
func (c Code) Dim() int { return len(c.columns) }

// Width is described at Dim.
func (c Code) Width() int { return c.width }

// At returns the first coordinate of a column.
func (c Code) At(column int) int { return c.at[column] }

// Coordinates returns the names of the coordinates, (w): that of the column, and column=category for each category.
func (c Code) Coordinates() (names []string) {
	for _, k := range c.columns {
		names = append(names, k.coordinates()...)
	}
	return names
}

// OneHot reports of every coordinate whether it stands for a category, (w). These are not scaled.
func (c Code) OneHot() (list []bool) {
	for _, k := range c.columns {
		list = append(list, slices.Repeat([]bool{k.Kind.OneHot}, k.Width())...)
	}
	return list
}

// Grains returns the widths of the uniform noise that training adds to the coordinates, (w), or nil if it adds none.
func (c Code) Grains() []float64 {
	grains, any := make([]float64, c.width), false
	for j, k := range c.columns {
		if k.Grain > 0 {
			grains[c.at[j]], any = k.Grain, true
		}
	}
	if !any {
		return nil
	}
	return grains
}

// Discrete returns the name of the first column whose values have no density, or "".
func (c Code) Discrete() string {
	for _, k := range c.columns {
		if k.Kind.Discrete && k.Width() > 0 {
			return k.Name
		}
	}
	return ""
}

// Category returns the name of the first column of categories, whose codes have no density, or "".
func (c Code) Category() string {
	for _, k := range c.columns {
		if k.Kind.OneHot && k.Width() > 0 {
			return k.Name
		}
	}
	return ""
}

// Encode returns the codes, (n, w), of rows, (n, d), without noise.
func (c Code) Encode(rows flow.Batch) flow.Batch {
	if c.Identity() {
		return rows.Clone()
	}
	codes := flow.NewBatch(rows.Len(), c.width)
	for i := range rows.Len() {
		for j, k := range c.columns {
			k.Kind.code(k, rows.Row(i)[j], codes.Row(i)[c.at[j]:c.at[j]+k.Width()])
		}
	}
	return codes
}

// Check returns an error unless all rows, (n, d), have a code: it names the first value that is not of its column.
func (c Code) Check(rows flow.Batch) error {
	for j, k := range c.columns {
		column := Column{Name: k.Name, Values: make([]float64, rows.Len())}
		for i := range column.Values {
			column.Values[i] = rows.Row(i)[j]
			if v := column.Values[i]; k.Width() == 0 && v != k.Low {
				return fmt.Errorf("row %d, column %q: %g is not its one value, %g", i+1, k.Name, v, k.Low)
			}
		}
		if k.Kind.Categories != nil {
			continue
		}
		var bad *BadValue
		if _, _, err := k.Kind.Take(column); errors.As(err, &bad) {
			return fmt.Errorf("row %d, column %q: %w", bad.Row+1, k.Name, err)
		}
	}
	return nil
}

// Decode returns the rows, (n, d), of any points, (n, w). Every value is one of its column: whole, within its bounds, or the code of a
// category, also for points that are infinite or NaN, except that real and positive columns show where a point is NaN.
func (c Code) Decode(codes flow.Batch) flow.Batch {
	if c.Identity() {
		return codes.Clone()
	}
	rows := flow.NewBatch(codes.Len(), len(c.columns))
	for i := range codes.Len() {
		for j := range c.columns {
			rows.Row(i)[j] = c.value(j, codes.Row(i))
		}
	}
	return rows
}

// value returns the value of a column of a point.
func (c Code) value(column int, point []float64) float64 {
	k := c.columns[column]
	if k.Kind.pick != nil {
		return k.Kind.pick(k, point[c.at[column]:c.at[column]+k.Width()])
	}
	return run(c.steps[column], point[c.at[column]])
}

// Project returns the codes, (n, w), of the rows that points decode to: what metrics compare with the codes of rows. It leaves
// coordinates as they are where the code of the value is the coordinate but for rounding, and points that are not finite.
func (c Code) Project(codes flow.Batch) flow.Batch {
	out := codes.Clone()
	for i := range codes.Len() {
		if !flow.Finite(codes.Row(i)...) {
			continue
		}
		for j, k := range c.columns {
			if to := out.Row(i)[c.at[j] : c.at[j]+k.Width()]; !k.keeps(to) {
				k.Kind.code(k, c.value(j, codes.Row(i)), to)
			}
		}
	}
	return out
}

// keeps reports whether the value of a code has the same code but for rounding.
func (c Coder) keeps(code []float64) bool {
	if c.Width() == 0 {
		return true
	}
	return c.Kind.inside != nil && c.Kind.inside(c, code[0])
}

// LogVolumes returns the logs of the factors by which decoding changes volumes at the rows, (n, d), as (n): the log density of a row is that
// of its code minus it. It is for codes without Discrete columns; a constant one counts as given.
func (c Code) LogVolumes(rows flow.Batch) []float64 {
	volumes := make([]float64, rows.Len())
	for i := range volumes {
		for j, k := range c.columns {
			volumes[i] -= k.Kind.slope(k, rows.Row(i)[j])
		}
	}
	return volumes
}

// MarshalJSON returns the columns with all that decoding needs.
func (c Code) MarshalJSON() ([]byte, error) { return json.Marshal(c.columns) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Code) UnmarshalJSON(text []byte) error {
	var columns []Coder
	if err := json.Unmarshal(text, &columns); err != nil {
		return err
	}
	*c = NewCode(columns)
	return nil
}
