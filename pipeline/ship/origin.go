package ship

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/target"
	"flowsweep/export"
	"flowsweep/export/guided"
	"flowsweep/pipeline/lineage"
	"flowsweep/store"
)

// origin is the sweep and setting that an exported run belongs to. Both are zero for a run exported by itself.
type origin struct {
	sweep   experiments.Sweep
	setting experiments.Summary
	twin    *experiments.Summary // of an adaptive setting, unless its runs have no sampler
	by      []string             // metrics that the setting was chosen by
	in      *export.Reduced      // the precision of its files; nil for 32-bit floats
	reduced reductions           // of the run that is exported
}

// properties returns the metadata about the origin: the sweep, the key of its spec, and the metrics over all seeds, which
// say more than those of the exported run.
func (o origin) properties() map[string]string {
	if o.sweep.Name == "" {
		return nil
	}
	properties := map[string]string{
		"sweep": o.sweep.Name, "spec": specKey(o.sweep.Results), "seeds": fmt.Sprint(len(o.setting.Runs)),
	}
	for _, st := range o.setting.Metrics {
		properties["metric."+st.Name+".seeds"] = fmt.Sprintf("mean %s of %d", st.Interval(), st.N)
	}
	return properties
}

// specKey returns a key of everything a sweep does, a hash of the keys of its runs: comments and order in the spec do not
// matter.
func specKey(results []experiments.Result) string {
	var keys []string
	for _, r := range results {
		keys = append(keys, r.Run)
	}
	slices.Sort(keys)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(experiments.Form(keys))))[:16]
}

// dataHash returns the sha256 of the rows of a target or source, or "" if it is not made of data.
func dataHash(law any) string {
	var data struct {
		SHA256 string `json:"sha256"`
	}
	text, err := json.Marshal(law)
	if err != nil || json.Unmarshal(text, &data) != nil {
		return ""
	}
	return data.SHA256
}

// licence is honest: the program has no claim on what is trained with it.
const licence = "weights: for whoever trained them to say, subject to the licence of the data; flowsweep, which wrote the file, claims nothing"

// lineageOf returns the lineage of a run for its card, and of the run that its sampler is of. It depends, like the metadata, only on
// what was asked for and what came of it: neither times nor machines nor aliases, which move.
func lineageOf(ctx context.Context, db *store.DB, r, sampled experiments.Result) (rows [][3]string, err error) {
	l, err := lineage.Of(ctx, db, r.Run)
	for _, s := range l.Steps() {
		what := s.What
		if s.File != "" {
			what += ": " + s.File
		}
		rows = append(rows, [3]string{s.Kind, what, s.SHA256})
	}
	if sampled.Run != r.Run {
		rows = append(rows, [3]string{"twin", sampled.Run + " " + experiments.Form(sampled.Setting.Sample), ""})
	}
	return rows, err
}

// named returns what to call a target in a sentence.
func named(t target.Target) string {
	if !t.OfData() {
		return t.Name
	}
	return "data of " + strings.Join(t.Columns, ", ")
}

// conditionalOf returns what the files of a setting are conditional on. A net that was trained without drop has not learnt the whole
// distribution.
func conditionalOf(s experiments.Setting) guided.Model {
	return guided.Model{Given: s.Target.Given, Guidance: s.Sample.Guidance, Whole: s.Train.Drop > 0}
}
