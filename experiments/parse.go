package experiments

import (
	"slices"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
)

// Parser reads specs that name files of data.
type Parser struct {
	// Open returns the content of the file at a path as the spec has it. Its errors are shown at that place in the spec. A
	// nil Open finds no file.
	Open func(path string) ([]byte, error)
}

// Parse returns the spec that a YAML text stands for, with every default filled in and every list multiplied out. The
// file is only named in errors, which are of type problem.List and hold everything that is wrong.
//
// A spec that names files of data takes a Parser.
func Parse(file string, text []byte) (Spec, error) { return Parser{}.Parse(file, text) }

// Parse is the function Parse, for specs that may name files of data.
func (p Parser) Parse(file string, text []byte) (Spec, error) {
	return parse(file, text, &dataFiles{open: p.Open, tables: map[string]target.Table{}})
}

func parse(file string, text []byte, data *dataFiles) (Spec, error) {
	t := declare.Read(file, text, language(data))
	docs := declare.Values(t, "the spec", defaults())
	if len(docs) > 0 && t.Sound("metrics", "choose") {
		docs[0].resolveChoose(t)
	}
	if t.Sound() {
		agree(t, docs)
	}
	if err := t.Err(); err != nil {
		return Spec{}, err
	}
	s := specOf(docs)
	s.Text, s.Files = string(text), data.files
	return s, nil
}

// specOf makes a Spec of the alternatives of a document, which differ in their swept fields only.
func specOf(docs []*document) Spec {
	first := docs[0]
	s := Spec{
		Name: first.Name, Seeds: first.Seeds, Metrics: first.Metrics, Reference: first.Reference, Choose: first.Choose,
		Engine: first.Engine,
	}
	seen := map[string]bool{}
	for _, doc := range docs {
		setting := doc.setting()
		// Settings that differ in what does not apply to them are one.
		if form := setting.Form(); !seen[form] {
			seen[form] = true
			s.Settings = append(s.Settings, setting)
		}
	}
	return s
}

// resolveChoose fills in the metric that the document chooses by, which is among those it measures, and the rule.
func (doc *document) resolveChoose(t *declare.Text) {
	names := make([]string, len(doc.Metrics))
	for i, m := range doc.Metrics {
		names[i] = m.Name
	}
	if doc.Choose.Metric == "" {
		doc.Choose.Metric = names[0]
	}
	at := t.Root().Key("choose")
	if !slices.Contains(names, doc.Choose.Metric) {
		t.Problem(at.Key("metric"), "%s", problem.Unknown("metric", doc.Choose.Metric, names))
	}
	switch c := &doc.Choose; {
	case !at.Has("rule") && c.Within > 0:
		c.Rule = ruleWithin
	case c.Rule == ruleWithin && c.Within == 0:
		t.Problem(at.Key("rule"), "the rule within needs a share: add one, such as within: 5%%")
	case c.Rule == ruleBest && c.Within > 0:
		t.Problem(at.Key("within"), "the rule best takes no within: leave it out, or the rule")
	}
}

// ParseTarget returns the target that an inline text stands for: a name, or a mapping as in a spec. Its error, like those
// of the functions below, is of type problem.List.
func ParseTarget(text string) (target.Target, error) { return Parser{}.Target(text) }

// Target is ParseTarget for a target that may be of a file of data.
func (p Parser) Target(text string) (target.Target, error) {
	return inline[target.Target](p, "target", text)
}

// ParsePath returns the path that an inline text stands for.
func ParsePath(text string) (flow.Path, error) { return inline[flow.Path](Parser{}, "path", text) }

// ParseMetrics returns the metrics that an inline list of names stands for.
func ParseMetrics(text string) ([]metric.Metric, error) {
	return inline[[]metric.Metric](Parser{}, "metrics", text)
}

// inline returns the one value of a type that a text stands for.
func inline[T any](p Parser, what, text string) (T, error) {
	var none T
	t := declare.Read(what, []byte(text), language(&dataFiles{open: p.Open, tables: map[string]target.Table{}}))
	value, _ := declare.Value(t, what, none, what+"s where one belongs: give every parameter one value")
	return value, t.Err()
}

// ParseSampling returns the sampling that an inline mapping stands for, with the defaults of a spec for what it leaves out
// and without what does not apply to its solver.
func ParseSampling(text string) (Sampling, error) {
	t := declare.Read("sample", []byte(text), language(nil))
	doc := defaults()
	var ok bool
	if doc.Sample, ok = declare.Value(t, "sample", doc.Sample, "samplings where one belongs: give every key one value"); ok {
		adaptive := doc.Sample.Solver.Adaptive()
		idle(t, t.Root(), adaptive, !adaptive)
	}
	if err := t.Err(); err != nil {
		return Sampling{}, err
	}
	return doc.setting().Sample, nil
}
