package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
)

// largestFile is the size of file that is looked at, in bytes: far more than any net that could be trained here.
const largestFile = 1 << 30

// HasLogProb reports whether a sampler file returns log densities: whether it is for VerifyDensity.
func HasLogProb(file []byte) bool {
	m, err := read(file)
	return err == nil && slices.ContainsFunc(m.Outputs, func(v onnx.ValueInfo) bool { return v.Name == "log_prob" })
}

// Origin returns what a file says of itself: the kind of model it is, velocity or sampler, and the key of the run it is
// of. A file that Velocity or Sampler cannot have written is an error.
func Origin(file []byte) (kind, run string, err error) {
	m, err := read(file)
	if err != nil {
		return "", "", err
	}
	if m.Metadata["run"] == "" || m.Name != "velocity" && m.Name != "sampler" {
		return "", "", errors.New("the file does not say which run it is of: verify files that flowsweep exported")
	}
	return m.Name, m.Metadata["run"], nil
}

// Units returns what carries the outputs of a file that Velocity wrote to the user's own units, and of one that Sampler
// wrote, or any other, the map that leaves them: they are in those units. It also returns the names of the columns, if
// the file has them.
func Units(file []byte) (units flow.Affine, columns []string) {
	m, err := onnx.Read(file)
	if err != nil || m.Producer != producer {
		return units, nil
	}
	var scale, shift []float64
	if m.Name == "velocity" && unlist(m.Metadata["scale"], &scale) && unlist(m.Metadata["shift"], &shift) && len(scale) == len(shift) {
		units = flow.Affine{Scale: scale, Shift: shift}
	}
	if !unlist(m.Metadata["columns"], &columns) {
		columns = nil
	}
	return units, columns
}

// read returns the model in a file, if it is one to open: of a size to hold, whole in itself, made of known operations on
// tensors that are as large as they say. onnxruntime leaves some of that unchecked.
func read(file []byte) (onnx.Model, error) {
	if len(file) > largestFile {
		return onnx.Model{}, fmt.Errorf("the file has %d bytes: no net here is as large", len(file))
	}
	m, err := onnx.Read(file)
	if err != nil {
		return m, err
	}
	return m, m.Check()
}

// declares returns an error unless the model has these inputs and outputs, whatever is said about them.
func declares(m onnx.Model, inputs, outputs []onnx.ValueInfo) error {
	have, want := signature(m.Inputs, m.Outputs), signature(inputs, outputs)
	if have != want {
		return fmt.Errorf("the file maps %s, not %s", have, want)
	}
	return nil
}

// signature writes inputs and outputs as in t[batch,1] x[batch,2] to v[batch,2].
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

// checksum is the property that holds the sha256 of the file without that property. Runtimes run a file with a flipped
// bit and say nothing.
const checksum = "checksum"

// seal returns the model's file with its checksum, if it is one to run.
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

// errDamaged is what is wrong with a file whose checksum does not match.
var errDamaged = errors.New("the file is damaged: its checksum is not that of its content: export it again")

// sealed returns nil if the model is as it was when it was sealed.
func sealed(m onnx.Model) error {
	have := m.Metadata[checksum]
	m.Metadata = maps.Clone(m.Metadata)
	delete(m.Metadata, checksum)
	if sumOf(m) != have {
		return errDamaged
	}
	return nil
}

// hasDefault reports whether the model's input has exactly these numbers as its default.
func hasDefault(m onnx.Model, input string, want []float32) bool {
	i := slices.IndexFunc(m.Initializers, func(t onnx.Initializer) bool { return t.Name == input })
	if i < 0 {
		return false
	}
	have, ok := m.Initializers[i].Data.([]float32)
	return ok && slices.Equal(have, want)
}
