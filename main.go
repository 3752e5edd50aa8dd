// Flowsweep sweeps flow-matching models: it trains velocity nets, samples them with ODE solvers, measures the samples,
// keeps every result, and exports the best net as verified ONNX.
package main

import (
	"os"

	"flowsweep/pipeline"
)

func main() {
	os.Exit(pipeline.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
