// Package ort finds onnxruntime, loads it, and runs ONNX models in it.
//
//	session, err := ort.Open(file, ort.SessionOptions{Optimise: ort.All})
//	outputs, err := session.Run(ort.Tensor{Dims: []int{256, 2}, Data: x})
//
// The shared library is the user's own, or one from a Go module, checked against its sha256.
package ort

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	ort "github.com/yalue/onnxruntime_go"
)

// Session is an ONNX model opened in onnxruntime. Its runs may be several at once, from as many goroutines.
type Session struct {
	inputs   []Port
	outputs  []Port
	session  *ort.DynamicAdvancedSession
	metadata map[string]string
	threads  int
}

// SessionOptions configures a session.
type SessionOptions struct {
	Threads  int      // per operation; 0 means 1
	Optimise Level    // of the graph, before it runs
	Defaults []string // inputs with defaults that Run takes all the same, after the other inputs

	// Fused makes the operation of package fused known. It is an error unless FusedOperations lists any.
	Fused bool

	// Ports are the inputs and outputs of a model of one's own, which need not be read from it then.
	Ports *Ports

	// Outputs chooses the outputs that are computed, by their names. nil means all.
	Outputs func(inputs, outputs []Port) ([]string, error)
}

// Level says how far onnxruntime optimises a graph before it runs it.
type Level int

// The levels: no optimisation; constants folded and redundant nodes removed; nodes also fused and their layouts changed.
const (
	Off Level = iota
	Basic
	All
)

// Levels lists every level.
var Levels = []Level{Off, Basic, All}

// String returns the level's name.
func (l Level) String() string { return []string{"off", "basic", "all"}[l] }

// Open opens an ONNX file. Run needs inputs and outputs of 32-bit floats, or inputs of 64-bit integers, which it takes as floats;
// RunNumbers takes most types.
func Open(model []byte, o SessionOptions) (*Session, error) {
	if _, err := loaded(); err != nil {
		return nil, err
	}
	if len(model) == 0 {
		return nil, errors.New("open the ONNX model: it is empty")
	}
	if o.Ports == nil {
		in, out, level, err := describe(model, o.Optimise)
		if err != nil {
			return nil, fmt.Errorf("open the ONNX model: %w", err)
		}
		o.Ports, o.Optimise = &Ports{ports(in), ports(out)}, level
	}
	options, err := sessionOptions(o)
	if err != nil {
		return nil, fmt.Errorf("set up an onnxruntime session: %w", err)
	}
	defer options.Destroy()
	s := &Session{inputs: o.Ports.Inputs, outputs: o.Ports.Outputs, threads: max(o.Threads, 1)}
	if len(s.inputs) == 0 || len(s.outputs) == 0 {
		return nil, errors.New("open the ONNX model: it has no inputs or no outputs")
	}
	for _, name := range o.Defaults {
		// onnxruntime does not describe these inputs, but checks their type and rank when the model runs.
		s.inputs = append(s.inputs, Port{Name: name, Kind: Float32})
	}
	if err := s.choose(o.Outputs); err != nil {
		return nil, err
	}
	if s.session, err = ort.NewDynamicAdvancedSessionWithONNXData(model, s.Inputs(), s.Outputs(), options); err != nil {
		return nil, fmt.Errorf("open the ONNX model: %w", err)
	}
	if s.metadata, err = readMetadata(s.session); err != nil {
		return nil, errors.Join(fmt.Errorf("read the ONNX model's metadata: %w", err), s.Close())
	}
	return s, nil
}

func sessionOptions(o SessionOptions) (*ort.SessionOptions, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	level := map[Level]ort.GraphOptimizationLevel{
		Basic: ort.GraphOptimizationLevelEnableBasic, All: ort.GraphOptimizationLevelEnableAll,
	}[o.Optimise] // Off is the zero level
	err = errors.Join(
		options.SetGraphOptimizationLevel(level),
		options.SetIntraOpNumThreads(max(o.Threads, 1)),
		options.SetInterOpNumThreads(1),
		// Threads that spin while they wait slow down other sessions.
		options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"))
	if o.Fused && err == nil {
		err = registerFused(options)
	}
	if err != nil {
		return nil, errors.Join(err, options.Destroy())
	}
	return options, nil
}

func readMetadata(s *ort.DynamicAdvancedSession) (map[string]string, error) {
	m, err := s.GetModelMetadata()
	if err != nil {
		return nil, err
	}
	defer m.Destroy()
	keys, err := m.GetCustomMetadataMapKeys()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, k := range keys {
		v, _, err := m.LookupCustomMetadataMap(k)
		if err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, nil
}

// Inputs returns the names of the inputs that Run takes, in order: those without a default, and then those of
// SessionOptions.Defaults.
func (s *Session) Inputs() []string { return names(s.inputs) }

// Outputs returns the names of the model's outputs, in the order it declares them.
func (s *Session) Outputs() []string { return names(s.outputs) }

func names(ports []Port) []string {
	list := make([]string, len(ports))
	for i, p := range ports {
		list[i] = p.Name
	}
	return list
}

// Dims returns the sizes that the model declares for the named input or output, or nil if it declares none. A negative size
// is known only when the model runs.
func (s *Session) Dims(name string) []int {
	for _, p := range slices.Concat(s.inputs, s.outputs) {
		if p.Name == name {
			return p.Dims
		}
	}
	return nil
}

// Metadata returns the model's metadata properties.
func (s *Session) Metadata() map[string]string { return s.metadata }

// Run runs the model on inputs in the order of Inputs, and returns the outputs in the order of Outputs.
func (s *Session) Run(inputs ...Tensor) ([]Tensor, error) {
	if err := check(s.inputs, inputs); err != nil {
		return nil, err
	}
	values := make([]ort.Value, len(inputs))
	// onnxruntime keeps raw pointers to the inputs during the run.
	var pinner runtime.Pinner
	defer pinner.Unpin()
	for i, in := range inputs {
		if len(in.Data) > 0 {
			pinner.Pin(&in.Data[0])
		}
		v, err := in.as(s.inputs[i].Kind, &pinner)
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", s.inputs[i].Name, err)
		}
		defer v.Destroy()
		values[i] = v
	}
	results := make([]ort.Value, len(s.outputs))
	if err := s.run(values, results); err != nil {
		return nil, fmt.Errorf("run the ONNX model: %w", err)
	}
	return takeResults(results)
}

// check returns an error unless the tensors match the inputs.
func check(inputs []Port, given []Tensor) error {
	if len(given) != len(inputs) {
		return fmt.Errorf("the ONNX model takes the inputs %v, got %d", names(inputs), len(given))
	}
	for i, in := range inputs {
		if err := given[i].Check(in.Dims); err != nil {
			return fmt.Errorf("input %q %w", in.Name, err)
		}
	}
	return nil
}

// takeResults copies the outputs out of onnxruntime and frees them.
func takeResults(results []ort.Value) ([]Tensor, error) {
	outputs := make([]Tensor, len(results))
	var errs []error
	for i, r := range results {
		t, ok := r.(*ort.Tensor[float32])
		if !ok {
			errs = append(errs, fmt.Errorf("output %d of the ONNX model is not a tensor of 32-bit floats", i), r.Destroy())
			continue
		}
		outputs[i] = Tensor{Dims: ints(t.GetShape()), Data: slices.Clone(t.GetData())}
		errs = append(errs, t.Destroy())
	}
	return outputs, errors.Join(errs...)
}

// Close frees the session.
func (s *Session) Close() error { return s.session.Destroy() }
