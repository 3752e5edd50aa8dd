package export

import (
	"fmt"

	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
)

// MaxUnrolled is the largest number of operations of a sampler whose steps are written out beside the Loop form unasked. The time
// that onnxruntime takes to open it grows with the square: on one core of a server 1,300 operations took 0.25 s, 2,600 took 0.6 s and
// 5,200 took 1.8 s, where a Loop takes a few ms.
const MaxUnrolled = 1000

// Portable is Sampler with Portable set, for the file beside the Loop form. If the file has more than MaxUnrolled operations, it
// returns none, and says why.
func Portable(n net.Net, weights []float32, solver ode.Solver, ts []float64, about About, o SamplerOptions) (file []byte, absent string, err error) {
	o.Portable = true
	m, err := samplerModel(n, weights, solver, ts, about, o)
	if err != nil {
		return nil, "", err
	}
	if count := len(m.Nodes); count > MaxUnrolled {
		return nil, fmt.Sprintf("with the %d velocity calls written out it would have %d operations, and with more than %d it takes onnxruntime long to open",
			(len(ts)-1)*calls(solver), count, MaxUnrolled), nil
	}
	file, err = seal(m)
	return file, "", err
}

// Absent is a file that is not written, and why. The reason goes on from "there is none: ".
type Absent struct {
	File string `json:"file"`
	Why  string `json:"why"`
}
