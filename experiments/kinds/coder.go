package kinds

import (
	"encoding/json"
	"fmt"
	"math"
)

// Coder is the kind of a column with what it has learnt from the training rows.
type Coder struct {
	Name      string // of the column
	Kind      Kind
	Low, High float64 // the range of the training rows; of codes for Categorical
	Grain     float64 // training adds uniform noise of this width to the codes; 0 for none
}

// Width returns the number of coordinates of a code.
func (c Coder) Width() int { return c.Kind.Width() }

// Steps returns the steps from a code of one number to its value, none where these are equal. ok is false for kinds whose values
// are not worked out so: where the largest coordinate of a code names a category, and where there is but one value.
func (c Coder) Steps() (steps []Op, ok bool) {
	switch {
	case c.Kind.pick != nil:
		return nil, false
	case c.Kind.steps == nil:
		return nil, true
	default:
		return c.Kind.steps(c), true
	}
}

// value returns the value of a code, (width).
func (c Coder) value(code []float64) float64 {
	if c.Kind.pick != nil {
		return c.Kind.pick(c, code)
	}
	steps, _ := c.Steps()
	return run(steps, code[0])
}

func run(steps []Op, x float64) float64 {
	for _, o := range steps {
		x = o.At(x)
	}
	return x
}

// Miss returns how far a code, (width), lies from the nearest one whose value is x, in units of each coordinate, (width): 0 for
// its own value, and infinite for what is no value of the column. It is how far another program may round a code, and then decode
// it, to get x.
func (c Coder) Miss(code, unit []float64, x float64) float64 {
	off := c.Kind.miss(c, code, unit, x)
	if math.IsNaN(off) {
		return math.Inf(1)
	}
	return off
}

// Span says which values the column gives back, for a person.
func (c Coder) Span() string { return c.Kind.span(c) }

// Text returns a value as a cell of a table: a category by its name.
func (c Coder) Text(x float64) string {
	if c.Kind.Categories != nil && x >= 0 && int(x) < len(c.Kind.Categories) {
		return c.Kind.Categories[int(x)]
	}
	return number(x)
}

func (c Coder) seen() string { return fmt.Sprintf("%.6g to %.6g", c.Low, c.High) }

// coordinates returns the names of the coordinates of a code.
func (c Coder) coordinates() []string {
	if c.Width() == 1 {
		return []string{c.Name}
	}
	names := make([]string, c.Width())
	for i := range names {
		names[i] = c.Name + "=" + c.Kind.Categories[i]
	}
	return names
}

// form is the JSON of a Coder.
type form struct {
	Name  string  `json:"name"`
	Kind  Kind    `json:"kind"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Grain float64 `json:"grain,omitzero"`
}

// MarshalJSON returns everything that decoding needs.
func (c Coder) MarshalJSON() ([]byte, error) { return json.Marshal(form(c)) }

// UnmarshalJSON reads what MarshalJSON wrote. It is an error if the numbers are not finite or not in order.
func (c *Coder) UnmarshalJSON(text []byte) error {
	var f form
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	if !f.Kind.Known() || !(f.Low <= f.High) {
		return fmt.Errorf("the column %q has no kind, or no range", f.Name)
	}
	*c = Coder(f)
	return nil
}
