package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Card returns model-card.md: what the file is, how to use it, how it was checked and where it comes from.
func Card(about About, c Check) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# velocity.onnx\n\n%s.\n\n", about.Doc)
	b.WriteString("## Use\n\n" +
		"`t[batch,1]`, `x[batch,d]` -> `v[batch,d]`, 32-bit floats, ONNX opset 17. To sample, draw x from a standard normal\n" +
		"distribution at t = 0 and follow dx/dt = v to t = 1. `vectors.json` holds inputs and outputs to test a runtime with.\n\n")
	fmt.Fprintf(&b, "## Check\n\n%s\n\nsha256 `%s`\n\n", outcome(c), c.SHA256)
	b.WriteString("## Origin\n\n| property | value |\n| --- | --- |\n")
	for _, k := range slices.Sorted(maps.Keys(about.Properties)) {
		fmt.Fprintf(&b, "| %s | %s |\n", k, strings.ReplaceAll(about.Properties[k], "|", "\\|"))
	}
	fmt.Fprintf(&b, "\nMade by flowsweep %s.\n", about.Version)
	return []byte(b.String())
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
	return fmt.Sprintf("Compared with Go in %s at %d points, batch sizes %v, graph optimisation %s: the largest difference is %.3g,\n"+
		"allowed are %.3g. **%s**", c.Runtime, c.Points, c.Batches, strings.Join(c.Levels, " and "), c.MaxAbsDiff, c.Tolerance, word)
}
