package roles

import (
	"fmt"
	"strings"
	"testing"

	"flowsweep/experiments/engine/ort"
	"flowsweep/export/guided"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	port := func(name string, dims ...int) ort.Port { return ort.Port{Name: name, Dims: dims, Kind: ort.Float32} }
	of := func(p ort.Port, k ort.Kind) ort.Port { p.Kind = k; return p }
	x, v := port("x", -1, 2), port("v", -1, 2)
	mode := of(ort.Port{Name: "mode"}, ort.Bool)
	for name, c := range map[string]struct {
		inputs, outputs []ort.Port
		named           map[string]string
		want            string // kind, times, points and output, or a part of the error
	}{
		"by width":           {[]ort.Port{port("b", -1, 2), port("a", -1, 1)}, []ort.Port{v}, nil, "velocity a b v 2"},
		"width before name":  {[]ort.Port{port("t", -1, 2), port("x", -1, 1)}, []ort.Port{v}, nil, "velocity x t v 2"},
		"by name":            {[]ort.Port{port("x", -1, 1), port("Time", -1, 1)}, []ort.Port{port("v", -1, 1)}, nil, "velocity Time x v 1"},
		"ambiguous":          {[]ort.Port{port("a", -1, 1), port("b", -1, 1)}, []ort.Port{port("v", -1, 1)}, nil, "give --inputs t=a,x=b, or the other way round"},
		"both named times":   {[]ort.Port{port("t", -1, 1), port("time", -1, 1)}, []ort.Port{port("v", -1, 1)}, nil, "give --inputs"},
		"told":               {[]ort.Port{port("a", -1, 1), port("b", -1, 1)}, []ort.Port{port("v", -1, 1)}, map[string]string{"x": "a"}, "velocity b a v 1"},
		"told wrongly":       {[]ort.Port{port("a", -1, 1), x}, []ort.Port{v}, map[string]string{"t": "x"}, "the given names contradict"},
		"no such name":       {[]ort.Port{port("a", -1, 1), x}, []ort.Port{v}, map[string]string{"t": "c"}, `no input "c"`},
		"a scalar":           {[]ort.Port{port("s"), x}, []ort.Port{v}, nil, "velocity s x v 2"},
		"images":             {[]ort.Port{port("s", -1), port("x", -1, 3, 4)}, []ort.Port{port("v", -1, 3, 4)}, nil, "velocity s x v 12"},
		"width of output":    {[]ort.Port{port("s", -1), port("x", -1, -1)}, []ort.Port{v}, nil, "velocity s x v 2"},
		"no width":           {[]ort.Port{port("s", -1), port("x", -1, -1)}, []ort.Port{port("v", -1, -1)}, nil, "with d known"},
		"other widths":       {[]ort.Port{port("t", -1, 1), x}, []ort.Port{port("v", -1, 3)}, nil, "points x [batch, 2] (float32) and returns v [batch, 3] (float32): they must have the same sizes"},
		"more outputs":       {[]ort.Port{port("t", -1, 1), x}, []ort.Port{port("loss"), v, port("path", -1, -1, 2)}, nil, "velocity t x v 2"},
		"two like points":    {[]ort.Port{port("t", -1, 1), x}, []ort.Port{v, port("mean", -1, 2)}, nil, "save it with one output"},
		"a label":            {[]ort.Port{port("t", -1, 1), x, of(port("label", -1), ort.Kind(7))}, []ort.Port{v}, nil, "label [batch] (int64): a velocity takes"},
		"a switch":           {[]ort.Port{port("t", -1, 1), x, mode}, []ort.Port{v}, nil, "velocity t x v 2"},
		"integer times":      {[]ort.Port{of(port("t", -1), ort.Kind(7)), x}, []ort.Port{v}, nil, "would be rounded to whole numbers"},
		"integer points":     {[]ort.Port{port("t", -1), of(x, ort.Kind(6))}, []ort.Port{v}, nil, "are not floats"},
		"two batches":        {[]ort.Port{port("t", 4, 1), port("x", 8, 2)}, []ort.Port{port("v", 8, 2)}, nil, "of different numbers of rows"},
		"a sampler":          {[]ort.Port{port("noise", -1, 2)}, []ort.Port{v, port("log_prob", -1)}, nil, "sampler  noise v 2"},
		"a density":          {[]ort.Port{port("data", -1, 2)}, []ort.Port{port("noise", -1, 2), port("log_prob", -1)}, nil, "density  data log_prob 2"},
		"times among points": {[]ort.Port{port("xt", -1, 3)}, []ort.Port{v}, nil, "as if times were among the points"},
		"names of a sampler": {[]ort.Port{x}, []ort.Port{v}, map[string]string{"x": "x"}, "are for velocities"},
	} {
		r, err := Of(c.inputs, c.outputs, map[string]float64{"mode": 0}, c.named, guided.Model{})
		got := fmt.Sprintln(r.Kind, r.times.Name, r.points.Name, r.Output.Name, r.Dim)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
