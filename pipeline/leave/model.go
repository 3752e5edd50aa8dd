package leave

import (
	"context"
	"fmt"
	"io"
	"path"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/export"
	"flowsweep/export/tracked"
)

// numpyTypes are the element types of inputs and outputs by their names in NumPy.
var numpyTypes = map[onnx.Kind]string{0: "float32", onnx.Float32: "float32", onnx.Int64: "int64", onnx.Bool: "bool"}

// models returns the ONNX files among the files of a sweep, with what goes in and out.
func models(ctx context.Context, files []tracked.File) (list []tracked.Model, err error) {
	for _, f := range files {
		if path.Ext(f.Name) != ".onnx" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m, err := modelOf(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		list = append(list, m)
	}
	return list, nil
}

func modelOf(f tracked.File) (m tracked.Model, err error) {
	from, err := f.Open()
	if err != nil {
		return m, err
	}
	defer from.Close()
	content, err := io.ReadAll(from)
	if err != nil {
		return m, err
	}
	_, run, err := export.Origin(content)
	if err != nil {
		return m, err
	}
	of, _, twin := export.TwinOf(content)
	if twin {
		run = of
	}
	graph, err := onnx.Read(content)
	if err != nil {
		return m, err
	}
	m = tracked.Model{Run: run, Twin: twin, File: f, Inputs: tensors(graph.Inputs), Outputs: tensors(graph.Outputs)}
	for i, t := range m.Inputs {
		for _, d := range graph.Initializers {
			m.Inputs[i].Optional = m.Inputs[i].Optional || d.Name == t.Name
		}
	}
	return m, nil
}

func tensors(list []onnx.ValueInfo) (all []tracked.Tensor) {
	for _, v := range list {
		t := tracked.Tensor{Name: v.Name, Type: numpyTypes[v.Kind], Shape: []int{}} // a scalar has an empty shape
		for _, n := range v.Dims {
			t.Shape = append(t.Shape, max(n, -1))
		}
		all = append(all, t)
	}
	return all
}
