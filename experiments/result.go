package experiments

import (
	"math"
	"time"

	"flowsweep/experiments/metric"
)

// State is the state of a fit or a run.
type State string

// The states of a fit or a run. The next sweep that plans a failed, killed or lost one does it again. A pruned fit goes on from its
// checkpoint if a sweep wants it further; its runs read pruned as well.
const (
	Queued   State = "queued"
	Running  State = "running"
	Finished State = "finished"
	Failed   State = "failed"
	Killed   State = "killed" // interrupted by the user
	Lost     State = "lost"   // its process died
	Pruned   State = "pruned" // it stopped early, see EarlyStop
)

// Result is a stored run: a row of the run table.
type Result struct {
	Sweep         string
	Fit, Run      string // keys
	Teacher       string // key of the fit whose flow made the pairs of Fit; empty for couplings without one
	Reference     string // key of the reference sample that it was measured against
	State         State  // of the run, or of its fit if that did not finish
	Seed          uint64
	Setting       Setting
	NFE           Calls   // velocity calls per sample, the mean over the samples
	NFEMax        int     // velocity calls of the sample that took the most
	Metrics       []Value // in the order of the spec
	OfClasses     []Value // those of the samples of single classes, in the order of Spec.ClassMetrics
	Shares        []Share // of metrics of samples whose null and dense solve are known
	FitSeconds    float64
	SampleSeconds float64
	Params        int    // number of trained parameters
	Commit        string // Commit, Engine and Version are of the environment it was sampled in
	Engine        string
	Version       string
	Machine       string // of its environment, if that has a name; and its rounding
	Rounding      string
	Error         string   // why it failed, if it did
	Stopped       int      // the training step after which its fit stopped early, if it is pruned
	Tags          []string // its own, those of its fit and those of its sweep, sorted
	Aliases       []string // that name it, sorted
	Note          string   // its own
	FitNote       string
	SweepNote     string
	Judged        *Judged // how the fitted coefficients of its solver do; nil if it has none
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

// Memorised reports whether the samples of the run are copies of training rows.
func (r Result) Memorised() bool {
	is, _ := r.memorised()
	return is
}

// memorised returns the same, and whether that was measured.
func (r Result) memorised() (is, measured bool) {
	share, shared := r.value(metric.NNShare.Name)
	near, there := r.value(metric.NearShare.Name)
	measured = shared && there
	return measured && metric.Memorised(share.measurement(), near.measurement()), measured
}

// AddMetrics adds values of all samples and of those of single classes, each to its list.
func (r *Result) AddMetrics(values []Value) {
	for _, v := range values {
		if metric.Whole(v.Name) == v.Name {
			r.Metrics = append(r.Metrics, v)
		} else {
			r.OfClasses = append(r.OfClasses, v)
		}
	}
}

// all returns the metrics of all samples and of those of single classes.
func (r *Result) all() (values []*Value) {
	for _, list := range [][]Value{r.Metrics, r.OfClasses} {
		for i := range list {
			values = append(values, &list[i])
		}
	}
	return values
}

func (v Value) measurement() metric.Measurement {
	return metric.Measurement{Value: v.Value, SE: v.SE, P: v.P}
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
	Files   int      `json:"files,omitzero"` // FileForm of the program; 0 before form 2

	// Machine and Rounding are set where several machines share a sweep.
	Machine  string `json:"machine,omitempty"`  // its name
	Rounding string `json:"rounding,omitempty"` // a hash of how its arithmetic rounds; machines with the same one give the same bits
}

// FileForm is the version of the bytes of exported ONNX files. Raise it when the program writes other bytes for the same run, so
// that files of before are not taken for edited ones. Form 1 is that of before 0.1.0.
const FileForm = 3

// OrNil returns the environment, or nil if it is that of something that has not started.
func (e Environment) OrNil() *Environment {
	if e.Go == "" && e.OS == "" && e.Version == "" && e.Engine == "" {
		return nil
	}
	return &e
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
	Error       string   `json:"error"` // why it is not OK, unless the difference is too large, or it was edited

	Edited []string `json:"edited,omitzero"` // where the file differs from what the program writes, if it computes the same
	Notes  []string `json:"notes,omitzero"`  // what else to know of the file or of how it was checked
}

// Sweep is a stored sweep: everything in its report except samples and losses.
type Sweep struct {
	Name        string
	Started     time.Time // for the first time
	Spec        Spec
	Environment Environment // when it was last run
	Results     []Result    // in the order of the plan
	Remarks     []Remark    // on it, its fits and its runs; see SetRemarks
	Machines    []Machine   // that shared it, by name; none if it has only been on one, without a name

	nulls map[nullPlace]metric.NullSummary
	noise map[nullPlace]metric.NullNoise

	baselines []BaselineSummary
}
