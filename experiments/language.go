package experiments

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"

	"flowsweep/experiments/baseline"
	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/table"
	"flowsweep/experiments/target"
)

// language returns the values that a spec may hold. Data files named in the spec are added to data.
func language(data *dataFiles) declare.Language {
	return declare.Language{
		Kinds: []declare.Kind{
			declare.Families("target", slices.Concat(families(target.Families), []declare.Family[target.Target]{fileTargets(data)}, datasetTargets(data))),
			declare.Families("source", sources(data)),
			declare.Families("path", families(flow.PathFamilies)),
			declare.Families("coupling", append(families(flow.CouplingFamilies), keyed(families(ode.CouplingFamilies))...)),
			declare.Families("times", families(flow.TimesFamilies)),
			declare.Families("grid", families(ode.GridFamilies)),
			declare.Families("solver", solvers()),
			declare.Words("baseline", baseline.Baselines, func(b baseline.Baseline) string { return b.Name }),
			declare.Words("metric", metric.Metrics, func(m metric.Metric) string { return m.Name }),
			declare.BareWords(net.Architectures, func(a net.Architecture) string { return a.Name }),
			declare.BareWords(net.Activations, func(a net.Activation) string { return a.Name }),
			declare.FlagOrWord(target.Scalings, func(s target.Scaling) string { return s.Name }),
			declare.Assigned("kind", kinds.Names(), choiceOf),
			declare.FlagOrWord(table.Headers, func(h table.Header) string { return h.Name }),
			declare.ShortText("label", func(column string) target.Label { return target.Label{Column: column} }),
			declare.NumberOf("", flow.Guided),
			declare.Short("tolerance", `above:"0"`, func(x float64) ode.Tolerance { return ode.Tolerance{Atol: x, Rtol: x} }),
		},
		Random: func(seed uint64, place string, k uint64) *rand.Rand {
			return flow.NewStream(seed, "random "+place).At(k)
		},
		Resolved: func(doc any) any { return doc.(*document).setting() },
	}
}

// choiceOf returns the choice of a column, by its name or with a kind.
func choiceOf(column, kind string, arguments []string) (c kinds.Choice, err error) {
	c.Column = column
	if kind != "" {
		c.Kind, err = kinds.Of(kind, arguments...)
	}
	return c, err
}

// families converts families to those of package declare.
func families[T any](all []flow.Family[T]) []declare.Family[T] {
	list := make([]declare.Family[T], len(all))
	for i, f := range all {
		list[i] = declare.Family[T]{
			Name: f.Name, Default: f.Default,
			Make: func(params any, _ declare.Place) (T, error) { return params.(flow.Maker[T]).Make() },
		}
	}
	return list
}

// keyed makes families that may also be written as {name: {parameters}}.
func keyed[T any](all []declare.Family[T]) []declare.Family[T] {
	for i := range all {
		all[i].Keyed = true
	}
	return all
}

// solvers returns the families of solvers, of which only tuned has parameters.
func solvers() (list []declare.Family[ode.Solver]) {
	for _, s := range ode.Solvers {
		list = append(list, declare.Family[ode.Solver]{
			Name: s.Name, Default: struct{}{},
			Make: func(any, declare.Place) (ode.Solver, error) { return s, nil },
		})
	}
	return append(list, declare.Family[ode.Solver]{
		Name: ode.Tuned.Name, Default: ode.DefaultTuned,
		Make: func(params any, _ declare.Place) (ode.Solver, error) { return params.(ode.TunedParams).Make() },
	})
}

// sources returns the families of sources: noise, and all targets.
func sources(data *dataFiles) []declare.Family[Source] {
	list := []declare.Family[Source]{{
		Name: noiseName, Default: noiseParams{},
		Make: func(any, declare.Place) (Source, error) { return Noise, nil },
	}}
	for _, f := range families(target.Families) {
		list = append(list, declare.Family[Source]{
			Name: f.Name, Default: f.Default,
			Make: func(params any, at declare.Place) (Source, error) {
				from, err := f.Make(params, at)
				from.Given, from.DrawGiven, from.LawGiven = given.Condition{}, nil, nil // only targets have them
				return Source{From: from}, err
			},
		})
	}
	return append(list, fileSources(data))
}

// noiseParams are the parameters of noise, which has none.
type noiseParams struct{}

// Schema returns the JSON Schema (draft-07) of a spec file. It cannot express checks across keys, such as that
// choose.metric is measured, or the limit on the number of runs.
func Schema() ([]byte, error) {
	root := declare.Schema(language(nil), defaults())
	// A variant may provide the target.
	root["required"] = []string{"name"}
	var given []declare.Object
	for _, key := range []string{"target", "zip", "random"} {
		given = append(given, declare.Object{"required": []string{key}})
	}
	root["anyOf"] = given
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "flowsweep spec"
	root["description"] = "A declared experiment. Keys that can be swept also take a list of values, " +
		"and the sweep is the product of all lists."
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return append(text, '\n'), nil
}
