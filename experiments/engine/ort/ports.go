package ort

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	ort "github.com/yalue/onnxruntime_go"
)

// Port is an input or output that a model declares. A negative size is known only when the model runs; nil dims are unknown.
type Port struct {
	Name string
	Dims []int
	Kind Kind // of the elements
}

// Ports are the inputs and outputs of a model.
type Ports struct{ Inputs, Outputs []Port }

// describe returns the inputs and outputs of a model, and how far it can be optimised: to the given level, or less.
func describe(model []byte, level Level) (in, out []ort.InputOutputInfo, possible Level, err error) {
	in, out, err = ort.GetInputOutputInfoWithONNXData(model)
	if err == nil {
		return in, out, level, nil
	}
	if in, out, basicErr := basicPorts(model); basicErr == nil {
		return in, out, min(level, Basic), nil
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner // onnxruntime's own words
	}
	return nil, nil, level, err
}

// basicPorts describes a model that cannot be opened with fused nodes: some of these lack 64-bit floats. onnxruntime_go takes
// options here only with the path of a file.
func basicPorts(model []byte) (in, out []ort.InputOutputInfo, err error) {
	options, err := sessionOptions(SessionOptions{Optimise: Basic})
	if err != nil {
		return nil, nil, err
	}
	defer options.Destroy()
	dir, err := os.MkdirTemp("", "flowsweep-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.onnx")
	if err := os.WriteFile(path, model, 0o600); err != nil {
		return nil, nil, err
	}
	return ort.GetInputOutputInfoWithOptions(path, options)
}

// choose keeps the chosen outputs.
func (s *Session) choose(outputs func(inputs, outputs []Port) ([]string, error)) error {
	if outputs == nil {
		return nil
	}
	chosen, err := outputs(slices.Clone(s.inputs), slices.Clone(s.outputs))
	if err != nil {
		return err
	}
	s.outputs = slices.DeleteFunc(s.outputs, func(p Port) bool { return !slices.Contains(chosen, p.Name) })
	return nil
}

func ports(infos []ort.InputOutputInfo) []Port {
	list := make([]Port, len(infos))
	for i, info := range infos {
		list[i] = Port{Name: info.Name, Dims: ints(info.Dimensions), Kind: kindOf(info)}
	}
	return list
}

func ints(list []int64) []int {
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = int(v)
	}
	return out
}
