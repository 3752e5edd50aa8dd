// Package conditional holds what a report shows of models that are conditional on a class or numbers, as plain values, and what can be said
// of these without drawing them.
package conditional

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/reports/number"
)

// Conditions are what is shown of models that are conditional on a class or numbers.
type Conditions struct {
	Given          given.Condition
	Drop           float64              // the share of the points of training that are given nothing
	Shown          experiments.Sampling // of the samples
	Instead        string               // why they are not those of the chosen setting; empty if they are
	Columns        []string             // of the points, if they are rows of a table; "" for one of categories
	Truth, Samples Points
	Real           string            // what the truth is: "held-out rows", or the truth itself
	Cautions       []string          // on classes with few rows, say
	Classes        []ClassRow        // in the order of the condition
	Diversity      map[int][]float64 // of every seed, by the place of the summary: the mean over what is given of tr Cov(samples) / tr Cov(truth)
	Exact          []Guided          // by rising weight; none where the exact velocity is not known
}

// Points are points, (n, d), with what each is given: a class, or numbers, (n, k).
type Points struct {
	Rows    [][]float64
	Class   []int // given.None for no condition
	Numbers [][]float64
}

// ClassRow is a class and how many samples are of it.
type ClassRow struct {
	Class string
	Share float64 // of the truth
	N     int     // samples that are given it
}

// Guided is where a guidance carries noise: by the exact velocity and by that of a net.
type Guided struct {
	Guidance   flow.Guidance
	Exact, Net Points  // row i of both from the same noise
	Diversity  float64 // of the exact flow; NaN if it is not known
	RMSE       float64 // root mean square distance of the two; NaN if they are not comparable
}

// Training says how the net has learnt to do without a condition, and how a weight is to be read.
func (c Conditions) Training() string {
	if c.Drop == 0 {
		return "In training every point is given its own (drop 0), so the net knows nothing of the whole distribution and samples have guidance 1."
	}
	return fmt.Sprintf("In training %s of the points are given nothing (drop), so the same net also has the velocity u_none of the whole distribution. %s",
		given.Percent(c.Drop), GuidanceNote)
}

// Inputs says what the exported files take beside time and points, given the weight of the chosen setting.
func (c Conditions) Inputs(chosen flow.Guidance) string {
	text := fmt.Sprintf("condition[batch,%d], in the units of the data: %s", len(c.Given.Numbers), strings.Join(c.Given.Names(), ", "))
	if n := len(c.Given.Classes); n > 0 {
		text = fmt.Sprintf("label[batch], 64-bit integers: the number of the %s, from 0 for %s to %d for %s", c.Given.Label, c.Given.Classes[0], n-1, c.Given.Classes[n-1])
		if c.Drop > 0 {
			text += ", or −1 for none"
		}
	}
	if c.Drop > 0 {
		text += fmt.Sprintf("; and guidance, the weight w of %s, which is optional and %s by default", flow.GuidanceFormula, chosen)
	}
	return "The model is conditional, so the files also take " + text + ". The names are in their metadata."
}

// GuidanceNote says how a guidance weight is to be read.
const GuidanceNote = "Guidance w follows " + flow.GuidanceFormula + ": w = 0 draws from the whole distribution, w = 1 from that of the condition, and larger weights " +
	"sharpen. Some papers count w from −1. Velocity calls (NFE) count both calls of the net where w is neither 0 nor 1."

// Of names the samples that are shown.
func (c Conditions) Of() string {
	if c.Instead != "" {
		return fmt.Sprintf("The chosen setting %s, so these are samples of the same net with guidance %s", c.Instead, c.Shown.Guidance)
	}
	text := "Samples of the chosen setting"
	if w := c.Shown.Guidance.Weight(); w != 1 {
		text += fmt.Sprintf(" (guidance w = %g in %s)", w, flow.GuidanceFormula)
	}
	return text
}

// maxClasses is the number of classes that are drawn.
const maxClasses = 12

// Drawn returns the classes that are drawn, the most frequent of those with samples, in the order of the condition.
func (c Conditions) Drawn() (classes []int, left int) {
	for k, row := range c.Classes {
		if row.N > 0 {
			classes = append(classes, k)
		}
	}
	slices.SortStableFunc(classes, func(a, b int) int { return cmp.Compare(c.Classes[b].Share, c.Classes[a].Share) })
	left = max(len(classes)-maxClasses, 0)
	classes = classes[:len(classes)-left]
	slices.Sort(classes)
	return classes, left
}

// LeftNote says which classes are not drawn.
func LeftNote(left int) string {
	if left == 0 {
		return ""
	}
	return fmt.Sprintf(" Drawn are the %d most frequent classes; the table has the other %s too.", maxClasses, number.Whole(left))
}

// Named returns the name of a coordinate.
func (c Conditions) Named(j int) string {
	if j < len(c.Columns) {
		return c.Columns[j]
	}
	return fmt.Sprintf("x%d", j+1)
}

// RealPoints names points of the truth.
func (c Conditions) RealPoints() string {
	if c.Real == "the truth" {
		return "points of the truth"
	}
	return c.Real
}

// Coordinates returns the coordinates that are numbers.
func (c Conditions) Coordinates() (list []int) {
	for j := range c.Truth.Rows[0] {
		if c.Named(j) != "" {
			list = append(list, j)
		}
	}
	return list
}
