package experiments

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/query"
	"flowsweep/experiments/target"
)

// resultJSON is the JSON form of a Result, which `flowsweep runs --json` guarantees. What a run does not have is left out: an
// adaptive solver has no steps, and a run that never ran has no calls, no times and no machine.
type resultJSON struct {
	Sweep         string            `json:"sweep"`
	Fit           string            `json:"fit"`
	Run           string            `json:"run"`
	State         State             `json:"state"`
	Seed          uint64            `json:"seed"`
	Target        target.Target     `json:"target"`
	Source        Source            `json:"source"`
	Path          flow.Path         `json:"path"`
	Coupling      flow.Coupling     `json:"coupling"`
	Net           net.Spec          `json:"net"`
	Train         Train             `json:"train"`
	Solver        string            `json:"solver"`
	Steps         *int              `json:"steps,omitempty"`
	Tolerance     ode.Tolerance     `json:"tolerance,omitzero"`
	Grid          ode.Grid          `json:"grid,omitzero"`
	SamplePath    flow.Path         `json:"sample_path,omitzero"`
	SDE           ode.SDE           `json:"sde,omitzero"`
	Count         int               `json:"count"`
	NFE           *Calls            `json:"nfe,omitempty"`
	NFEMax        *int              `json:"nfe_max,omitempty"`
	Metrics       map[string]Number `json:"metrics"`
	MetricsSE     map[string]Number `json:"metrics_se,omitempty"` // standard errors, of metrics that have one
	MetricsP      map[string]Number `json:"metrics_p,omitempty"`  // p-values, of metrics that have a null or a test of their own
	SolverShare   map[string]Number `json:"solver_share,omitempty"`
	NetShare      map[string]Number `json:"net_share,omitempty"`
	NoiseFloor    map[string]Number `json:"noise_floor,omitempty"` // mean of the null
	Noise         map[string]Number `json:"noise,omitempty"`       // standard deviation of the null
	Memorised     *bool             `json:"memorised,omitempty"`
	FitSeconds    *float64          `json:"fit_seconds,omitempty"`
	SampleSeconds *float64          `json:"sample_seconds,omitempty"`
	Params        *int              `json:"params,omitempty"`
	Commit        *string           `json:"commit,omitempty"`
	Engine        *string           `json:"engine,omitempty"`
	Error         string            `json:"error"` // empty if it did not fail
	Tags          []string          `json:"tags,omitempty"`
	Note          string            `json:"note,omitempty"`
	FitNote       string            `json:"fit_note,omitempty"`
	SweepNote     string            `json:"sweep_note,omitempty"`
}

// row returns the JSON form of the result.
func (r Result) row() resultJSON {
	s, done := r.Setting, r.State == Finished
	row := resultJSON{
		Sweep: r.Sweep, Fit: r.Fit, Run: r.Run, State: r.State, Seed: r.Seed,
		Target: s.Target, Source: s.Source, Path: s.Path, Coupling: s.Coupling, Net: s.Net, Train: s.Train,
		Solver: s.Sample.Solver.Name, Steps: known(s.Sample.Steps, false), Tolerance: s.Sample.Tolerance, Grid: s.Sample.Grid,
		SamplePath: s.Sample.Path, SDE: s.Sample.SDE, Count: s.Sample.Count, NFE: known(r.NFE, done), NFEMax: known(r.NFEMax, done),
		Metrics: map[string]Number{}, MetricsSE: map[string]Number{}, MetricsP: map[string]Number{},
		SolverShare: map[string]Number{}, NetShare: map[string]Number{}, NoiseFloor: map[string]Number{}, Noise: map[string]Number{}, Memorised: known(r.memorised()),
		FitSeconds: known(r.FitSeconds, done), SampleSeconds: known(r.SampleSeconds, done), Params: known(r.Params, done),
		Commit: known(r.Commit, r.Engine != ""), Engine: known(r.Engine, false), Error: r.Error,
		Tags: r.Tags, Note: r.Note, FitNote: r.FitNote, SweepNote: r.SweepNote,
	}
	for _, v := range r.Metrics {
		row.Metrics[v.Name] = Number(v.Value)
		if v.SE > 0 {
			row.MetricsSE[v.Name] = Number(v.SE)
		}
		if v.P != 0 {
			row.MetricsP[v.Name] = Number(v.P)
		}
	}
	for _, s := range r.Shares {
		row.SolverShare[s.Metric], row.NetShare[s.Metric] = Number(s.Solver), Number(s.Net)
		row.NoiseFloor[s.Metric], row.Noise[s.Metric] = Number(s.Floor), Number(s.Noise)
	}
	return row
}

// known returns x, or nil if it is zero and that is not its value.
func known[T comparable](x T, zero bool) *T {
	var none T
	if x == none && !zero {
		return nil
	}
	return &x
}

// MarshalJSON returns the result with the fields that `flowsweep runs --json` guarantees.
func (r Result) MarshalJSON() ([]byte, error) { return json.Marshal(r.row()) }

// Fields returns the fields of a result of the sweep: those of its JSON form, and Null ones in place of those that only this
// run does not have, such as a metric that is not measured yet. All metrics are numbers, even if their JSON is a string such as
// "nan". Their shares are set aside, so that the name of a metric is its value. What a spec calls by another name has that name
// too, and a tolerance that is one number in a spec is one.
func (s Sweep) Fields(r Result) ([]query.Field, error) {
	row := r.row()
	absent := row.complete(s.Spec.Metrics)
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
		case "memorised":
			f.Aside = true // only tables of data have a column for it
		}
		if slices.Contains(absent, f.Key) {
			f.Value, f.Kind = "", query.Null
		}
	}
	return append(s.withNoise(withTolerance(fields, "tolerance"), "sde.noise"), r.remarkFields()...), nil
}

// complete fills what the row lacks, so that it has every field, and returns the keys of what it fills.
func (row *resultJSON) complete(metrics []metric.Metric) (absent []string) {
	for _, m := range metrics {
		if _, ok := row.Metrics[m.Name]; !ok {
			row.Metrics[m.Name] = 0
			absent = append(absent, "metrics."+m.Name)
		}
	}
	absent = fill(&row.Steps, "steps", absent)
	absent = fill(&row.NFE, "nfe", absent)
	absent = fill(&row.NFEMax, "nfe_max", absent)
	absent = fill(&row.Memorised, "memorised", absent)
	absent = fill(&row.FitSeconds, "fit_seconds", absent)
	absent = fill(&row.SampleSeconds, "sample_seconds", absent)
	absent = fill(&row.Params, "params", absent)
	absent = fill(&row.Commit, "commit", absent)
	absent = fill(&row.Engine, "engine", absent)
	row.Tags, row.Note, row.FitNote, row.SweepNote = nil, "", "", "" // remarkFields has them
	return absent
}

func fill[T any](field **T, name string, absent []string) []string {
	if *field != nil {
		return absent
	}
	*field = new(T)
	return append(absent, name)
}

// remarkFields returns the tags, of which there may be none, and the notes, Null where there is none. They are set aside so
// that only tables with remarks have columns for them.
func (r Result) remarkFields() []query.Field {
	fields := []query.Field{TagField(r.Tags)}
	for _, n := range []struct{ key, text string }{{"note", r.Note}, {"fit_note", r.FitNote}, {"sweep_note", r.SweepNote}} {
		f := query.Field{Key: n.key, Value: n.text, Aside: true}
		if n.text == "" {
			f.Kind = query.Null
		}
		fields = append(fields, f)
	}
	return fields
}

// TagField returns tags as a field.
func TagField(tags []string) query.Field {
	if tags == nil {
		tags = []string{}
	}
	return query.Field{Key: "tags", Value: Form(tags), Kind: query.List, Items: tags, Also: "tag", Aside: true}
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

// Calls is a mean number of velocity calls. It is whole except for solvers that choose their steps for each sample.
type Calls float64

// MarshalJSON returns the number to nine digits, which removes the rounding errors of the mean.
func (c Calls) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(c), 'g', 9, 64), nil
}

// String returns the number with at most one decimal place.
func (c Calls) String() string { return strconv.FormatFloat(math.Round(10*float64(c))/10, 'f', -1, 64) }

// Number is a float64 that may be NaN or infinite in JSON, as one of the strings "nan", "inf" and "-inf".
type Number float64

// MarshalJSON returns the number, or a string if it is not finite.
func (n Number) MarshalJSON() ([]byte, error) {
	switch x := float64(n); {
	case math.IsNaN(x), math.IsInf(x, 0):
		return json.Marshal(n.String())
	default:
		return json.Marshal(x)
	}
}

// UnmarshalJSON parses the output of MarshalJSON.
func (n *Number) UnmarshalJSON(text []byte) error {
	if len(text) == 0 || text[0] != '"' {
		return json.Unmarshal(text, (*float64)(n))
	}
	var word string
	if err := json.Unmarshal(text, &word); err != nil {
		return err
	}
	x, err := strconv.ParseFloat(word, 64)
	*n = Number(x)
	return err
}

// String returns the number in its shortest form, or "nan", "inf" or "-inf" if it is not finite.
func (n Number) String() string {
	return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(float64(n), 'g', -1, 64)), "+")
}
