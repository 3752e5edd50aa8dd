package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"flowsweep/pipeline/bench"
)

// Kinds of work.
const (
	training = "train"
	sampling = "sample"
)

// task is a piece of work that is timed: Count steps of training, or Count samples in SampleSteps steps of midpoint. Its JSON form
// is a request to peers.py.
type task struct {
	Case        string  `json:"case"`
	Cores       int     `json:"cores"`
	Work        string  `json:"work"`
	Target      string  `json:"target"`
	Width       int     `json:"width"`
	Depth       int     `json:"depth"`
	Activation  string  `json:"activation"`
	Batch       int     `json:"batch"`
	Rate        float64 `json:"rate"`
	SampleSteps int     `json:"sample_steps"`
	Count       int     `json:"count"`
}

func (t task) String() string {
	return fmt.Sprintf("%s %s on %d cores", t.Work, t.Case, t.Cores)
}

// listTasks returns all tasks: training and sampling of each case, on so many cores, or, with 0, on one and on all.
func listTasks(only int, quick bool) (tasks []task, err error) {
	cores := []int{1}
	if n := runtime.NumCPU(); n > 1 {
		cores = append(cores, n)
	}
	if only > 0 {
		cores = []int{only}
	}
	for _, c := range bench.Cases {
		fit, err := c.Fit()
		if err != nil {
			return nil, err
		}
		n, train := fit.Recipe.VelocityNet(), fit.Recipe.Train
		t := task{
			Case: c.Name, Target: fit.Recipe.Target.Name, Width: n.Width, Depth: n.Depth, Activation: n.Activation.Name,
			Batch: train.Batch, Rate: train.Rate, SampleSteps: bench.SampleSteps,
		}
		counts := map[string]int{training: c.Steps, sampling: c.Count}
		for _, t.Work = range []string{training, sampling} {
			for _, t.Cores = range cores {
				t.Count = counts[t.Work]
				if quick {
					t.Count = max(t.Count/10, 4)
				}
				tasks = append(tasks, t)
			}
		}
	}
	return tasks, nil
}

// figure is what a program did at a task in a round.
type figure struct {
	task      `json:"task"`
	Program   string  `json:"program"`
	How       string  `json:"how,omitempty"` // the way of sampling, where flowsweep has several
	Round     int     `json:"round"`
	Weights   int     `json:"weights,omitempty"`
	Loss      float64 `json:"loss,omitempty"` // the mean of the second half of the steps
	PerSecond float64 `json:"per_second"`     // steps or samples
	Error     string  `json:"error,omitempty"`
}

// program is one of those compared. time returns what it did at a task, in one way or several.
type program struct {
	name string
	time func(w *workers, t task) []figure
}

// programs are those compared, ours first; the others have their names of peers.py.
var programs = []program{
	{ours, timeOurs}, {"pytorch", timePeer("pytorch")}, {"pytorch-compiled", timePeer("pytorch-compiled")}, {"jax", timePeer("jax")},
}

// ours is the name of flowsweep among the programs.
const ours = "flowsweep"

// failed returns a figure that says why there is none.
func failed(program string, err error) []figure {
	return []figure{{Program: program, Error: err.Error()}}
}

// timeOurs runs flowsweep.
func timeOurs(w *workers, t task) (figures []figure) {
	limit := "--count"
	if t.Work == training {
		limit = "--steps"
	}
	out, err := output(w.setup.python(t.Cores, w.setup.flowsweep, "bench", t.Work, "--json", "--case", t.Case, "--engine", "auto",
		"--threads", strconv.Itoa(t.Cores), "--time", "200ms", limit, strconv.Itoa(t.Count)))
	if err != nil {
		return failed(ours, err)
	}
	var rows []struct {
		Engine  string  `json:"engine"`
		Weights int     `json:"weights"`
		MsStep  float64 `json:"ms_per_step"`
		Loss    float64 `json:"loss"`
		Samples float64 `json:"samples_per_second"`
	}
	if err := json.Unmarshal(out, &rows); err != nil {
		return failed(ours, fmt.Errorf("%w: %q", err, out))
	}
	for _, r := range rows {
		f := figure{Program: ours, Weights: r.Weights, Loss: r.Loss, PerSecond: r.Samples}
		if t.Work == training {
			f.PerSecond = 1e3 / r.MsStep
		} else if f.How = "stepping in Go"; strings.HasSuffix(r.Engine, ".onnx") {
			f.How = r.Engine
		}
		figures = append(figures, f)
	}
	return figures
}

// timePeer returns the function that asks peers.py.
func timePeer(name string) func(w *workers, t task) []figure {
	return func(w *workers, t task) []figure {
		f := figure{Program: name}
		if err := w.ask(name, t, &f); err != nil {
			return failed(name, err)
		}
		f.Program = name
		return []figure{f}
	}
}

// output runs a command and returns its output; the error of a failure holds what it wrote to stderr.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, err
}
