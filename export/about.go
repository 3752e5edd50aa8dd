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
	Properties map[string]string // target, path, recommended solver and steps, metrics, keys, commit, ...
}

// describe writes what is known of the net, and more properties, into the model.
func describe(m *onnx.Model, n velocity.Net, about About, properties map[string]string) {
	m.Producer, m.ProducerVersion = "flowsweep", about.Version
	m.Domain, m.Version = "flowsweep", 1
	m.Doc = about.Doc
	m.Metadata = map[string]string{
		"architecture":    fmt.Sprintf("MLP, %d hidden layers of %d, %s", n.Depth, n.Width, n.Activation.Name),
		"parameters":      fmt.Sprint(n.Size()),
		"time_convention": "t = 0 is noise, t = 1 is data",
		"dimension":       fmt.Sprint(n.Dim),
	}
	maps.Copy(m.Metadata, properties)
	maps.Copy(m.Metadata, about.Properties)
}
