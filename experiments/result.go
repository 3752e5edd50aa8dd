package experiments

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/query"
	"flowsweep/experiments/target"
)

// State is how far a fit or a run has come.
type State string

// The states of a fit or a run. A failed, killed or lost one is done again by the next sweep that holds it.
const (
	Queued   State = "queued"
	Running  State = "running"
	Finished State = "finished"
	Failed   State = "failed"
	Killed   State = "killed" // interrupted by the user
	Lost     State = "lost"   // its process died
)

// Result is one run as the store knows it: a row of the run table.
type Result struct {
	Sweep         string
	Fit, Run      string // keys
	State         State  // of the run, or of its fit where that did not finish
	Seed          uint64
	Setting       Setting
	NFE           Calls   // velocity calls a sample, counted: their mean over the samples
	NFEMax        int     // those of the sample that took the most
	Metrics       []Value // in the order of the spec
	FitSeconds    float64
	SampleSeconds float64
	Params        int    // trained numbers of the net
	Commit        string // with Engine and Version, of the environment it was sampled in
	Engine        string
	Version       string // of the program
	Error         string // why it failed, or empty
}

// Value is a named number, which may be NaN or infinite.
type Value struct {
	Name  string
	Value float64
	SE    float64 // standard error of the value; NaN where there is none
	P     float64 // p-value for the samples being the truth, from the Null; 0 where there is none
}

// Metric returns the value of the named metric, and whether it was measured.
func (r Result) Metric(name string) (float64, bool) {
	v, ok := r.value(name)
	if !ok {
		return math.NaN(), false
	}
	return v.Value, true
}

func (r Result) value(name string) (Value, bool) {
	for _, v := range r.Metrics {
		if v.Name == name {
			return v, true
		}
	}
	return Value{}, false
}

// resultJSON is the form of a Result that `flowsweep runs --json` promises.
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
	Steps         int               `json:"steps"`
	Tolerance     ode.Tolerance     `json:"tolerance,omitzero"`
	Grid          ode.Grid          `json:"grid,omitzero"`
	SamplePath    flow.Path         `json:"sample_path,omitzero"`
	Count         int               `json:"count"`
	NFE           Calls             `json:"nfe"`
	NFEMax        int               `json:"nfe_max"`
	Metrics       map[string]Number `json:"metrics"`
	MetricsSE     map[string]Number `json:"metrics_se,omitempty"` // standard errors, of the metrics that have one
	MetricsP      map[string]Number `json:"metrics_p,omitempty"`  // p-values, of the metrics that have a null
	FitSeconds    float64           `json:"fit_seconds"`
	SampleSeconds float64           `json:"sample_seconds"`
	Params        int               `json:"params"`
	Commit        string            `json:"commit"`
	Engine        string            `json:"engine"`
	Error         string            `json:"error"`
}

// MarshalJSON returns the row with the fields that `flowsweep runs --json` promises.
func (r Result) MarshalJSON() ([]byte, error) {
	s := r.Setting
	row := resultJSON{
		Sweep: r.Sweep, Fit: r.Fit, Run: r.Run, State: r.State, Seed: r.Seed,
		Target: s.Target, Source: s.Source, Path: s.Path, Coupling: s.Coupling, Net: s.Net, Train: s.Train,
		Solver: s.Sample.Solver.Name, Steps: s.Sample.Steps, Tolerance: s.Sample.Tolerance, Grid: s.Sample.Grid,
		SamplePath: s.Sample.Path, Count: s.Sample.Count, NFE: r.NFE, NFEMax: r.NFEMax,
		Metrics: map[string]Number{}, MetricsSE: map[string]Number{}, MetricsP: map[string]Number{},
		FitSeconds: r.FitSeconds, SampleSeconds: r.SampleSeconds, Params: r.Params,
		Commit: r.Commit, Engine: r.Engine, Error: r.Error,
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
	return json.Marshal(row)
}

// Fields returns the fields of the row's JSON form. Metrics that are not finite, which JSON has as texts, are numbers.
func (r Result) Fields() ([]query.Field, error) {
	fields, err := query.Flatten(r)
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", r.Run, err)
	}
	for i := range fields {
		if strings.HasPrefix(fields[i].Key, "metrics.") {
			fields[i].Kind = query.Number
		}
	}
	return fields, nil
}

// Calls is a mean number of velocity calls: a whole one but for solvers that choose their steps sample by sample.
type Calls float64

// MarshalJSON returns the number without what adding up its parts has rounded: to nine digits.
func (c Calls) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(c), 'g', 9, 64), nil
}

// String returns the number with at most one decimal.
func (c Calls) String() string { return strconv.FormatFloat(math.Round(10*float64(c))/10, 'f', -1, 64) }

// Number is a float64 whose JSON form survives NaN and infinity, as the strings "nan", "inf" and "-inf".
type Number float64

// MarshalJSON returns the number, or a string where it is not finite.
func (n Number) MarshalJSON() ([]byte, error) {
	switch x := float64(n); {
	case math.IsNaN(x), math.IsInf(x, 0):
		return json.Marshal(n.String())
	default:
		return json.Marshal(x)
	}
}

// UnmarshalJSON reads what MarshalJSON writes.
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

// String returns the number in its shortest form, and "nan", "inf" or "-inf" where it is not finite.
func (n Number) String() string {
	return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(float64(n), 'g', -1, 64)), "+")
}

// Loss is the mean training loss of the steps since the previous one, logged at Step.
type Loss struct {
	Step  int
	Value float64 // mean over the batch and the dimensions; may be NaN or infinite
}

// Environment is what a result was computed with.
type Environment struct {
	Version string   `json:"version"`
	Commit  string   `json:"commit"` // empty where it is not known
	Dirty   bool     `json:"dirty"`  // the working tree differed from the commit
	Go      string   `json:"go"`
	Modules []string `json:"modules"` // path@version, sorted
	OS      string   `json:"os"`
	Arch    string   `json:"arch"`
	CPU     string   `json:"cpu"`
	Cores   int      `json:"cores"`
	Engine  string   `json:"engine"`
}

// Artifact is a file made by a sweep or a fit, known by the sha256 of its content.
type Artifact struct {
	Name   string `json:"name"` // weights.safetensors, velocity.onnx, ...
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Check is the outcome of comparing an ONNX file in onnxruntime with Go.
type Check struct {
	File        string   `json:"file"`
	Run         string   `json:"run"`     // key of the run whose net it is
	SHA256      string   `json:"sha256"`  // of the file
	Runtime     string   `json:"runtime"` // onnxruntime and its version
	Points      int      `json:"points"`  // compared, at each batch size that reaches that many
	Batches     []int    `json:"batches"` // batch sizes
	Levels      []string `json:"levels"`  // graph optimisation levels
	Threads     []int    `json:"threads"` // numbers of threads
	MaxAbsDiff  Number   `json:"max_abs_diff"`
	MeanAbsDiff Number   `json:"mean_abs_diff"`
	MaxAbs      Number   `json:"max_abs"`   // the largest number Go computed
	Tolerance   Number   `json:"tolerance"` // the difference allowed
	Reason      string   `json:"reason"`    // for the tolerance
	OK          bool     `json:"ok"`
	Error       string   `json:"error"` // why it is not OK where that is not the difference, or empty
}

// Sweep is a stored sweep: what its report is made of, but for samples and losses.
type Sweep struct {
	Name        string
	Started     time.Time // of its first run ever
	Spec        Spec
	Environment Environment // of its latest run
	Results     []Result    // in the order of the plan

	nulls map[nullPlace]metric.NullSummary
}
