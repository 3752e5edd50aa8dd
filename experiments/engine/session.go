package engine

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Session is an ONNX model opened in onnxruntime: a Program that came from a file. It is used from one goroutine at a
// time.
type Session struct {
	inputs   []string
	outputs  []string
	session  *ort.DynamicAdvancedSession
	metadata map[string]string
}

// SessionOptions says how a model is run.
type SessionOptions struct {
	Threads  int  // within an operation; 0 means 1
	Optimise bool // graph optimisation: all of it, or none
}

// Runtime describes the onnxruntime that was loaded.
type Runtime struct {
	Library
	Version string `json:"version"`
}

// loaded finds and loads onnxruntime, once: the library can be loaded only once in a process.
var loaded = sync.OnceValues(func() (Runtime, error) {
	lib, err := FindLibrary()
	if err != nil {
		return Runtime{}, err
	}
	ort.SetSharedLibraryPath(lib.Path)
	// Errors are returned; onnxruntime need not also print them.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return Runtime{}, fmt.Errorf("load onnxruntime from %s: %w: set %s to another onnxruntime shared library, or unset it",
			lib.Path, err, LibraryVariable)
	}
	return Runtime{Library: lib, Version: ort.GetVersion()}, nil
})

// LoadRuntime loads onnxruntime if that has not been done yet, and describes it.
func LoadRuntime() (Runtime, error) { return loaded() }

// Open opens the bytes of an ONNX model whose inputs and outputs are tensors of 32-bit floats.
func Open(model []byte, o SessionOptions) (*Session, error) {
	if _, err := loaded(); err != nil {
		return nil, err
	}
	if len(model) == 0 {
		return nil, errors.New("open the ONNX model: it is empty")
	}
	options, err := sessionOptions(o)
	if err != nil {
		return nil, fmt.Errorf("set up an onnxruntime session: %w", err)
	}
	defer options.Destroy()
	in, out, err := ort.GetInputOutputInfoWithONNXData(model)
	if err != nil {
		return nil, fmt.Errorf("open the ONNX model: %w", err)
	}
	s := &Session{}
	for _, i := range in {
		s.inputs = append(s.inputs, i.Name)
	}
	for _, o := range out {
		s.outputs = append(s.outputs, o.Name)
	}
	if len(in) == 0 || len(out) == 0 {
		return nil, errors.New("open the ONNX model: it has no inputs or no outputs")
	}
	if s.session, err = ort.NewDynamicAdvancedSessionWithONNXData(model, s.inputs, s.outputs, options); err != nil {
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
	level := ort.GraphOptimizationLevel(ort.GraphOptimizationLevelDisableAll)
	if o.Optimise {
		level = ort.GraphOptimizationLevelEnableAll
	}
	err = errors.Join(
		options.SetGraphOptimizationLevel(level),
		options.SetIntraOpNumThreads(max(o.Threads, 1)),
		options.SetInterOpNumThreads(1),
		// Threads that spin while they wait slow down the sessions beside them.
		options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"))
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

// Inputs returns the names of the model's inputs, in the order it declares them.
func (s *Session) Inputs() []string { return s.inputs }

// Outputs returns the names of the model's outputs, in the order it declares them.
func (s *Session) Outputs() []string { return s.outputs }

// Metadata returns the model's metadata properties.
func (s *Session) Metadata() map[string]string { return s.metadata }

// Run returns the outputs of the model for the inputs, in the order the model declares them.
func (s *Session) Run(inputs ...Tensor) ([]Tensor, error) {
	if len(inputs) != len(s.inputs) {
		return nil, fmt.Errorf("the ONNX model takes the inputs %v, got %d", s.inputs, len(inputs))
	}
	values := make([]ort.Value, len(inputs))
	// onnxruntime keeps bare pointers to the inputs until the run is over.
	var pinner runtime.Pinner
	defer pinner.Unpin()
	for i, in := range inputs {
		if len(in.Data) > 0 {
			pinner.Pin(&in.Data[0])
		}
		dims := make([]int64, len(in.Dims))
		for j, d := range in.Dims {
			dims[j] = int64(d)
		}
		t, err := ort.NewTensor(ort.NewShape(dims...), in.Data)
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", s.inputs[i], err)
		}
		defer t.Destroy()
		values[i] = t
	}
	results := make([]ort.Value, len(s.outputs))
	if err := s.session.Run(values, results); err != nil {
		return nil, fmt.Errorf("run the ONNX model: %w", err)
	}
	return takeResults(results)
}

// takeResults copies the outputs out of onnxruntime and frees them.
func takeResults(results []ort.Value) ([]Tensor, error) {
	outputs := make([]Tensor, len(results))
	var errs []error
	for i, r := range results {
		t, ok := r.(*ort.Tensor[float32])
		if !ok {
			errs = append(errs, fmt.Errorf("output %d of the ONNX model is no tensor of 32-bit floats", i), r.Destroy())
			continue
		}
		for _, d := range t.GetShape() {
			outputs[i].Dims = append(outputs[i].Dims, int(d))
		}
		outputs[i].Data = append([]float32(nil), t.GetData()...)
		errs = append(errs, t.Destroy())
	}
	return outputs, errors.Join(errs...)
}

// Close frees the session.
func (s *Session) Close() error { return s.session.Destroy() }

// SelfTest runs a model of one node, 1 + 2, in onnxruntime.
func SelfTest() (err error) {
	m := Model{
		Producer: "flowsweep", Name: "self-test",
		Inputs:  []ValueInfo{{Name: "a", Dims: []int{1}}, {Name: "b", Dims: []int{1}}},
		Outputs: []ValueInfo{{Name: "sum", Dims: []int{1}}},
		Nodes:   []Node{{Op: "Add", Inputs: []string{"a", "b"}, Outputs: []string{"sum"}}},
	}
	s, err := Open(m.Marshal(), SessionOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	one := func(v float32) Tensor { return Tensor{Dims: []int{1}, Data: []float32{v}} }
	out, err := s.Run(one(1), one(2))
	if err != nil {
		return err
	}
	if out[0].Data[0] != 3 {
		return fmt.Errorf("onnxruntime says that 1 + 2 is %g", out[0].Data[0])
	}
	return nil
}
