// Package export writes trained velocity nets as ONNX files for other runtimes, and verifies them in onnxruntime.
//
//	file, err := export.Velocity(n, weights, about)
//	check := export.Verify(file, export.Points(n, 4096, 0), model.RowField())
package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/net"
	"flowsweep/experiments/velocity"
	"flowsweep/export/guided"
)

// About describes a file to the person who receives it. It goes into the file's metadata, which contains neither dates nor
// paths, so that equal nets give equal bytes.
type About struct {
	Version    string            // of the program
	Doc        string            // what the net models, in a sentence
	Source     string            // the distribution at t = 0; empty means standard normal
	Units      flow.Units        // from the scale of the net to the user's units, or to those of Code; zero if these are the same
	Code       kinds.Code        // of rows of a table, if points are not rows themselves
	Columns    []string          // names of the columns of rows, which are the coordinates unless there is a Code; or nil
	Properties map[string]string // target, path, recommended solver and steps, metrics, keys, commit, ...
	Absent     []Absent          // files that are not written, for the card
	Twin       *Twin             // of a sampler at fixed steps for a run that adapts them
	Reduced    *Reduced          // the net as the file computes it, if not in 32-bit floats
	Figures    []Figures         // of the card: what other precisions save and cost
	Lineage    [][3]string       // of the card: steps from data to the run, what each is, and the sha256 of what the store holds of it

	Conditional guided.Model // what the net is conditional on
}

// Velocity returns the net as an ONNX file: t[batch,1], x[batch,d] -> v[batch,d], opset 17, with the weights as named
// initializers. A conditional one takes label[batch] or condition[batch,k] too, and guidance, if it has learnt the whole distribution. If About has Units, points and velocities are on the scale of the net, and the metadata contains scale and
// shift: data = scale x + shift.
func Velocity(n net.Net, weights []float32, about About) ([]byte, error) {
	if err := about.check(n.Dim()); err != nil {
		return nil, fmt.Errorf("export a velocity: %w", err)
	}
	m, err := velocity.Record(n, weights)
	if err == nil {
		m.Graph, err = about.Reduced.graph(m.Graph)
	}
	if err != nil {
		return nil, err
	}
	m.Name = "velocity"
	m.Graph = about.conditional(m.Graph)
	m.Inputs, m.Outputs = signatureOf(n, about.Conditional)
	m.Inputs[1].Doc += "; " + about.source() + " at t = 0"
	properties := map[string]string{"prediction": "velocity"}
	if !about.Code.Identity() {
		m.Inputs[1].Doc += "; on the scale of the net, from which the kinds of the metadata lead to rows"
		properties["units"] = "codes of rows: " + about.conversion() + ", which the kinds lead to rows"
	} else if !about.Units.Identity() {
		m.Inputs[1].Doc += "; " + about.conversion() + ", with the numbers of the metadata"
		m.Outputs[0].Doc += ", on the scale of x"
		properties["units"] = "standardised: " + about.conversion()
	}
	describe(&m, n, about, properties)
	return seal(m)
}

// conditional returns the graph of a net that takes the inputs of a conditional file, or the graph itself.
func (a About) conditional(net onnx.Graph) onnx.Graph {
	if a.Conditional.Empty() {
		return net
	}
	net = a.Conditional.Net(net)
	nodes, constants := a.Conditional.Before()
	_, defaults := a.Conditional.Weight()
	net.Nodes = slices.Concat(nodes, net.Nodes)
	net.Initializers = slices.Concat(net.Initializers, constants, defaults)
	return net
}

// signatureOf returns the inputs and outputs of a velocity file.
func signatureOf(n net.Net, g guided.Model) (inputs, outputs []onnx.ValueInfo) {
	inputs, outputs = velocity.Signature(n)
	weight, _ := g.Weight()
	return slices.Concat(inputs[:2], g.Inputs(), weight), outputs
}

// check returns an error unless the units have dim coordinates and their numbers fit into 32-bit floats.
func (a About) check(dim int) error {
	if a.Reduced != nil && !a.Conditional.Empty() {
		return errors.New("files of conditional models are written in 32-bit floats only: leave the precision out")
	}
	if w := a.Code.Width(); !a.Code.Identity() && (w != dim || len(a.Columns) != a.Code.Dim()) {
		return fmt.Errorf("the kinds of %d columns have %d coordinates, for %d columns and %d coordinates: must be as many", a.Code.Dim(), w, len(a.Columns), dim)
	}
	if a.Units.Identity() {
		return nil
	}
	if a.Units.Curves != nil {
		return a.checkCurves(dim)
	}
	if len(a.Units.Scale) != dim || len(a.Units.Shift) != dim {
		return fmt.Errorf("units have %d scales and %d shifts for %d coordinates: must have one per coordinate", len(a.Units.Scale), len(a.Units.Shift), dim)
	}
	for j, s := range a.Units.Scale {
		if v := math.Abs(s); !(v >= 0x1p-126 && v <= math.MaxFloat32) || !(math.Abs(a.Units.Shift[j]) <= math.MaxFloat32) {
			return fmt.Errorf("coordinate %d: the scale %g and shift %g do not fit into 32-bit floats: use another unit", j, s, a.Units.Shift[j])
		}
	}
	return nil
}

// checkCurves is check for units that are not affine.
func (a About) checkCurves(dim int) error {
	if len(a.Units.Curves) != dim {
		return fmt.Errorf("units have %d curves for %d coordinates: must have one per coordinate", len(a.Units.Curves), dim)
	}
	for j, c := range a.Units.Curves {
		if err := c.Check(); err != nil {
			return fmt.Errorf("coordinate %d: %w", j, err)
		}
	}
	return nil
}

// checkAffine returns an error if a graph cannot convert to the units.
func (a About) checkAffine() error {
	if a.Units.Curves != nil {
		return errors.New("files that return points in the units of data on the scale of their ranks are not written: use velocity.onnx with its quantile_knots, or flowsweep sample and logp")
	}
	if len(a.Units.Coarse()) > 0 {
		return errors.New("files that return points in the units of data so far from 0 are not written, as they compute in 32-bit floats: use velocity.onnx with its scale and shift, or flowsweep sample and logp")
	}
	return nil
}

// checkDensity returns an error if a file cannot return log densities in the units.
func (a About) checkDensity() error {
	if !a.Conditional.Empty() {
		return errors.New("log densities of conditional models are not written into files: use flowsweep logp --label or --condition")
	}
	if !a.Code.Identity() {
		return errors.New("log densities of rows with kinds of columns are not written into files: use flowsweep logp, for columns that are real, positive or bounded")
	}
	return nil
}

// conversion says how to get from the scale of the net to the user's units.
func (a About) conversion() string {
	if a.Units.Identity() {
		return "data = x"
	}
	if a.Units.Curves != nil {
		return "data = the piecewise linear curve of x in quantile_knots"
	}
	return "data = scale x + shift"
}

func (a About) source() string {
	if a.Source == "" {
		return "standard normal"
	}
	return a.Source
}

// describe sets the metadata of the model: what is known of the net, and the given properties.
func describe(m *onnx.Model, n net.Net, about About, properties map[string]string) {
	m.Producer, m.ProducerVersion = producer, about.Version
	m.Domain, m.Version = "flowsweep", experiments.FileForm
	m.Doc = about.Doc
	m.Metadata = map[string]string{
		"architecture":    n.String(),
		"parameters":      fmt.Sprint(n.Size()),
		"time_convention": timeConvention,
		"dimension":       fmt.Sprint(n.Dim()),
	}
	switch {
	case about.Units.Curves != nil:
		m.Metadata["quantile_knots"] = toJSON(about.Units.Curves)
	case !about.Units.Identity():
		m.Metadata["scale"], m.Metadata["shift"] = toJSON(about.Units.Scale), toJSON(about.Units.Shift)
	}
	if about.Columns != nil {
		m.Metadata["columns"] = toJSON(about.Columns)
	}
	if !about.Code.Identity() {
		m.Metadata["kinds"], m.Metadata["coordinates"] = toJSON(about.Code), toJSON(about.Code.Coordinates())
	}
	maps.Copy(m.Metadata, about.Conditional.Metadata())
	maps.Copy(m.Metadata, properties)
	maps.Copy(m.Metadata, about.Properties)
	maps.Copy(m.Metadata, about.Reduced.properties())
}

// timeConvention is what every file says of its times.
const timeConvention = "t = 0 is noise, t = 1 is data"

// producer is the name of this program in files.
const producer = "flowsweep"

// fromJSON parses a text that toJSON wrote, and reports whether it could.
func fromJSON(text string, values any) bool { return json.Unmarshal([]byte(text), values) == nil }

// toJSON returns numbers or names as JSON.
func toJSON(values any) string {
	text, err := json.Marshal(values)
	if err != nil {
		panic("export: " + err.Error()) // finite numbers and names have a JSON form
	}
	return string(text)
}

// lineage is the part of the card on how the files came about.
func (a About) lineage(checks []experiments.Check) string {
	if len(a.Lineage) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("## Lineage\n\nFrom data to files, each made from those above it. `flowsweep show KEY --lineage` also says when and where, and\n" +
		"`flowsweep show FILE.onnx --lineage` finds the way back from a file.\n\n| step | what | sha256 |\n| --- | --- | --- |\n")
	row := func(step, what, sum string) {
		if sum != "" {
			sum = "`" + sum + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", step, cell(what), sum)
	}
	for _, s := range a.Lineage {
		row(s[0], s[1], s[2])
	}
	for _, c := range checks {
		row("file", c.File, c.SHA256)
	}
	return b.String() + "\n"
}
