// Package export writes trained velocity nets as ONNX files for other runtimes, and verifies them in onnxruntime.
//
//	file, err := export.Velocity(net, weights, about)
//	check, err := export.Verify(file, export.Points(net.Dim, 4096, 0), model.Velocity)
package export

import (
	"fmt"
	"maps"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/velocity"
)

// About is what a person who gets the file should know. It ends up in the file's metadata, which holds no date and no
// path, so that equal nets give equal bytes.
type About struct {
	Version    string            // of the program
	Doc        string            // what the net models, in a sentence
	Source     string            // the distribution at t = 0; empty means standard normal
	Properties map[string]string // target, path, recommended solver and steps, metrics, keys, commit, ...
}

// Velocity returns the net as an ONNX file: t[batch,1], x[batch,d] -> v[batch,d], opset 17, weights as named
// initializers.
func Velocity(n velocity.Net, weights []float32, about About) ([]byte, error) {
	m, err := n.Record(weights)
	if err != nil {
		return nil, err
	}
	m.Name = "velocity"
	m.Inputs[0].Doc = "time of each point, from 0 (noise) to 1 (data)"
	m.Inputs[1].Doc = "points; " + about.source() + " at t = 0"
	m.Outputs[0].Doc = "velocity dx/dt of each point"
	describe(&m, n, about, map[string]string{"prediction": "velocity"})
	return seal(m)
}

func (a About) source() string {
	if a.Source == "" {
		return "standard normal"
	}
	return a.Source
}

// describe writes what is known of the net, and more properties, into the model.
func describe(m *onnx.Model, n velocity.Net, about About, properties map[string]string) {
	m.Producer, m.ProducerVersion = "flowsweep", about.Version
	m.Domain, m.Version = "flowsweep", 1
	m.Doc = about.Doc
	m.Metadata = map[string]string{
		"architecture":    n.String(),
		"parameters":      fmt.Sprint(n.Size()),
		"time_convention": "t = 0 is noise, t = 1 is data",
		"dimension":       fmt.Sprint(n.Dim),
	}
	maps.Copy(m.Metadata, properties)
	maps.Copy(m.Metadata, about.Properties)
}
