package experiments

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/target"
)

// ResultRow is the JSON form of a Result, which `flowsweep runs --json` guarantees. What a run does not have is left out: an
// adaptive solver has no steps, and a run that never ran has no calls, no times and no machine.
type ResultRow struct {
	Sweep         string            `json:"sweep"`
	Fit           string            `json:"fit"`
	Teacher       *string           `json:"teacher,omitempty"` // key of the fit whose flow made the pairs of the fit
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
	Guidance      flow.Guidance     `json:"guidance,omitzero"`
	Label         string            `json:"label,omitzero"`
	Count         int               `json:"count"`
	NFE           *Calls            `json:"nfe,omitempty"`
	NFEMax        *int              `json:"nfe_max,omitempty"`
	Metrics       map[string]Number `json:"metrics" null:"never"`
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
	Machine       *string           `json:"machine,omitempty"` // with its rounding, where several machines shared the sweep
	Rounding      *string           `json:"rounding,omitempty"`
	Error         string            `json:"error"` // empty if it did not fail
	Tags          []string          `json:"tags,omitempty"`
	Aliases       []string          `json:"aliases,omitempty"`
	Note          string            `json:"note,omitempty"`
	FitNote       string            `json:"fit_note,omitempty"`
	SweepNote     string            `json:"sweep_note,omitempty"`
}

// row returns the JSON form of the result.
func (r Result) row() ResultRow {
	s, done := r.Setting, r.State == Finished
	row := ResultRow{
		Sweep: r.Sweep, Fit: r.Fit, Teacher: known(r.Teacher, false), Run: r.Run, State: r.State, Seed: r.Seed,
		Target: s.Target, Source: s.Source, Path: s.Path, Coupling: s.Coupling, Net: s.Net, Train: s.Train,
		Solver: s.Sample.Solver.Name, Steps: known(s.Sample.Steps, false), Tolerance: s.Sample.Tolerance, Grid: s.Sample.Grid,
		SamplePath: s.Sample.Path, SDE: s.Sample.SDE, Guidance: s.Sample.Guidance, Label: s.Sample.Label, Count: s.Sample.Count, NFE: known(r.NFE, done), NFEMax: known(r.NFEMax, done),
		Metrics: map[string]Number{}, MetricsSE: map[string]Number{}, MetricsP: map[string]Number{},
		SolverShare: map[string]Number{}, NetShare: map[string]Number{}, NoiseFloor: map[string]Number{}, Noise: map[string]Number{}, Memorised: known(r.memorised()),
		FitSeconds: known(r.FitSeconds, done), SampleSeconds: known(r.SampleSeconds, done), Params: known(r.Params, done),
		Commit: known(r.Commit, r.Engine != ""), Engine: known(r.Engine, false),
		Machine: known(r.Machine, false), Rounding: known(r.Rounding, false), Error: r.Error,
		Tags: r.Tags, Aliases: r.Aliases, Note: r.Note, FitNote: r.FitNote, SweepNote: r.SweepNote,
	}
	for _, v := range r.all() {
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
