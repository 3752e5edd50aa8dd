// Package given holds what a model is conditional on: one of some classes, or numbers.
//
//	species := given.Classes("species", []string{"Adelie", "Gentoo"}, []float64{.6, .4})
//	k, err := species.Index("Gentoo")
//	x.Given = given.Repeat(species.Class(k), x.Len())
//
// In a flow.Batch a class k is a row with a 1 at k, and numbers are a 1 followed by the numbers, each scaled to mean 0 and
// standard deviation 1. A row of zeros is no condition.
package given

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/problem"
)

// MaxClasses is the largest number of classes. A net has a weight for each, and a class needs rows of its own.
const MaxClasses = 1000

// None is the class of a row without a condition.
const None = -1

// Condition is what a velocity depends on beside time and point. The zero value is nothing.
type Condition struct {
	Label   string    `json:"label,omitempty"`   // what the classes are, such as species
	Classes []string  `json:"classes,omitempty"` // their names
	Shares  []float64 `json:"shares,omitempty"`  // of the draws, sum 1
	Numbers []Number  `json:"numbers,omitempty"` // instead of classes
}

// Number is a number that a model is conditional on, with the scale that it has in a net.
type Number struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"`
}

// Classes returns the condition on one of several classes.
func Classes(label string, names []string, shares []float64) Condition {
	return Condition{Label: label, Classes: names, Shares: shares}
}

// Empty reports whether there is no condition.
func (c Condition) Empty() bool { return c.Width() == 0 }

// Width returns the numbers of a row, m.
func (c Condition) Width() int {
	if len(c.Numbers) > 0 {
		return 1 + len(c.Numbers)
	}
	return len(c.Classes)
}

// Names returns the names of the numbers.
func (c Condition) Names() (names []string) {
	for _, n := range c.Numbers {
		names = append(names, n.Name)
	}
	return names
}

// Class returns the row of a class, (m), or of None.
func (c Condition) Class(k int) []float64 {
	row := make([]float64, c.Width())
	if k != None {
		row[k] = 1
	}
	return row
}

// ClassOf returns the class of a row, or None.
func ClassOf(row []float64) int { return slices.Index(row, 1) }

// Index returns the class of that name. An error names the nearest one.
func (c Condition) Index(name string) (int, error) {
	if len(c.Classes) == 0 {
		return None, errors.New("the model is not conditional on classes: leave the label out")
	}
	if k := slices.Index(c.Classes, name); k >= 0 {
		return k, nil
	}
	return None, errors.New(problem.Unknown(c.Label, name, c.Classes))
}

// Row returns the row of the values of the numbers, in their order and their own units.
func (c Condition) Row(values []float64) []float64 {
	row := []float64{1}
	for j, n := range c.Numbers {
		row = append(row, (values[j]-n.Mean)/n.Std)
	}
	return row
}

// Values returns the numbers of a row in their own units. They are NaN without a condition.
func (c Condition) Values(row []float64) []float64 {
	values := make([]float64, len(c.Numbers))
	for j, n := range c.Numbers {
		values[j] = math.NaN()
		if row[0] != 0 {
			values[j] = n.Mean + n.Std*row[1+j]
		}
	}
	return values
}

// Parse returns the row of what a person gives: name=value for each of the numbers, in any order.
func (c Condition) Parse(words []string) ([]float64, error) {
	if len(c.Numbers) == 0 {
		return nil, errors.New("the model is not conditional on numbers: leave the condition out")
	}
	names := c.Names()
	values, seen := make([]float64, len(names)), make([]bool, len(names))
	for _, word := range words {
		name, text, ok := strings.Cut(word, "=")
		j := slices.Index(names, name)
		x, err := strconv.ParseFloat(text, 64)
		switch {
		case !ok:
			return nil, fmt.Errorf("%q is not name=value, such as %s=1.5", word, names[0])
		case j < 0:
			return nil, errors.New(problem.Unknown("condition", name, names))
		case seen[j]:
			return nil, fmt.Errorf("%s is given twice: leave one out", name)
		case err != nil || math.IsNaN(x) || math.IsInf(x, 0):
			return nil, fmt.Errorf("%s=%s: use a finite number", name, text)
		}
		values[j], seen[j] = x, true
	}
	if j := slices.Index(seen, false); j >= 0 {
		return nil, fmt.Errorf("%s is not given: add %s=VALUE", names[j], names[j])
	}
	return c.Row(values), nil
}

// Words describes a row, as "Gentoo", "dose 1.5, age 3" or "no condition".
func (c Condition) Words(row []float64) string {
	var parts []string
	switch k := ClassOf(row); {
	case len(c.Classes) > 0 && k >= 0:
		return c.Classes[k]
	case len(c.Numbers) > 0 && row[0] != 0:
		for j, v := range c.Values(row) {
			parts = append(parts, fmt.Sprintf("%s %.6g", c.Numbers[j].Name, v))
		}
		return strings.Join(parts, ", ")
	default:
		return "no condition"
	}
}

// Repeat returns a row n times, (n, m).
func Repeat(row []float64, n int) []float64 { return slices.Repeat(row, n) }

// maxListed is the number of classes that are listed in a sentence.
const maxListed = 12

// Sentence describes the condition, as "species, one of 2 classes: Adelie (60 %), Gentoo (40 %)" or "dose from 0.1 to 20". Without the ranges
// of the numbers, it has their means and standard deviations.
func (c Condition) Sentence(low, high []float64) string {
	var parts []string
	for j, n := range c.Numbers {
		if low == nil {
			parts = append(parts, fmt.Sprintf("%s (mean %.3g, standard deviation %.3g)", n.Name, n.Mean, n.Std))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s from %.6g to %.6g", n.Name, low[j], high[j]))
	}
	if len(c.Numbers) > 0 {
		return strings.Join(parts, ", ")
	}
	for k, name := range c.Classes[:min(len(c.Classes), maxListed)] {
		parts = append(parts, fmt.Sprintf("%s (%s)", name, Percent(c.Shares[k])))
	}
	text := fmt.Sprintf("%s, one of %d classes: %s", c.Label, len(c.Classes), strings.Join(parts, ", "))
	if more := len(c.Classes) - maxListed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Percent returns a share in percent, to three digits.
func Percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }
