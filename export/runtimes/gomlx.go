package main

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
)

// gomlx reads the files back into GoMLX, the library that built their nets.
func gomlx(string) runtime {
	return runtime{try: func(c testCase) result {
		difference, err := reimport(c)
		if err != nil {
			return result{Error: err.Error()}
		}
		return result{Difference: &difference}
	}}
}

// reimport runs the file in GoMLX and returns the largest difference from Go's output.
func reimport(c testCase) (difference float64, err error) {
	defer func() {
		if p := recover(); p != nil { // GoMLX panics if a graph cannot be built
			err = fmt.Errorf("%v", p)
		}
	}()
	m, err := parser.ParseFile(c.Path)
	if err != nil {
		return 0, err
	}
	backend, err := gobackend.New("")
	if err != nil {
		return 0, err
	}
	defer backend.Finalize()
	store := model.NewStore()
	if err := m.VariablesToScope(store.RootScope()); err != nil {
		return 0, err
	}
	names, _ := m.Inputs()
	out, err := model.CallOnceN(backend, store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		inputs := map[string]*graph.Node{}
		for i, name := range names {
			inputs[name] = in[i]
		}
		return m.CallGraph(scope, in[0].Graph(), inputs)
	}, arguments(c, names)...)
	if err != nil {
		return 0, err
	}
	got := tensors.MustCopyFlatData[float32](out[0])
	for i, want := range c.Output.Data {
		if d := math.Abs(float64(got[i]-want)) / c.Unit[i%len(c.Unit)]; !(d <= difference) {
			difference = d
		}
	}
	return difference, nil
}

// arguments returns the named inputs of a case. The only one that it does not list is the time grid.
func arguments(c testCase, names []string) (args []any) {
	for _, name := range names {
		if in, ok := c.Inputs[name]; ok {
			args = append(args, tensors.FromFlatDataAndDimensions(in.Data, in.Dims...))
			continue
		}
		args = append(args, tensors.FromFlatDataAndDimensions(c.times, len(c.times)))
	}
	return args
}
