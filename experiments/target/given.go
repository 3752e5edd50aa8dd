package target

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/table"
)

// Label says where the classes of the rows of a file are: in a column of it, or in a column of another file.
type Label struct {
	Column string `json:"column" text:"any" doc:"name of the column; default: the only one of the file"`
	File   string `json:"file" text:"any" doc:"path of a data file with a row for each row, relative to the folder of the spec"`
}

// allClasses is what a spec asks for every class with.
const allClasses = "all"

// Classes returns the class of each row of a table, (n), by a column of words or whole numbers, and the names of the classes: numbers in
// their order, and words by the alphabet.
func Classes(t table.Table, column string) (c given.Condition, of []float64, err error) {
	texts, err := classTexts(t, t.Columns[slices.Index(t.Names(), column)])
	if err != nil {
		return c, nil, err
	}
	names := slices.Compact(slices.Sorted(slices.Values(texts)))
	if whole := wholeNumbers(names); whole != nil {
		slices.SortFunc(names, func(a, b string) int { return whole[a] - whole[b] })
	}
	if len(names) > given.MaxClasses {
		return c, nil, fmt.Errorf("label: %q has %d classes, and at most %d can be learnt: use condition, if they are numbers, or a column with fewer", column, len(names), given.MaxClasses)
	}
	if slices.Contains(names, allClasses) {
		return c, nil, fmt.Errorf("label: a class of %q is named %q, which stands for every class: rename it", column, allClasses)
	}
	if len(names) < 2 {
		return c, nil, fmt.Errorf("label: all rows have the same %q, %s: leave the label out", column, strings.Join(names, ""))
	}
	at, counts := map[string]int{}, make([]int, len(names))
	for k, name := range names {
		at[name] = k
	}
	for _, text := range texts {
		of = append(of, float64(at[text]))
		counts[at[text]]++
	}
	if k := slices.Index(counts, 1); k >= 0 {
		return c, nil, fmt.Errorf("label: only one row has the %s %q, and a class needs several: leave the row out, or join classes", column, names[k])
	}
	return given.Classes(column, names, nil), of, nil
}

// classTexts returns the class of each row as text.
func classTexts(t table.Table, c table.Column) ([]string, error) {
	texts := make([]string, len(c.Values))
	for i, v := range c.Values {
		switch {
		case c.Missing(i) || c.Texts == nil && math.IsNaN(v):
			return nil, fmt.Errorf("label: there is no %s %s: fill it in, or say missing: drop", c.Name, t.Place(i))
		case c.Texts != nil:
			texts[i] = c.Texts[i]
		case v != math.Trunc(v) || math.Abs(v) > 1e15:
			return nil, fmt.Errorf("label: the %s %s is %g, and classes are words or whole numbers: use condition: [%s]", c.Name, t.Place(i), v, c.Name)
		default:
			texts[i] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return texts, nil
}

// wholeNumbers returns the names as numbers, or nil unless all are.
func wholeNumbers(names []string) map[string]int {
	numbers := map[string]int{}
	for _, name := range names {
		n, err := strconv.Atoi(name)
		if err != nil {
			return nil
		}
		numbers[name] = n
	}
	return numbers
}

// Numbers returns the numbers that a model is conditional on, (n, k), from columns of a table.
func Numbers(t table.Table, columns []string) (c given.Condition, rows []float64, err error) {
	points, err := t.Rows(columns)
	if err != nil {
		return c, nil, fmt.Errorf("condition: %w", err)
	}
	for _, name := range columns {
		c.Numbers = append(c.Numbers, given.Number{Name: name})
	}
	return c, points.Data, nil
}

// condition returns what models are conditional on, with the shares of the drawn rows or their scale. It is an error if a class has none
// of these.
func (d Data) condition(drawn, held flow.Batch) (given.Condition, error) {
	c := d.Given
	if len(c.Classes) > 0 {
		counts := countClasses(len(c.Classes), drawn)
		c.Shares = make([]float64, len(counts))
		for k, n := range counts {
			if n == 0 {
				return c, fmt.Errorf("label: all rows of the %s %q are held out, so that nothing of it is learnt: hold out fewer, or leave its rows out", c.Label, c.Classes[k])
			}
			c.Shares[k] = float64(n) / float64(drawn.Len())
		}
	}
	if len(c.Numbers) > 0 {
		c.Numbers = slices.Clone(c.Numbers)
		mean, std := flow.Batch{Dim: len(c.Numbers), Data: drawn.Given}.Moments()
		for j := range c.Numbers {
			if c.Numbers[j].Mean, c.Numbers[j].Std = mean[j], std[j]; !(std[j] > 0) {
				return c, fmt.Errorf("condition: %q is the same in all rows: leave it out", c.Numbers[j].Name)
			}
		}
	}
	return c, nil
}

func countClasses(k int, rows flow.Batch) []int {
	counts := make([]int, k)
	for _, v := range rows.Given {
		counts[int(v)]++
	}
	return counts
}

// fewRows is the number of held-out rows of a class below which its figures are little more than noise.
const fewRows = 10

// fewOf returns a caution if classes have few rows to measure with.
func (d Data) fewOf(c given.Condition, drawn, held flow.Batch) (cautions []string) {
	if len(c.Classes) == 0 || held.Len() == 0 {
		return nil
	}
	var few []string
	for k, n := range countClasses(len(c.Classes), held) {
		if n < fewRows {
			few = append(few, fmt.Sprintf("%s (%d)", c.Classes[k], n))
		}
	}
	if len(few) > 0 {
		const most = 8
		more := ""
		if len(few) > most {
			few, more = few[:most], fmt.Sprintf(" and %d more", len(few)-most)
		}
		cautions = append(cautions, fmt.Sprintf("fewer than %d rows are held out of each %s of %s%s: figures of these classes are mostly noise: hold out more",
			fewRows, c.Label, strings.Join(few, ", "), more))
	}
	return cautions
}

// encoded returns what rows are given as a batch of points has it, (n, m).
func encoded(c given.Condition, rows flow.Batch) (list []float64) {
	for i := range rows.Len() {
		switch row := rows.GivenTo(i); {
		case len(c.Classes) > 0:
			list = append(list, c.Class(int(row[0]))...)
		case len(c.Numbers) > 0:
			list = append(list, c.Row(row)...)
		}
	}
	return list
}

// fittedByClass returns the target of a mixture for each class.
func (d Data) fittedByClass(of dataset, rows flow.Batch, c given.Condition) (Target, error) {
	law := oracle.Mixture{Means: flow.Batch{Dim: rows.Dim}}
	var classes []int
	for k, share := range c.Shares {
		own := InMemory(rows).only(k).All()
		if d.Mixture > own.Len() {
			return Target{}, fmt.Errorf("mixture: %d Gaussians do not fit the %d rows of the %s %q: use fewer", d.Mixture, own.Len(), c.Label, c.Classes[k])
		}
		fitted := fitMixture(flow.Batch{Dim: own.Dim, Data: own.Data}, d.Mixture)
		for i, w := range fitted.Shares() {
			law.Weights, classes = append(law.Weights, share*w), append(classes, k)
			law.Std = append(law.Std, fitted.Stds()[i])
		}
		law.Means.Data = append(law.Means.Data, fitted.Means.Data...)
	}
	t := ofLaw(FileName, of, law)
	t.label(c.Label, c.Classes, classes, c.Shares)
	return t, nil
}

// Given returns the columns that models are conditional on.
func (f File) Given() []string {
	if f.Label.Column != "" {
		return []string{f.Label.Column}
	}
	return f.Condition
}

// Condition adds to the data what models are conditional on.
func (t *Taken) Condition(rows table.Table, f File) (err error) {
	switch {
	case f.Label.Column != "":
		t.Given, t.Rows.Given, err = Classes(rows, f.Label.Column)
	case len(f.Condition) > 0:
		t.Given, t.Rows.Given, err = Numbers(rows, f.Condition)
	}
	return err
}

// Ranges returns the lowest and the highest of each number that the rows for training are given; nil if there are none.
func (t Target) Ranges() (low, high []float64) {
	t.Rows.EachPart(func(part flow.Batch) {
		for i := range part.Len() {
			for j, v := range t.Given.Values(part.GivenTo(i)) {
				if len(low) <= j {
					low, high = append(low, v), append(high, v)
				}
				low[j], high[j] = min(low[j], v), max(high[j], v)
			}
		}
	})
	return low, high
}
