// Package guided makes nets that are conditional on something take it as people have it, a class by its number or numbers in their own
// units, and takes the net once with it and once without, for guidance.
//
//	g := guided.Model{Given: species, Guidance: flow.Guided(2), Whole: true}
//	inputs := g.Inputs()      // label, guidance
//	nodes := g.Before()       // what follows from them alone
//	net := g.Net(recorded)    // t, x -> v, which uses it
package guided

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
)

// The inputs of files.
const (
	Label     = "label"     // int64[batch], the number of a class from 0, or -1 for none
	Condition = "condition" // float[batch,k], in the order of the names in the metadata
	Guidance  = "guidance"  // float, the weight w
)

// Model is what a file is conditional on. The zero value is nothing.
type Model struct {
	Given    given.Condition
	Guidance flow.Guidance // the default
	Whole    bool          // the net has learnt the whole distribution too, so that the file takes a guidance
}

// Empty reports whether the model is conditional on nothing.
func (g Model) Empty() bool { return g.Given.Empty() }

// input returns the name of the input that says what points are given.
func (g Model) input() string {
	if len(g.Given.Classes) > 0 {
		return Label
	}
	return Condition
}

// Inputs returns the input of a file that says what points are given.
func (g Model) Inputs() []onnx.ValueInfo {
	switch {
	case g.Empty():
		return nil
	case len(g.Given.Classes) > 0:
		doc := fmt.Sprintf("class of each point: its number from 0 in the list classes of the metadata, of the label %s", g.Given.Label)
		if g.Whole {
			doc += "; -1 for none"
		}
		return []onnx.ValueInfo{{Name: Label, Kind: onnx.Int64, Dims: []int{onnx.Batch}, Doc: doc}}
	default:
		return []onnx.ValueInfo{{
			Name: Condition, Dims: []int{onnx.Batch, len(g.Given.Numbers)},
			Doc: "what each point is given, in the units of the data, in the order of the list conditions of the metadata",
		}}
	}
}

// Weight returns the input for the guidance and its default, if the file takes one.
func (g Model) Weight() (inputs []onnx.ValueInfo, defaults []onnx.Initializer) {
	if g.Empty() || !g.Whole {
		return nil, nil
	}
	w := float32(g.Guidance.Weight())
	return []onnx.ValueInfo{{Name: Guidance, Dims: []int{}, Doc: fmt.Sprintf("weight w of %s; the default is %g", flow.GuidanceFormula, w)}},
		[]onnx.Initializer{{Name: Guidance, Data: []float32{w}}}
}

// Metadata returns what a file says of its condition.
func (g Model) Metadata() map[string]string {
	m := map[string]string{}
	switch {
	case g.Empty():
		return m
	case len(g.Given.Classes) > 0:
		m["label"], m["classes"], m["class_shares"] = g.Given.Label, toJSON(g.Given.Classes), toJSON(g.Given.Shares)
	default:
		m["conditions"] = toJSON(g.Given.Numbers)
	}
	if g.Whole {
		m["guidance"], m["guidance_formula"] = strconv.FormatFloat(g.Guidance.Weight(), 'g', -1, 64), flow.GuidanceFormula
	}
	return m
}

// Properties are the names of what Metadata may hold.
var Properties = []string{"label", "classes", "class_shares", "conditions", "guidance", "guidance_formula"}

// Read returns what a file is conditional on, by its metadata. It is the inverse of Metadata.
func Read(metadata map[string]string) (g Model, err error) {
	for key, into := range map[string]any{"classes": &g.Given.Classes, "class_shares": &g.Given.Shares, "conditions": &g.Given.Numbers} {
		if text, ok := metadata[key]; ok && json.Unmarshal([]byte(text), into) != nil {
			return g, fmt.Errorf("its %s are not readable", key)
		}
	}
	g.Given.Label = metadata["label"]
	text, ok := metadata["guidance"]
	if ok {
		w, err := strconv.ParseFloat(text, 64)
		if err != nil || !flow.Finite(w) {
			return g, fmt.Errorf("its guidance %.40q is no number", text)
		}
		g.Guidance, g.Whole = flow.Guided(w), true
	} else if !g.Empty() {
		g.Guidance = flow.Guided(1)
	}
	own := maps.Clone(metadata)
	maps.DeleteFunc(own, func(key, _ string) bool { return !slices.Contains(Properties, key) })
	if !maps.Equal(own, g.Metadata()) || len(g.Given.Classes) > 0 && (len(g.Given.Shares) != len(g.Given.Classes) || g.Given.Label == "") {
		return g, fmt.Errorf("what it says of its label, conditions and guidance does not fit together")
	}
	return g, nil
}

func toJSON(values any) string {
	text, err := json.Marshal(values)
	if err != nil {
		panic("guided: " + err.Error()) // finite numbers and names have a JSON form
	}
	return string(text)
}
