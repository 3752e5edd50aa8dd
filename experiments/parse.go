package experiments

import (
	"slices"

	"flowsweep/experiments/baseline"
	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
)

// Parser parses specs, which may name data files.
type Parser struct {
	// Open returns the content of the file with the path in the spec. Errors are shown at that place in the spec. If
	// Open is nil, specs cannot name files.
	Open func(path string) ([]byte, error)

	// Large opens files that may be larger than memory; nil for none.
	Large *LargeFiles

	// Stored is for specs that an earlier version may have accepted: what is missing to choose well is no error.
	Stored bool

	// Real is for specs of versions that knew no kinds of columns: those of numbers are real, and those of words are left out.
	Real bool
}

// Parse parses a spec in YAML, fills in defaults and expands lists. The name of the file is used only in errors, which
// are a problem.List of everything that is wrong. Use a Parser if the spec may name data files.
func Parse(file string, text []byte) (Spec, error) { return Parser{}.Parse(file, text) }

// Parse is like the function Parse, for specs that may name data files.
func (p Parser) Parse(file string, text []byte) (Spec, error) {
	return parse(file, text, newDataFiles(p), p.Stored)
}

func parse(file string, text []byte, data *dataFiles, stored bool) (Spec, error) {
	l := language(data)
	l.Older = stored
	t := declare.Read(file, text, l)
	docs := declare.Values(t, "the spec", defaults())
	if len(docs) > 0 && t.Valid("metrics", "choose") {
		docs[0].resolveChoose(t)
	}
	if t.Valid() {
		checkTogether(t, docs)
		checkEarlyStop(t, docs)
		if !stored {
			checkSampler(t, docs)
		}
	}
	if err := t.Err(); err != nil {
		return Spec{}, err
	}
	s := specOf(docs)
	s.Text, s.Files, s.cautions = string(text), data.files, t.Cautions()
	return s, nil
}

// specOf returns the Spec of a document, given its alternatives, which differ only in swept fields.
func specOf(docs []*document) Spec {
	first := docs[0]
	s := Spec{
		Name: first.Name, Seeds: first.Seeds, Metrics: first.Metrics, Baselines: first.Baselines, Reference: first.Reference,
		Choose: first.Choose, EarlyStop: first.EarlyStop, Engine: first.Engine,
	}
	seen := map[string]bool{}
	s.Settings = make([]Setting, 0, len(docs)) // tens of thousands of them take a tenth of a gigabyte
	for _, doc := range docs {
		setting := doc.setting()
		// Settings are equal if they differ only in parts that do not apply to them.
		if form := setting.Form(); !seen[form] {
			seen[form] = true
			s.Settings = append(s.Settings, setting)
		}
	}
	s.addChecks()
	if s.Baselines == nil && slices.ContainsFunc(s.Settings, func(of Setting) bool { return of.Target.Rows.Len() > 0 }) {
		s.Baselines = baseline.Baselines
	}
	return s
}

// addChecks adds the metrics that show whether nets copy their data, if the spec has data of which rows are held out.
func (s *Spec) addChecks() {
	if !slices.ContainsFunc(s.Settings, func(of Setting) bool { return of.Target.Held.Len() > 0 }) {
		return
	}
	for _, check := range metric.Checks {
		if !slices.ContainsFunc(s.Metrics, func(m metric.Metric) bool { return m.Name == check.Name }) {
			s.Metrics = append(slices.Clip(s.Metrics), check)
		}
	}
}

// resolveChoose checks the key choose, and fills in its metric and rule.
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
		t.Problem(at.Key("within"), "the rule best does not use within: leave one of them out")
	}
}

// Target parses a target: a name, or a mapping as in a spec. Errors of this method and of the functions below are a
// problem.List.
func (p Parser) Target(text string) (target.Target, error) {
	return inline[target.Target](p, "target", text)
}

// Source parses a source: noise, or a target.
func (p Parser) Source(text string) (Source, error) { return inline[Source](p, "source", text) }

// ParsePath parses a path.
func ParsePath(text string) (flow.Path, error) { return inline[flow.Path](Parser{}, "path", text) }

// ParseMetrics parses a list of metrics.
func ParseMetrics(text string) ([]metric.Metric, error) {
	return inline[[]metric.Metric](Parser{}, "metrics", text)
}

// ParseColumns parses the columns of a file: a list of names, or a mapping of these to kinds.
func ParseColumns(text string) ([]kinds.Choice, error) {
	return inline[[]kinds.Choice](Parser{}, "columns", text)
}

// inline parses a single value.
func inline[T any](p Parser, what, text string) (T, error) {
	var none T
	t := declare.Read(what, []byte(text), language(newDataFiles(Parser{Open: p.Open, Large: p.Large})))
	value, _ := declare.Value(t, what, none, what+"s instead of one: give every parameter a single value")
	return value, t.Err()
}

// ParseSampling parses a sampling, fills in the defaults of a spec, and clears the fields that do not apply to its
// solver.
func ParseSampling(text string) (Sampling, error) {
	t := declare.Read("sample", []byte(text), language(nil))
	doc := defaults()
	var ok bool
	if doc.Sample, ok = declare.Value(t, "sample", doc.Sample, "samplings instead of one: give every key a single value"); ok {
		adaptive := doc.Sample.Solver.Adaptive()
		checkUnused(t, t.Root(), adaptive, !adaptive)
		if err := doc.Sample.Solver.CheckSteps(doc.Sample.Steps); err != nil {
			t.Problem(t.Root().Key("steps"), "%v", err)
		}
		if err := doc.Sample.CheckFitted(); err != nil && !adaptive {
			t.Problem(t.Root().Key("grid"), "%v", err)
		}
		if !adaptive && doc.Sample.Grid.OfData() {
			t.Problem(t.Root().Key("grid"), "%s needs the standard deviation of the data here: give it as {name: %s, std: 1}", doc.Sample.Grid.Name, doc.Sample.Grid.Name)
		}
		doc.checkNoise(t, t.Root())
	}
	if err := t.Err(); err != nil {
		return Sampling{}, err
	}
	return doc.setting().Sample, nil
}
