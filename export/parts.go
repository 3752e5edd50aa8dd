package export

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/export/guided"
)

// Parts is what a file was made of, as the file itself says.
type Parts struct {
	Kind    string // velocity, sampler or density
	Net     net.Net
	Weights []float32
	Solver  ode.Solver // zero for a velocity
	Times   []float64  // from noise to data; nil for a velocity
	About   About
	Options SamplerOptions
}

// derived are the properties that follow from the other parts of a file.
var derived = []string{
	checksum, "architecture", "parameters", "time_convention", "dimension", "quantile_knots", "scale", "shift", "columns", "kinds", "coordinates",
	"label", "classes", "class_shares", "conditions", "guidance", "guidance_formula",
	"prediction", "solver", "steps", "velocity_calls_a_step", "arithmetic", "times", "coefficients", "sampling_path", sdeNoise,
}

// Dissect returns the parts of a file: the net and its weights, units, solver, time grid and properties. Write then gives the
// same bytes, unless something in the file does not belong there. It returns an error for a file that does not name or hold
// all parts.
func Dissect(file []byte) (p Parts, err error) {
	m, err := read(file)
	if err != nil {
		return p, err
	}
	p.Kind, p.Options = m.Name, optionsOf(m)
	if p.Options.Along, err = alongIn(m); err == nil {
		p.Options.SDE, err = sdeIn(m, p.Options.Along)
	}
	if err != nil {
		return p, err
	}
	if !slices.Contains(modelKinds, p.Kind) {
		return p, fmt.Errorf("it holds no velocity, sampler or density, but %q", m.Name)
	}
	if p.Net, err = net.Parse(m.Metadata["architecture"]); err != nil {
		return p, fmt.Errorf("its architecture: %w", err)
	}
	if p.Weights, err = weightsOf(m, p.Net); err != nil {
		return p, err
	}
	if p.About, err = aboutOf(m); err == nil {
		err = p.About.check(p.Net.Dim())
	}
	if err != nil {
		return p, err
	}
	if p.Kind == "velocity" {
		return p, nil
	}
	var ok bool
	if p.Solver, ok = ode.Called(m.Metadata["solver"]); !ok {
		return p, fmt.Errorf("its solver %q is unknown", m.Metadata["solver"])
	}
	p.Times, err = timesIn(m, p.Solver)
	if err == nil && p.Solver.Fitted {
		p.Solver, err = refit(p.Solver, p.Times, m.Metadata["coefficients"])
	}
	if p.Kind == "density" {
		slices.Reverse(p.Times)
	}
	return p, err
}

// Write writes the file that these parts make.
func (p Parts) Write() ([]byte, error) {
	switch p.Kind {
	case "sampler":
		return Sampler(p.Net, p.Weights, p.Solver, p.Times, p.About, p.Options)
	case "density":
		return Density(p.Net, p.Weights, p.Solver, p.Times, p.About)
	default:
		return Velocity(p.Net, p.Weights, p.About)
	}
}

// optionsOf returns the options that a sampler was written with.
func optionsOf(m onnx.Model) SamplerOptions {
	gives := func(name string) bool {
		return slices.ContainsFunc(m.Outputs, func(v onnx.ValueInfo) bool { return v.Name == name })
	}
	return SamplerOptions{Portable: unrolled(m), Trajectory: gives("trajectory"), LogProb: gives("log_prob")}
}

// unrolled reports whether a sampler's steps are written out.
func unrolled(m onnx.Model) bool {
	return !slices.ContainsFunc(m.Nodes, func(n onnx.Node) bool { return n.Op == "Loop" })
}

// alongIn returns what leads to the path that the steps of a file follow, or nil if it is that of the net.
func alongIn(m onnx.Model) (*flow.PathConversion, error) {
	if m.Metadata["sampling_path"] == "" {
		return nil, nil
	}
	from, err := flow.ParsePath(m.Metadata["path"])
	to, err2 := flow.ParsePath(m.Metadata["sampling_path"])
	if err := errors.Join(err, err2); err != nil {
		return nil, fmt.Errorf("its paths: %w", err)
	}
	return &flow.PathConversion{From: from, To: to}, nil
}

// OptionsOf returns the options that a sampler file was written with, which follow from its nodes and outputs, except
// Along. Those of other files are zero.
func OptionsOf(file []byte) SamplerOptions {
	m, err := readAny(file)
	if err != nil || m.Name != "sampler" {
		return SamplerOptions{}
	}
	return optionsOf(m)
}

// weightsOf returns the weights of the net in the order of its parameters.
func weightsOf(m onnx.Model, n net.Net) (weights []float32, err error) {
	for _, param := range n.Params() {
		data, ok := floats(m, param.Name)
		if !ok || len(data) != param.Size() {
			return nil, fmt.Errorf("it does not hold the %d weights %s of its net", param.Size(), param.Name)
		}
		weights = append(weights, data...)
	}
	return weights, nil
}

// floats returns the numbers of the named initializer.
func floats(m onnx.Model, name string) ([]float32, bool) {
	i := slices.IndexFunc(m.Initializers, func(t onnx.Initializer) bool { return t.Name == name })
	if i < 0 {
		return nil, false
	}
	data, ok := m.Initializers[i].Data.([]float32)
	return data, ok
}

// aboutOf returns what a file says of itself.
func aboutOf(m onnx.Model) (a About, err error) {
	a = About{Version: m.ProducerVersion, Doc: m.Doc, Source: m.Metadata["source"], Properties: maps.Clone(m.Metadata)}
	if m.Producer != producer {
		return a, fmt.Errorf("it was written by %q", m.Producer)
	}
	for key, values := range map[string]any{"scale": &a.Units.Scale, "shift": &a.Units.Shift, "quantile_knots": &a.Units.Curves, "columns": &a.Columns, "kinds": &a.Code} {
		if text, ok := m.Metadata[key]; ok && !fromJSON(text, values) {
			return a, fmt.Errorf("its %s are not readable", key)
		}
	}
	if a.Conditional, err = guided.Read(m.Metadata); err != nil {
		return a, err
	}
	for _, key := range derived {
		delete(a.Properties, key)
	}
	if !a.Units.Identity() || !a.Code.Identity() {
		delete(a.Properties, "units") // follows from them
	}
	return a, nil
}

// timesIn returns the time grid of a file, as it runs: its constant ts, or what it says of its unrolled steps.
func timesIn(m onnx.Model, solver ode.Solver) (ts []float64, err error) {
	if !unrolled(m) && solver.Table == nil {
		grid, ok := floats(m, "ts")
		if !ok {
			return nil, errors.New("it has no time grid ts")
		}
		return flow.Widen(grid), nil
	}
	var grid []float32
	if !fromJSON(m.Metadata["times"], &grid) || len(grid) < 2 {
		return nil, errors.New("it does not say at what times its steps begin and end")
	}
	return flow.Widen(grid), nil
}

// Differences names the parts in which two files differ, whoever wrote them. It returns an error for a file that cannot be read.
func Differences(file, other []byte) ([]string, error) {
	list, err := onnx.Differences(file, other)
	return slices.DeleteFunc(list, func(part string) bool { return part == "metadata "+checksum }), err
}

// Earlier reports whether a file says that an earlier version of the program wrote it, which may have written other bytes for
// the same parts.
func Earlier(file []byte) bool {
	m, err := onnx.Read(file)
	return err == nil && m.Producer == producer && 1 <= m.Version && m.Version < experiments.FileForm
}

// EarlierDifferences is Differences between a file of an earlier version and what the program writes for the same run now,
// without those parts that may differ between versions: the nodes and constants of the steps, and properties that the earlier
// version did not write. The weights must be the same to the bit.
func EarlierDifferences(file, now []byte) ([]string, error) {
	old, err := read(file)
	if err != nil {
		return nil, err
	}
	list, err := Differences(file, now)
	if slices.Equal(list, []string{"model version"}) {
		return list, err // a file of this version that says otherwise
	}
	parts, err2 := Dissect(now)
	var weights []string
	for _, param := range parts.Net.Params() {
		weights = append(weights, param.Name)
	}
	return slices.DeleteFunc(list, func(part string) bool {
		kind, of, _ := strings.Cut(part, " ")
		_, had := old.Metadata[of]
		switch kind {
		case "metadata":
			return !had
		case "initializer":
			return !slices.Contains(weights, of)
		case "model", "nodes", "names", "order":
			return true
		}
		return false
	}), errors.Join(err, err2)
}

// FitOf returns the key of the fit that a file names, and SweepOf the name of its sweep. Both are empty if it names none.
func FitOf(file []byte) string { return property(file, "fit") }

// SweepOf is like FitOf.
func SweepOf(file []byte) string { return property(file, "sweep") }

func property(file []byte, key string) string {
	_, properties, err := onnx.Properties(file)
	if err != nil {
		return ""
	}
	return properties[key]
}
