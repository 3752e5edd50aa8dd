package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
)

// maxFileSize is the largest file that is read, in bytes: far more than any net trained here needs.
const maxFileSize = 1 << 30

// modelKinds are the models that a file can hold.
var modelKinds = []string{"velocity", "sampler", "density"}

// Origin returns the kind of model in a file, velocity, sampler or density, and the key of its run. It returns an error for a file that
// Velocity, Sampler or Density cannot have written, even if another program has written it over.
func Origin(file []byte) (kind, run string, err error) {
	kind, properties, err := onnx.Properties(file)
	if err != nil {
		return "", "", err
	}
	if properties["run"] == "" || !slices.Contains(modelKinds, kind) {
		return "", "", errors.New("the file does not name its run: use a file that flowsweep exported")
	}
	return kind, properties["run"], nil
}

// Said returns what a file says of itself, by name: its run, its fit, the sha256 of its data and the rest of its metadata.
func Said(file []byte) (map[string]string, error) {
	_, properties, err := onnx.Properties(file)
	return properties, err
}

// TwinOf returns the key of the adaptive run whose twin at fixed steps a sampler file is, and the number of steps. ok is
// false for other files.
func TwinOf(file []byte) (run string, steps int, ok bool) {
	_, properties, err := onnx.Properties(file)
	if err != nil || properties["twin_of"] == "" {
		return "", 0, false
	}
	steps, err = strconv.Atoi(properties["steps"])
	return properties["twin_of"], steps, err == nil && 1 <= steps && steps <= 1e6
}

// read returns the model in a file that is safe to open: not too large, complete, and made of known operations on tensors of
// the declared sizes. onnxruntime does not check all of that.
func read(file []byte) (onnx.Model, error) {
	if len(file) > maxFileSize {
		return onnx.Model{}, fmt.Errorf("the file has %d bytes: too large for a file of flowsweep", len(file))
	}
	m, err := onnx.Read(file)
	if err != nil {
		return m, err
	}
	return m, m.Check()
}

// readAny is read for files that another program may have written over.
func readAny(file []byte) (onnx.Model, error) {
	m, err := read(file)
	if err == nil || len(file) > maxFileSize {
		return m, err
	}
	if m, err2 := onnx.ReadAny(file); err2 == nil && m.Check() == nil {
		return m, nil
	}
	return m, err
}

// declares returns an error unless the model has these inputs and outputs. Their docs may differ.
func declares(m onnx.Model, inputs, outputs []onnx.ValueInfo) error {
	have, want := signature(m.Inputs, m.Outputs), signature(inputs, outputs)
	if have != want {
		return fmt.Errorf("the file maps %s, not %s", have, want)
	}
	return nil
}

// signature describes inputs and outputs, for example as t[batch,1] x[batch,2] to v[batch,2].
func signature(inputs, outputs []onnx.ValueInfo) string {
	list := func(values []onnx.ValueInfo) string {
		words := make([]string, len(values))
		for i, v := range values {
			dims := make([]string, len(v.Dims))
			for j, d := range v.Dims {
				switch d {
				case onnx.Batch:
					dims[j] = "batch"
				case onnx.Times:
					dims[j] = "times"
				default:
					dims[j] = fmt.Sprint(d)
				}
			}
			words[i] = v.Name + "[" + strings.Join(dims, ",") + "]"
			if v.Kind != 0 && v.Kind != onnx.Float32 {
				words[i] += fmt.Sprintf(" of type %d", v.Kind)
			}
		}
		return strings.Join(words, " ")
	}
	return list(inputs) + " to " + list(outputs)
}

// checksum is the property that holds the sha256 of the file without that property. Without it a flipped bit could go
// unnoticed.
const checksum = "checksum"

// seal returns the model's file with its checksum, if the model is well-formed.
func seal(m onnx.Model) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	m.Metadata = maps.Clone(m.Metadata)
	m.Metadata[checksum] = sumOf(m)
	return m.Marshal(), nil
}

func sumOf(m onnx.Model) string {
	sum := sha256.Sum256(m.Marshal())
	return hex.EncodeToString(sum[:])
}

// sealed reports whether the file of the model has the bytes that were sealed.
func sealed(m onnx.Model, file []byte) bool {
	if !bytes.Equal(m.Marshal(), file) {
		return false
	}
	have := m.Metadata[checksum]
	m.Metadata = maps.Clone(m.Metadata)
	delete(m.Metadata, checksum)
	return sumOf(m) == have
}

// hasDefault reports whether these numbers are the default of the model's input.
func hasDefault(m onnx.Model, input string, want []float32) bool {
	i := slices.IndexFunc(m.Initializers, func(t onnx.Initializer) bool { return t.Name == input })
	if i < 0 {
		return false
	}
	have, ok := m.Initializers[i].Data.([]float32)
	return ok && slices.Equal(have, want)
}

// own is the metadata of a file that this program wrote, whatever has rewritten it since.
type own map[string]string

// ownMetadata returns the metadata of a file that this program wrote; ok is false for other files.
func ownMetadata(d onnx.Description) (own, bool) {
	return d.Metadata, d.Producer == producer || d.Metadata["time_convention"] == timeConvention
}

// units returns the map from the scale of a velocity to the user's units. Points on a wrong scale would go unnoticed, so
// units that do not fit are an error.
func (o own) units(dim int) (units flow.Units, err error) {
	for key, values := range map[string]any{"scale": &units.Scale, "shift": &units.Shift, "quantile_knots": &units.Curves} {
		if text, ok := o[key]; ok && !fromJSON(text, values) {
			return units, fmt.Errorf("its metadata %s is damaged, so that the units of its samples are not known: export the file again", key)
		}
	}
	if err := (About{Units: units}).check(dim); err != nil {
		return units, fmt.Errorf("its metadata are damaged: %w: export the file again", err)
	}
	return units, nil
}

// code returns the code of the samples. One that does not fit the points is an error.
func (o own) code(dim int) (code kinds.Code, err error) {
	text, ok := o["kinds"]
	if !ok {
		return code, nil
	}
	if !fromJSON(text, &code) {
		return code, errors.New("its metadata kinds are damaged, so that the columns of its samples are not known: export the file again")
	}
	if err := (About{Code: code, Columns: o.columns()}).check(dim); err != nil {
		return code, fmt.Errorf("its metadata are damaged: %w: export the file again", err)
	}
	return code, nil
}

// columns returns the names of the columns, or nil.
func (o own) columns() (names []string) {
	if !fromJSON(o["columns"], &names) {
		return nil
	}
	return names
}

// Advice is what a file says about how to sample it, as texts of a spec. What it does not say is empty.
type Advice struct {
	Source                         string // the distribution at t = 0; empty means N(0, I)
	Path                           string // of the training
	Solver, Steps, Grid, Tolerance string
	Along                          string // the path to sample along, if another
	Coefficients                   string // of a fitted solver, for these steps: a list of ode.Row
	Coupling                       string // of the training
	SDENoise                       string // c of ode.SDE, if not 0
}

func (o own) advice() Advice {
	return Advice{
		Source: o["source"], Path: o["path"], Solver: o["recommended_solver"], Steps: o["recommended_steps"], Grid: o["recommended_grid"],
		Tolerance: o["recommended_tolerance"], Along: o["recommended_path"], Coefficients: o["recommended_coefficients"],
		Coupling: o["coupling"], SDENoise: o[recommendedNoise],
	}
}
