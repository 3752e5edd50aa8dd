package export

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"flowsweep/experiments"
	"flowsweep/export/guided"
)

// usage explains how to use each file; %s stands for the source.
var usage = map[string]string{
	"velocity.onnx": "`t[batch,1]`, `x[batch,d]` -> `v[batch,d]`, 32-bit floats. To sample, draw x from the source (%s)\n" +
		"at t = 0 and follow dx/dt = v to t = 1. `vectors.json` contains inputs and outputs of all files, to test a runtime with.",
	"sampler.onnx": "`noise[batch,d]`, `ts[times]` -> `samples[batch,d]`, 32-bit floats: the net and its solver in one.\n" +
		"Draw the noise from the source (%s). The time grid `ts` is optional; pass it to take other\n" +
		"steps. A file exported with --portable, or along another path than the net's, has no `ts`. With --trajectory the file also\n" +
		"returns `trajectory[times,batch,d]`, and with --log-prob `log_prob[batch]`, the log density of the samples under the flow, in nats.\n\n" +
		"Where onnxruntime logs \"Initializer ts appears in graph inputs\" on opening, that is the default of `ts`, and harmless.",
	"sampler-portable.onnx": "`noise[batch,d]` -> `samples[batch,d]`: `sampler.onnx` with its steps written out one after the other. Draw the noise from\n" +
		"the source (%s). Take it for runtimes without Loop (tract, candle, OpenCV, onnx-gomlx), for converters, and to open without a\n" +
		"warning; take `sampler.onnx` everywhere else, as it opens faster, is smaller, and takes other steps.",
	"logp.onnx": "`data[batch,d]`, `ts[times]` -> `noise[batch,d]`, `log_prob[batch]`, 32-bit floats: the log density of given\n" +
		"points under the flow from the source (%s), in nats and in the units of the data, and the noise that they come from.\n" +
		"The time grid `ts` is optional and runs from 1 to 0.",
}

// promise names what a runtime needs for the files, and what was seen to be wrong elsewhere.
const promise = "## Runtimes\n\nThe files declare ONNX IR version 8 and opset 17, and use the default domain alone. onnxruntime runs them from 1.16, the\n" +
	"oldest tried, to 1.32. OpenVINO 2026.4 runs samplers, with `ts` as a constant. On processors with bf16 it computes in that, which moved velocities by\n" +
	"up to .06, unless it is compiled with INFERENCE_PRECISION_HINT f32; and its sums are wrong where products are summed and then added to, as in log\n" +
	"densities and nets with attention. Compare with `vectors.json` before you use a runtime.\n\n"

//go:embed examples.md
var exampleText string

// examples shows how to draw samples in several languages.
var examples = template.Must(template.New("examples").Funcs(template.FuncMap{"literal": literal}).Parse(exampleText))

// exampleColumn is a column of a table, as programs print it that cannot read the metadata of a file.
type exampleColumn struct {
	Name  string
	Whole bool
	Words []string // its categories
}

// literal returns a text as a literal of JavaScript and C++ alike, within a block of code in Markdown.
func literal(text string) string {
	quoted, _ := json.Marshal(strings.Map(func(r rune) rune { // of a string it cannot fail
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text))
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", "`", `\u0060`).Replace(string(quoted))
}

// Card returns model-card.md: what the files are, how to use them in several languages, how they were verified, and where
// they come from. The points have the shape.
func Card(about About, shape []int, checks ...experiments.Check) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Model card\n\n%s.\n\n", html.EscapeString(about.Doc))
	b.WriteString(about.Twin.section())
	b.WriteString(about.unitsSection())
	b.WriteString(about.Conditional.Section(cell))
	for _, c := range checks {
		fmt.Fprintf(&b, "## %s\n\n%s%s\n\n%s\n\nsha256 `%s`\n\n", c.File, strings.ReplaceAll(usageOf(c.File, shape), "%s", about.source()),
			strings.ReplaceAll(about.Conditional.Usage()+about.noiseUsage(c.File), "batch,d]", "batch,"+sizes(shape, ",")+"]"), outcome(c), c.SHA256)
	}
	if slices.ContainsFunc(checks, func(c experiments.Check) bool { return c.File == "sampler.onnx" }) {
		b.WriteString(about.examples(shape))
	}
	for _, f := range about.Figures {
		b.WriteString(f.section())
	}
	for _, a := range about.Absent {
		fmt.Fprintf(&b, "There is no `%s`: %s.\n\n", a.File, html.EscapeString(a.Why))
	}
	b.WriteString(promise)
	b.WriteString(about.lineage(checks))
	b.WriteString("## Origin\n\n| property | value |\n| --- | --- |\n")
	for _, k := range slices.Sorted(maps.Keys(about.Properties)) {
		fmt.Fprintf(&b, "| %s | %s |\n", k, cell(about.Properties[k]))
	}
	fmt.Fprintf(&b, "\nMade by flowsweep %s.\n", about.Version)
	return []byte(b.String())
}

// Twin says what tells a sampler at fixed steps from the adaptive run that it stands for. The texts are for people.
type Twin struct {
	Of, Is  [2]string   // solver and velocity calls of the adaptive run, and of the sampler
	Metrics [][3]string // names with the values of both
}

// section is the part of the card about the twin. It may be called on nil.
func (t *Twin) section() string {
	if t == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## Fixed steps\n\n`sampler.onnx` is not the solver that was chosen: %s adapts its steps to each sample, and the file takes fixed ones,\n"+
		"%s. It is the fixed-step twin of the chosen run, from the same net. Its samples were drawn and measured as a run\n"+
		"of their own; the properties below are of that run.", t.Of[0], t.Is[0])
	if len(t.Metrics) == 0 {
		b.WriteString(" Its metrics were not measured, as no sweep plans the run any more.")
	}
	fmt.Fprintf(&b, "\n\n| | adaptive: %s | `sampler.onnx`: %s |\n| --- | --- | --- |\n| velocity calls | %s | %s |\n", cell(t.Of[0]), cell(t.Is[0]), t.Of[1], t.Is[1])
	for _, m := range t.Metrics {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(m[0]), cell(m[1]), cell(m[2]))
	}
	return b.String() + "\n"
}

// unitsSection explains the scale of the files if it is not that of the data.
func (a About) unitsSection() string {
	if !a.Code.Identity() {
		return a.columnsSection()
	}
	if a.Units.Identity() {
		return ""
	}
	if a.Units.Curves != nil {
		return "## Units\n\nThe net was trained on the normal scores of the ranks of the data (`standardise: quantile`), and metrics were measured on that\n" +
			"scale. `velocity.onnx` works on it, and its metadata `quantile_knots` hold for each column a piecewise linear curve to the units\n" +
			"of the data: knots x and y, and the slopes of the segments, the first and the last of which have no end. There is no\n" +
			"`sampler.onnx`, as it could not return samples in the units of the data. `flowsweep sample` does.\n\n"
	}
	var b strings.Builder
	sampler, digits := "`sampler.onnx` returns samples in the units of the data; `velocity.onnx` works on\n", 9
	if len(a.Units.Coarse()) > 0 {
		sampler, digits = "There is no `sampler.onnx`, as 32-bit floats barely\ntell the values of the data apart; `flowsweep sample` returns samples in their units. `velocity.onnx` works on\n", 17
	}
	b.WriteString("## Units\n\nThe net was trained on standardised data. " + sampler +
		"the scale of the net, where data = scale x + shift. Metrics were measured on the scale of the net.\n\n" +
		"| column | scale | shift |\n| --- | --- | --- |\n")
	for j, scale := range a.Units.Scale {
		name := fmt.Sprint(j)
		if a.Columns != nil {
			name = a.Columns[j]
		}
		fmt.Fprintf(&b, "| %s | %.*g | %.*g |\n", cell(name), digits, scale, digits, a.Units.Shift[j])
	}
	return b.String() + "\n"
}

// cell escapes a text for a table cell.
func cell(text string) string { return strings.ReplaceAll(html.EscapeString(text), "|", "\\|") }

// usageOf is usage for points of a shape.
func usageOf(file string, shape []int) string {
	text := strings.ReplaceAll(usage[unsuffixed(file)], "batch,d]", "batch,"+sizes(shape, ",")+"]")
	if len(shape) == 3 {
		text += "\n\nPoints are images, channels first: " + sizes(shape, " x ") + " are channels, height and width."
	}
	return text
}

// sizes writes a shape: that of vectors as d, whose number the metadata hold.
func sizes(shape []int, between string) string {
	if len(shape) == 1 {
		return "d"
	}
	words := make([]string, len(shape))
	for i, size := range shape {
		words[i] = fmt.Sprint(size)
	}
	return strings.Join(words, between)
}

// examples returns the programs that draw samples, of points of a shape.
func (a About) examples(shape []int) string {
	fill := struct {
		Dim, Width    int
		Shape, Return string          // the sizes of a point and of a sample
		Note, Steps   string          // a note on the source; the number of steps, if they take noise
		Rows          []exampleColumn // of samples that are rows of a table
		Given         *guided.Example // what samples are given; nil for nothing
		Inputs, Last  int             // the number of inputs, and that of the last
	}{Dim: elements(shape), Width: a.width(elements(shape)), Given: a.Conditional.Example(literal), Inputs: 1}
	if len(shape) == 1 { // pixels are numbers
		for _, c := range a.Code.Columns() {
			fill.Rows = append(fill.Rows, exampleColumn{c.Name, c.Kind.Discrete, c.Kind.Categories})
		}
	}
	list := func(sizes []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(sizes), " ", ", "), "[]") }
	fill.Shape, fill.Return = list(shape), list(returned(a.Code, shape))
	if a.Properties[recommendedNoise] != "" {
		fill.Steps = a.Properties["recommended_steps"]
		fill.Inputs++
	}
	if fill.Given != nil {
		fill.Inputs++
	}
	fill.Last = fill.Inputs - 1
	if a.Source != "" {
		fill.Note = ". They draw standard normal noise; replace it by samples of the source, " + a.Source
	}
	var b strings.Builder
	if err := examples.Execute(&b, fill); err != nil {
		panic("export: " + err.Error()) // the text is part of the program
	}
	return b.String()
}

// outcome describes the outcome of a check.
func outcome(c experiments.Check) string {
	if c.Error != "" {
		return "**NOT verified: do not rely on this file.** It could not be compared with Go: " + c.Error + "."
	}
	word, notes := "verified", ""
	if !c.OK {
		word = "NOT verified: do not use this file"
	}
	for _, n := range c.Notes {
		notes += "\n\nNote: " + n + "."
	}
	return fmt.Sprintf("Compared with Go in %s at %d points, batch sizes %v, graph optimisation %s, threads %v: the largest\n"+
		"difference is %.3g and the mean difference %.3g; %.3g is allowed (%s). **%s**", c.Runtime, c.Points, c.Batches, strings.Join(c.Levels, ", "),
		c.Threads, c.MaxAbsDiff, c.MeanAbsDiff, c.Tolerance, c.Reason, word) + notes
}

// columnsSection explains the columns of rows, and the way from points to them.
func (a About) columnsSection() string {
	var b strings.Builder
	b.WriteString("## Columns\n\n`sampler.onnx` returns rows of a table: a value for each column, that of a category as its number, from 0, in the list\n" +
		"of its categories. Every value is one of its column: whole, within its bounds, or a category. The metadata `kinds` hold all this.\n\n" +
		"| column | kind | values | coordinates of the net |\n| --- | --- | --- | --- |\n")
	for _, c := range a.Code.Columns() {
		fmt.Fprintf(&b, "| %s | %s | %s | %d |\n", cell(c.Name), c.Kind.Name, cell(c.Span()), c.Width())
	}
	b.WriteString("\nThe net was trained on codes of the rows, and metrics were measured on these: logs of positive columns, logits of bounded ones, whole\n" +
		"numbers with noise, and one-hot vectors divided by 2. `velocity.onnx` works on the scale of the net, where code = " + a.affine() + ".\n\n")
	if a.Units.Scale != nil {
		b.WriteString("| coordinate | scale | shift |\n| --- | --- | --- |\n")
		for j, name := range a.Code.Coordinates() {
			fmt.Fprintf(&b, "| %s | %.9g | %.9g |\n", cell(name), a.Units.Scale[j], a.Units.Shift[j])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// affine says how to get from the scale of the net to codes.
func (a About) affine() string { return strings.TrimPrefix(a.conversion(), "data = ") }
