package experiments

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/query"
	"flowsweep/experiments/target"
)

// State is the state of a fit or a run.
type State string

// The states of a fit or a run. The next sweep that plans a failed, killed or lost one does it again.
const (
	Queued   State = "queued"
	Running  State = "running"
	Finished State = "finished"
	Failed   State = "failed"
	Killed   State = "killed" // interrupted by the user
	Lost     State = "lost"   // its process died
)

// Result is a stored run: a row of the run table.
type Result struct {
	Sweep         string
	Fit, Run      string // keys
	Reference     string // key of the reference sample that it was measured against
	State         State  // of the run, or of its fit if that did not finish
	Seed          uint64
	Setting       Setting
	NFE           Calls   // velocity calls per sample, the mean over the samples
	NFEMax        int     // velocity calls of the sample that took the most
	Metrics       []Value // in the order of the spec
	Shares        []Share // of metrics of samples whose null and dense solve are known
	FitSeconds    float64
	SampleSeconds float64
	Params        int    // number of trained parameters
	Commit        string // Commit, Engine and Version are of the environment it was sampled in
	Engine        string
	Version       string
	Error         string // why it failed, if it did
}

// Value is a named number, which may be NaN or infinite.
type Value struct {
	Name    string
	Value   float64
	SE      float64 // standard error of the value; NaN if it has none
	P       float64 // p-value of the metric's own test, or under the Null; 0 if there is none
	Version int     // recipe version of the metric, 0 for the first

	ownSE float64 // SE from the samples alone, if there is a Null
}

// Possible reports whether its metric can have the value, its standard error and its p-value. Unknown metrics can have any.
func (v Value) Possible() bool {
	m, known := metricNamed(v.Name)
	return !(v.SE < 0) && !(v.P < 0) && !(v.P > 1) && v.Version >= 0 && (!known || m.Possible(v.Value))
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

// resultJSON is the JSON form of a Result, which `flowsweep runs --json` guarantees.
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
	MetricsSE     map[string]Number `json:"metrics_se,omitempty"` // standard errors, of metrics that have one
	MetricsP      map[string]Number `json:"metrics_p,omitempty"`  // p-values, of metrics that have a null or a test of their own
	SolverShare   map[string]Number `json:"solver_share,omitempty"`
	NetShare      map[string]Number `json:"net_share,omitempty"`
	NoiseFloor    map[string]Number `json:"noise_floor,omitempty"` // mean of the null
	Noise         map[string]Number `json:"noise,omitempty"`       // standard deviation of the null
	Memorised     bool              `json:"memorised,omitempty"`
	FitSeconds    float64           `json:"fit_seconds"`
	SampleSeconds float64           `json:"sample_seconds"`
	Params        int               `json:"params"`
	Commit        string            `json:"commit"`
	Engine        string            `json:"engine"`
	Error         string            `json:"error"`
}

// MarshalJSON returns the result with the fields that `flowsweep runs --json` guarantees.
func (r Result) MarshalJSON() ([]byte, error) {
	s := r.Setting
	row := resultJSON{
		Sweep: r.Sweep, Fit: r.Fit, Run: r.Run, State: r.State, Seed: r.Seed,
		Target: s.Target, Source: s.Source, Path: s.Path, Coupling: s.Coupling, Net: s.Net, Train: s.Train,
		Solver: s.Sample.Solver.Name, Steps: s.Sample.Steps, Tolerance: s.Sample.Tolerance, Grid: s.Sample.Grid,
		SamplePath: s.Sample.Path, Count: s.Sample.Count, NFE: r.NFE, NFEMax: r.NFEMax,
		Metrics: map[string]Number{}, MetricsSE: map[string]Number{}, MetricsP: map[string]Number{},
		SolverShare: map[string]Number{}, NetShare: map[string]Number{}, NoiseFloor: map[string]Number{}, Noise: map[string]Number{}, Memorised: r.Memorised(),
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
	for _, s := range r.Shares {
		row.SolverShare[s.Metric], row.NetShare[s.Metric] = Number(s.Solver), Number(s.Net)
		row.NoiseFloor[s.Metric], row.Noise[s.Metric] = Number(s.Floor), Number(s.Noise)
	}
	return json.Marshal(row)
}

// Memorised reports whether the samples of the run are copies of training rows.
func (r Result) Memorised() bool {
	share, shared := r.value(metric.NNShare.Name)
	near, there := r.value(metric.NearShare.Name)
	return shared && there && metric.Memorised(share.measurement(), near.measurement())
}

func (v Value) measurement() metric.Measurement {
	return metric.Measurement{Value: v.Value, SE: v.SE, P: v.P}
}

// Fields returns the fields of the result's JSON form. All metrics are numbers, even if their JSON is a string such as
// "nan". Their shares are set aside, so that the name of a metric is its value.
func (r Result) Fields() ([]query.Field, error) {
	fields, err := query.Flatten(r)
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", r.Run, err)
	}
	for i := range fields {
		switch object, _, _ := strings.Cut(fields[i].Key, "."); object {
		case "metrics":
			fields[i].Kind = query.Number
		case "solver_share", "net_share", "noise_floor", "noise":
			fields[i].Aside = true
		}
	}
	return fields, nil
}

// Loss is the mean training loss of the steps since the previously logged one, up to Step.
type Loss struct {
	Step    int
	Value   float64 // mean over the batch and the dimensions; may be NaN or infinite
	HeldOut float64 // after Step, on rows that training never uses; 0 if not measured
}

// Environment is the program and machine that computed a result.
type Environment struct {
	Version string   `json:"version"`
	Commit  string   `json:"commit"` // empty if unknown
	Dirty   bool     `json:"dirty"`  // the working tree differed from the commit
	Go      string   `json:"go"`
	Modules []string `json:"modules"` // path@version, sorted
	OS      string   `json:"os"`
	Arch    string   `json:"arch"`
	CPU     string   `json:"cpu"`
	Cores   int      `json:"cores"`
	Engine  string   `json:"engine"`
}

// Artifact is a file made by a sweep or a fit, identified by the sha256 of its content.
type Artifact struct {
	Name   string `json:"name"` // weights.safetensors, velocity.onnx, ...
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Check is the outcome of comparing an ONNX file in onnxruntime with Go.
type Check struct {
	File        string   `json:"file"`
	Run         string   `json:"run"`     // key of the run whose net it holds
	SHA256      string   `json:"sha256"`  // of the file
	Runtime     string   `json:"runtime"` // onnxruntime and its version
	Points      int      `json:"points"`  // points compared, at each batch size that is at least as large
	Batches     []int    `json:"batches"` // batch sizes
	Levels      []string `json:"levels"`  // graph optimisation levels
	Threads     []int    `json:"threads"` // numbers of threads
	MaxAbsDiff  Number   `json:"max_abs_diff"`
	MeanAbsDiff Number   `json:"mean_abs_diff"`
	MaxAbs      Number   `json:"max_abs"`   // largest value computed by Go
	Tolerance   Number   `json:"tolerance"` // maximum difference
	Reason      string   `json:"reason"`    // for the tolerance
	OK          bool     `json:"ok"`
	Error       string   `json:"error"` // why it is not OK, unless the difference is too large
}

// Sweep is a stored sweep: everything in its report except samples and losses.
type Sweep struct {
	Name        string
	Started     time.Time // for the first time
	Spec        Spec
	Environment Environment // when it was last run
	Results     []Result    // in the order of the plan

	nulls map[nullPlace]metric.NullSummary
	noise map[nullPlace]metric.NullNoise

	baselines []BaselineSummary
}
