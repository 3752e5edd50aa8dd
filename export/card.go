package export

import (
	_ "embed"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
)

// uses says how to use a file of each name, with a place for the source.
var uses = map[string]string{
	"velocity.onnx": "`t[batch,1]`, `x[batch,d]` -> `v[batch,d]`, 32-bit floats, ONNX opset 17. To sample, draw x from the source (%s)\n" +
		"at t = 0 and follow dx/dt = v to t = 1. `vectors.json` holds inputs and outputs of both files to test a runtime with.",
	"sampler.onnx": "`noise[batch,d]`, `ts[times]` -> `samples[batch,d]`, 32-bit floats, ONNX opset 17: the net and its solver in one.\n" +
		"Draw the noise from the source (%s); the time grid `ts` may be left out, or given\n" +
		"for other steps; a file written with --portable has none. With --trajectory it returns `trajectory[times,batch,d]`, with\n" +
		"--log-prob `log_prob[batch]`, the log density in nats that the flow gives the samples.",
}

// examples is how samples are drawn in several languages, with places for the dimension and a note on the source.
//
//go:embed examples.md
var examples string

// Card returns model-card.md: what the files are, how to use them in several languages, how they were checked and where
// they come from. The points have dim coordinates.
func Card(about About, dim int, checks ...Check) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Model card\n\n%s.\n\n", html.EscapeString(about.Doc))
	b.WriteString(about.unitsWords())
	for _, c := range checks {
		fmt.Fprintf(&b, "## %s\n\n%s\n\n%s\n\nsha256 `%s`\n\n", c.File, strings.ReplaceAll(uses[c.File], "%s", about.source()), outcome(c), c.SHA256)
	}
	if slices.ContainsFunc(checks, func(c Check) bool { return c.File == "sampler.onnx" }) {
		b.WriteString(about.examples(dim))
	}
	b.WriteString("## Origin\n\n| property | value |\n| --- | --- |\n")
	for _, k := range slices.Sorted(maps.Keys(about.Properties)) {
		fmt.Fprintf(&b, "| %s | %s |\n", k, cell(about.Properties[k]))
	}
	fmt.Fprintf(&b, "\nMade by flowsweep %s.\n", about.Version)
	return []byte(b.String())
}

// unitsWords says on what scale the files work, where it is not that of the data.
func (a About) unitsWords() string {
	if a.Units.Identity() {
		return ""
	}
	var b strings.Builder
	b.WriteString("## Units\n\nThe net was trained on standardised data. `sampler.onnx` returns samples in the units of the data; `velocity.onnx` works on\n" +
		"the scale of the net, from which data = scale x + shift. Metrics were measured on the scale of the net.\n\n" +
		"| column | scale | shift |\n| --- | --- | --- |\n")
	for j, scale := range a.Units.Scale {
		name := fmt.Sprint(j)
		if a.Columns != nil {
			name = a.Columns[j]
		}
		fmt.Fprintf(&b, "| %s | %.9g | %.9g |\n", cell(name), scale, a.Units.Shift[j])
	}
	return b.String() + "\n"
}

// cell returns a text as a cell of a table.
func cell(text string) string { return strings.ReplaceAll(html.EscapeString(text), "|", "\\|") }

func (a About) examples(dim int) string {
	note := ""
	if a.Source != "" {
		note = ". They draw standard normal noise: draw yours from the source, " + a.Source
	}
	return strings.NewReplacer("{{dim}}", fmt.Sprint(dim), "{{note}}", note).Replace(examples)
}

// outcome says in a paragraph what came of a check.
func outcome(c Check) string {
	if c.Error != "" {
		return "**NOT verified: do not rely on this file.** It could not be compared with Go: " + c.Error + "."
	}
	word := "verified"
	if !c.OK {
		word = "NOT verified: do not use this file"
	}
	return fmt.Sprintf("Compared with Go in %s at %d points, batch sizes %v, graph optimisation %s, threads %v: the differences are\n"+
		"%.3g at most and %.3g in the mean, allowed are %.3g (%s). **%s**", c.Runtime, c.Points, c.Batches, strings.Join(c.Levels, ", "),
		c.Threads, c.MaxAbsDiff, c.MeanAbsDiff, c.Tolerance, c.Reason, word)
}
