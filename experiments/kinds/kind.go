// Package kinds says what the values of a table's columns are, and how they become numbers that a flow can learn, and back.
//
//	kind, err := kinds.Guess(column)             // or kinds.Of("bounded", "0", "1"), as declared
//	column, kind, err = kind.Take(column)        // its values as numbers
//	code, err := kinds.Learn(names, list, rows)  // from the training rows, (n, d)
//	x := code.Encode(rows)                       // (n, w)
//	again := code.Decode(x)                      // (n, d)
package kinds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Kind is what the values of a column are. A value of a kind has the name of one of Kinds and what that takes.
type Kind struct {
	Name       string
	Low, High  float64  // of Bounded
	Categories []string // of Categorical, in the order of their codes

	*rules
}

// rules are the facts of a kind: one literal each.
type rules struct {
	doc       string // what it does, for a person
	arguments string // what stands after its name in a spec, or nothing

	with   func(k Kind, arguments []string) (Kind, error)         // the kind with arguments
	take   func(k Kind, c Column) (Kind, []float64, error)        // completes the kind by all values of a column, and returns these as numbers
	learn  func(k Kind, values []float64) Coder                   // from the training rows
	width  func(k Kind) int                                       // coordinates of the code of a value
	code   func(c Coder, x float64, to []float64)                 // writes the code of a value, (width)
	steps  func(c Coder) []Op                                     // from a code of width 1 to its value; nil for none
	pick   func(c Coder, from []float64) float64                  // the value of a code of another width
	inside func(c Coder, code float64) bool                       // whether the value of a code has that code but for rounding; nil for hardly ever
	slope  func(c Coder, x float64) float64                       // the log of the derivative of the code; nil where a value has no density
	miss   func(c Coder, code, unit []float64, x float64) float64 // see Coder.Miss
	span   func(c Coder) string                                   // the values that it gives back, for a person

	Discrete bool // its values have probabilities and no density
	OneHot   bool // each of its coordinates stands for a category, and is not scaled
}

// Column is a column of a table, as a file has it.
type Column struct {
	Name   string
	Values []float64 // a number for each row; NaN where there is none
	Texts  []string  // the cells of a column of words, empty where a value is missing; nil for a column of numbers
}

// Choice is a column by its name, with the kind that is declared for it; that is the zero value where it is guessed.
type Choice struct {
	Column string
	Kind   Kind
}

// Kinds lists every kind.
var Kinds = []Kind{Real, Positive, Bounded, Integer, Categorical, Constant}

// Names returns the names of all kinds.
func Names() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}

// Of returns the kind of that name with what a spec says of it: two bounds, or categories. An error says what is wrong with
// the arguments; the name must be one of Names.
func Of(name string, arguments ...string) (Kind, error) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, fmt.Errorf("unknown kind %q (have %s)", name, strings.Join(Names(), ", "))
	}
	k := Kinds[i]
	switch {
	case k.with != nil:
		return k.with(k, arguments)
	case len(arguments) > 0:
		return k, fmt.Errorf("the kind %s takes nothing beside its name: write it alone", name)
	default:
		return k, nil
	}
}

// Known reports whether the kind is one of Kinds, and not the zero value.
func (k Kind) Known() bool { return k.rules != nil }

// Doc says in a few words what the kind does.
func (k Kind) Doc() string { return k.doc }

// Take completes the kind by what all rows of a column say, such as its categories, and returns the values as numbers: those of
// Categorical are codes, from 0. An error says which value is not of the kind.
func (k Kind) Take(c Column) (Kind, []float64, error) { return k.take(k, c) }

// Learn returns the kind with what it learns from the values of a column in the training rows, of which there is one at least.
func (k Kind) Learn(name string, values []float64) Coder {
	c := k.learn(k, values)
	c.Name = name
	return c
}

// Width returns the number of coordinates of a code.
func (k Kind) Width() int { return k.width(k) }

// Arguments returns what a spec says of the kind beside its name.
func (k Kind) Arguments() []string {
	switch {
	case k.Categories != nil:
		return k.Categories
	case k.Low != k.High:
		return []string{number(k.Low), number(k.High)}
	default:
		return nil
	}
}

// MarshalJSON returns the kind as a spec has it: its name, or a mapping of the name to what stands beside it.
func (k Kind) MarshalJSON() ([]byte, error) {
	switch {
	case k.Categories != nil:
		return json.Marshal(map[string][]string{k.Name: k.Categories})
	case k.Low != k.High:
		return json.Marshal(map[string][2]float64{k.Name: {k.Low, k.High}})
	default:
		return json.Marshal(k.Name)
	}
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (k *Kind) UnmarshalJSON(text []byte) (err error) {
	var name string
	if json.Unmarshal(text, &name) == nil {
		*k, err = Of(name)
		return err
	}
	var form map[string][]any
	if err := json.Unmarshal(text, &form); err != nil || len(form) != 1 {
		return fmt.Errorf("a kind is a name, or a mapping of one name to a list, not %s", text)
	}
	for name, list := range form {
		var arguments []string
		for _, a := range list {
			if x, ok := a.(float64); ok {
				a = number(x)
			}
			arguments = append(arguments, fmt.Sprint(a))
		}
		*k, err = Of(name, arguments...)
	}
	return err
}

// AllReal reports whether all columns are real, so that rows are their own codes.
func AllReal(list []Kind) bool {
	return !slices.ContainsFunc(list, func(k Kind) bool { return k.Name != Real.Name })
}
