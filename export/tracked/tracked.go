// Package tracked holds sweeps as experiment trackers see them: settings with parameters, runs with metrics, losses by step, and files.
// They are plain values, so that what writes them for a tracker knows neither the store nor a net. Each of the rooms mlflow, tensorboard,
// optuna and parquet writes one form:
//
//	err := tensorboard.Write(ctx, folder, home, sweeps)
package tracked

import (
	"io"
	"time"
)

// Sweep is a sweep with its settings, in the order of the plan.
type Sweep struct {
	Name           string
	State          string // queued, running, finished, failed, killed or lost; so are those of fits and runs
	Started, Ended time.Time
	Spec           []byte // the YAML as it was read
	Note           string
	Tags           []string // its own
	Metric         string   // that the setting is chosen by. Lower is better for every metric
	Ranges         []Range  // that random settings draw from
	Settings       []Setting
	Fits           []Fit   // that the runs are of, in order
	Files          []File  // of the output folder: the page, ONNX files, the model card
	Models         []Model // the ONNX files among them
}

// Setting is what the runs of all seeds share.
type Setting struct {
	Label  string  // in what it differs from the others: "width 64 · heun · 8 steps"
	Chosen string  // key of the run of its median seed if the sweep chose it, for its target; empty if not
	Params []Param // all of them, by their paths in a spec: net.width, train.rate, sample.solver, sample.steps
	Varied []Param // those that not all settings of the sweep share
	Means  []Mean  // of the metrics over the finished runs
	NFE    float64 // mean over the finished runs
	Runs   []Run   // by seed
}

// Param is a parameter. What does not apply to a setting is absent: an adaptive solver has no sample.steps.
type Param struct {
	Name  string
	Value any // a string, float64, int64 or bool
}

// Range is a range of numbers that a parameter is drawn from, evenly or, if Log is set, evenly in its logarithm.
type Range struct {
	Name      string
	Low, High float64
	Log       bool
	Whole     bool // only whole numbers, the ends among them
}

// Mean is the mean of a metric over seeds.
type Mean struct {
	Name             string
	Value, Low, High float64 // Low and High are the ends of its 95 % interval, NaN for fewer than 2 seeds
}

// Run is a run of a seed.
type Run struct {
	Key, Fit    string // keys
	State       string // of its fit, if that did not finish
	Error       string // why it failed; empty if it did not
	Seed        uint64
	Start, End  time.Time // of its sampling; zero if that has not started, or not ended
	Metrics     []Metric
	NFE         float64 // velocity calls per sample, the mean over the samples; 0 before it has finished
	NFEMax      int     // of the sample that took the most
	Seconds     float64 // of the sampling
	FitSeconds  float64 // of the training
	Weights     int     // number of trained parameters; 0 before the fit has finished
	Environment []Param // program, commit and machine; empty before it has started
	Note        string
	Tags        []string // its own, those of its fit and those of its sweep
	Losses      []Loss   // of its fit, which it shares with the other runs of that
	Files       []File   // samples.npy

	// Picture draws the samples beside the data, as a PNG file; nil if there are no samples.
	Picture func() ([]byte, error)
}

// Fit is a training, which the runs of all solvers share.
type Fit struct {
	Key, State, Error string
	Seed              uint64
	Start, End        time.Time // zero if it has not started, or not ended
	Seconds           float64
	Weights           int // number of trained parameters
	Losses            []Loss
	Files             []File // weights.safetensors
}

// Metric is a measured value, which may be NaN or infinite.
type Metric struct {
	Name      string
	Value, SE float64 // SE is its standard error, NaN if it has none
	P         float64 // its p-value, NaN if it has none
}

// Loss is the mean training loss of the steps since the one before, up to Step.
type Loss struct {
	Step           int
	Train, HeldOut float64   // HeldOut is NaN where none was measured
	Time           time.Time // between the start and the end of the fit, in proportion to the steps: the store keeps no other
}

// File is a file that belongs to something. SHA256 and Size are zero for one that is made when it is opened.
type File struct {
	Name, SHA256 string
	Size         int64
	Open         func() (io.ReadCloser, error)
}

// Model is an exported ONNX model.
type Model struct {
	Run             string // key of the run whose net it holds
	Twin            bool   // its solver has as many fixed steps as the run's velocity calls allow, so that the metrics are not those of the run
	File            File
	Inputs, Outputs []Tensor
}

// Tensor is an input or output of a model.
type Tensor struct {
	Name, Type string // the type by its name in NumPy: float32
	Shape      []int  // -1 where any size will do
	Optional   bool   // an input with a default
}
