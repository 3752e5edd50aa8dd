package guided

import (
	"fmt"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
)

// Example is what the samples of a card's programs are given.
type Example struct {
	Input   string // of the file
	Class   bool   // a class and not numbers
	Numbers string // that of the class, or the values
	Count   int    // of the numbers
	Words   string
	Note    string // a sentence on how to ask for something else
}

// Example returns what the samples of programs are given: the last class, or the means of the numbers. It is nil for a model that is
// conditional on nothing. literal quotes a text for programs.
func (g Model) Example(literal func(string) string) *Example {
	if g.Empty() {
		return nil
	}
	e := &Example{Input: Condition, Count: len(g.Given.Numbers)}
	if k := len(g.Given.Classes) - 1; k >= 0 {
		e.Input, e.Class, e.Numbers, e.Words = Label, true, strconv.Itoa(k), plainly(literal, g.Given.Label+" "+g.Given.Classes[k])
		e.Note = "All of them are of the last class."
	} else {
		var words, numbers []string
		for _, n := range g.Given.Numbers {
			numbers = append(numbers, strconv.FormatFloat(n.Mean, 'g', 4, 64))
			words = append(words, n.Name)
		}
		e.Numbers, e.Words = strings.Join(numbers, ", "), plainly(literal, strings.Join(words, ", "))
		e.Note = "All of them are given the same numbers, the means of the data."
	}
	if g.Whole {
		e.Note += " Pass `guidance` too, one float, for another weight than the default; not in JavaScript, where onnxruntime sets no input\n" +
			"that has a default: export a run with another weight."
	}
	return e
}

// plainly returns a text that fits into a comment of a program within a block of code.
func plainly(literal func(string) string, text string) string {
	text = strings.Trim(literal(text), `"`)
	return strings.NewReplacer("`", "'", `\u0060`, "'", `\`, "", "\n", " ").Replace(text)
}

// Section is the part of a card on what the files are conditional on. cell escapes a text for a table.
func (g Model) Section(cell func(string) string) string {
	if g.Empty() {
		return ""
	}
	var b strings.Builder
	if len(g.Given.Classes) > 0 {
		fmt.Fprintf(&b, "## Classes\n\nThe model is conditional on the class of a sample, its %s. The input `label` holds the number of each sample's class.\n\n"+
			"| label | %s | share of the training data |\n| --- | --- | --- |\n", cell(g.Given.Label), cell(g.Given.Label))
		for k, name := range g.Given.Classes {
			fmt.Fprintf(&b, "| %d | %s | %.3g |\n", k, cell(name), g.Given.Shares[k])
		}
		if g.Whole {
			b.WriteString("| -1 | none: the whole distribution | |\n")
		}
	} else {
		b.WriteString("## Conditions\n\nThe model is conditional on numbers. The input `condition` holds them for each sample, in their own units and in this order.\n\n" +
			"| number | mean of the training data | standard deviation |\n| --- | --- | --- |\n")
		for _, n := range g.Given.Numbers {
			fmt.Fprintf(&b, "| %s | %.6g | %.6g |\n", cell(n.Name), n.Mean, n.Std)
		}
	}
	if g.Whole {
		fmt.Fprintf(&b, "\nThe input `guidance` is the weight w of the velocity\n\n    %s\n\nwhere u_c is the velocity given c and u_none that given nothing. With w = 0 samples are those of the whole\n"+
			"distribution, with w = 1 those given c, and larger weights sharpen. Others count w from -1. The default is %s. A\n"+
			"velocity takes two evaluations of the net, or one where w is 0 or 1.\n", flow.GuidanceFormula, g.Guidance)
	}
	return b.String() + "\n"
}

// Usage says what else a conditional file takes.
func (g Model) Usage() string {
	if g.Empty() {
		return ""
	}
	text := "It also takes `label[batch]`, 64-bit integers"
	if len(g.Given.Numbers) > 0 {
		text = fmt.Sprintf("It also takes `condition[batch,%d]`", len(g.Given.Numbers))
	}
	if g.Whole {
		text += fmt.Sprintf(", and `guidance`, one float, which is optional and %s by default", g.Guidance)
	}
	return "\n\n" + text + "."
}
