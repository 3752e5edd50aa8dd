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
	outcome := "verified"
	if !c.OK {
		outcome = "NOT verified: do not use this file"
	}
	fmt.Fprintf(&b, "## Check\n\nCompared with Go in %s at %d points, batch sizes %v, graph optimisation %s: the largest difference is %.3g,\n"+
		"allowed are %.3g. **%s**\n\nsha256 `%s`\n\n", c.Runtime, c.Points, c.Batches, strings.Join(c.Levels, " and "),
		c.MaxAbsDiff, c.Tolerance, outcome, c.SHA256)
	b.WriteString("## Origin\n\n| property | value |\n| --- | --- |\n")
	for _, k := range slices.Sorted(maps.Keys(about.Properties)) {
		fmt.Fprintf(&b, "| %s | %s |\n", k, strings.ReplaceAll(about.Properties[k], "|", "\\|"))
	}
	fmt.Fprintf(&b, "\nMade by flowsweep %s.\n", about.Version)
	return []byte(b.String())
}
