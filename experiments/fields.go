package experiments

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments/metric"
	"flowsweep/experiments/query"
)

// Fields returns the fields of a result of the sweep: those of its JSON form, and Null ones in place of those that only this
// run does not have, such as a metric that is not measured yet. All metrics are numbers, even if their JSON is a string such as
// "nan". Their shares are set aside, so that the name of a metric is its value. What a spec calls by another name has that name
// too, and a tolerance that is one number in a spec is one.
func (s Sweep) Fields(r Result) ([]query.Field, error) {
	row := r.row()
	absent := row.complete(slices.Concat(s.Spec.Metrics, s.Spec.allClassMetrics()))
	fields, err := query.Flatten(row)
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", r.Run, err)
	}
	for i := range fields {
		f := &fields[i]
		f.Also = rowNames.inSpec(f.Key)
		switch object, _, _ := strings.Cut(f.Key, "."); object {
		case "metrics", "metrics_se", "metrics_p":
			f.Kind = query.Number
		case "solver_share", "net_share", "noise_floor", "noise":
			f.Kind, f.Aside = query.Number, true
		case "memorised", "teacher", "machine", "rounding":
			f.Aside = true // only tables of data, of students, and of several machines have a column for it
		}
		if slices.Contains(absent, f.Key) {
			f.Value, f.Kind = "", query.Null
		}
	}
	return append(s.withNoise(withTolerance(fields, "tolerance"), "sde.noise"), r.remarkFields()...), nil
}

// complete fills what the row lacks, so that it has every field, and returns the keys of what it fills.
func (row *ResultRow) complete(metrics []metric.Metric) (absent []string) {
	for _, m := range metrics {
		if _, ok := row.Metrics[m.Name]; !ok {
			row.Metrics[m.Name] = 0
			absent = append(absent, "metrics."+m.Name)
		}
	}
	absent = fill(&row.Teacher, "teacher", absent)
	absent = fill(&row.Steps, "steps", absent)
	absent = fill(&row.NFE, "nfe", absent)
	absent = fill(&row.NFEMax, "nfe_max", absent)
	absent = fill(&row.Memorised, "memorised", absent)
	absent = fill(&row.FitSeconds, "fit_seconds", absent)
	absent = fill(&row.SampleSeconds, "sample_seconds", absent)
	absent = fill(&row.Params, "params", absent)
	absent = fill(&row.Commit, "commit", absent)
	absent = fill(&row.Engine, "engine", absent)
	absent = fill(&row.Machine, "machine", absent)
	absent = fill(&row.Rounding, "rounding", absent)
	row.Tags, row.Aliases, row.Note, row.FitNote, row.SweepNote = nil, nil, "", "", "" // remarkFields has them
	return absent
}

func fill[T any](field **T, name string, absent []string) []string {
	if *field != nil {
		return absent
	}
	*field = new(T)
	return append(absent, name)
}

// remarkFields returns the tags and aliases, of which there may be none, and the notes, Null where there is none. They are set aside so
// that only tables with remarks have columns for them.
func (r Result) remarkFields() []query.Field {
	fields := []query.Field{TagField(r.Tags), AliasField(r.Aliases)}
	for _, n := range []struct{ key, text string }{{"note", r.Note}, {"fit_note", r.FitNote}, {"sweep_note", r.SweepNote}} {
		f := query.Field{Key: n.key, Value: n.text, Aside: true}
		if n.text == "" {
			f.Kind = query.Null
		}
		fields = append(fields, f)
	}
	return fields
}

// TagField returns tags as a field, and AliasField aliases.
func TagField(tags []string) query.Field      { return listField("tags", "tag", tags) }
func AliasField(aliases []string) query.Field { return listField("aliases", "alias", aliases) }

func listField(key, also string, items []string) query.Field {
	if items == nil {
		items = []string{}
	}
	return query.Field{Key: key, Value: Form(items), Kind: query.List, Items: items, Also: also, Aside: true}
}

// withNoise adds a noise of 0 with this key to the fields of a run or setting that adds none on the way, if others of the sweep do.
func (s Sweep) withNoise(fields []query.Field, key string) []query.Field {
	is := func(f query.Field) bool { return f.Key == key }
	noisy := func(of Setting) bool { return of.Sample.SDE.Noise > 0 }
	if slices.ContainsFunc(fields, is) || !slices.ContainsFunc(s.Spec.Settings, noisy) {
		return fields
	}
	also := rowNames.inSpec(key)
	if also == "" {
		also = rowNames.inRow(key)
	}
	return append(fields, query.Field{Key: key, Value: "0", Kind: query.Number, Also: also})
}

// SettingFields returns the fields of the setting's canonical JSON, which a spec calls the same. What a run's row calls by
// another name has that name too.
func (s Sweep) SettingFields(of Setting) []query.Field {
	fields := of.fields()
	for i := range fields {
		fields[i].Also = rowNames.inRow(fields[i].Key)
	}
	return s.withNoise(withTolerance(fields, "sample.tolerance"), "sample.sde.noise")
}

// otherNames are fields whose name in a row is not their path in a spec.
type otherNames []struct{ row, spec string }

var rowNames = otherNames{
	{"seed", "seeds"},
	{"solver", "sample.solver"},
	{"steps", "sample.steps"},
	{"tolerance", "sample.tolerance"},
	{"grid", "sample.grid"},
	{"sample_path", "sample.path"},
	{"sde", "sample.sde"},
	{"guidance", "sample.guidance"},
	{"label", "sample.label"},
	{"count", "sample.count"},
}

// inSpec returns the path in a spec of a field of a row, and inRow the reverse, or "" if they are the same.
func (names otherNames) inSpec(key string) string {
	for _, n := range names {
		if rest, ok := strings.CutPrefix(key+".", n.row+"."); ok {
			return strings.TrimSuffix(n.spec+"."+rest, ".")
		}
	}
	return ""
}

func (names otherNames) inRow(key string) string {
	for _, n := range names {
		if rest, ok := strings.CutPrefix(key+".", n.spec+"."); ok {
			return strings.TrimSuffix(n.row+"."+rest, ".")
		}
	}
	return ""
}

// withTolerance adds the tolerance with this key, as one number, to the fields of its two parts if they are equal.
func withTolerance(fields []query.Field, key string) []query.Field {
	i := slices.IndexFunc(fields, func(f query.Field) bool { return f.Key == key+".atol" })
	if i < 0 || i+1 == len(fields) || fields[i+1].Key != key+".rtol" || fields[i+1].Value != fields[i].Value {
		return fields
	}
	return slices.Insert(fields, i, query.Field{
		Key: key, Value: fields[i].Value, Kind: query.Number, Also: strings.TrimSuffix(fields[i].Also, ".atol"),
	})
}
