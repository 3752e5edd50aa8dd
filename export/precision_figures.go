package export

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/export/roles"
)

// Figures says what a precision saves and what it costs, beside the same files in 32-bit floats.
type Figures struct {
	Precision string        `json:"precision"`
	Doc       string        `json:"doc"`
	Files     []FileFigures `json:"files"`
	Note      string        `json:"note,omitempty"` // on what the figures do not show
	Points    int           `json:"points"`         // of a run that was timed

	Sampling    string                   `json:"sampling,omitempty"` // solver and steps of the samples that were measured
	Differences []experiments.Difference `json:"differences,omitempty"`
	By          []string                 `json:"by,omitempty"`         // metrics that the setting was chosen by
	Unmeasured  string                   `json:"unmeasured,omitempty"` // why there are no differences, if so
	Refused     string                   `json:"refused,omitempty"`    // why it does not pay, if so
	Written     bool                     `json:"written"`
}

// Observe notes, given the check of the velocity file, whether onnxruntime really computed in the precision.
func (f *Figures) Observe(p Precision, c experiments.Check) {
	floor := tolerance * (1 + float64(c.MaxAbs))
	if p.inFloats && c.OK && float64(c.MaxAbsDiff) <= floor {
		f.Note = fmt.Sprintf("On this processor %s computed the net in 32-bit floats with the rounded weights, from which it differs by no more than %.2g. So the "+
			"differences are what rounding the weights loses. Where the arithmetic is rounded too, velocities of up to %.2g may move by about %.2g more", c.Runtime,
			float64(c.MaxAbsDiff), float64(c.MaxAbs), (float64(c.Tolerance)-floor)/jitterFactor)
	}
}

// FileFigures are those of one file. Times are the least of several runs on one thread, in turn with the other.
type FileFigures struct {
	Name      string  `json:"name"` // of the file in 32-bit floats
	Bytes     int     `json:"bytes"`
	Bytes32   int     `json:"bytes_fp32"`
	Seconds   float64 `json:"seconds"`
	Seconds32 float64 `json:"seconds_fp32"`
}

func (f FileFigures) weight() float64 { return float64(f.Bytes) / float64(f.Bytes32) }
func (f FileFigures) time() float64   { return f.Seconds / f.Seconds32 }

// What a precision must do to pay. A file that is hardly smaller is not worth another arithmetic; timings on a machine that
// does other work vary by a third, so half as long again is no accident.
const (
	MaxWeight = .75 // of the file in 32-bit floats
	MaxTime   = 1.5 // of its time
	MaxLoss   = .1  // of a metric that the setting was chosen by
)

// Judge notes whether the precision pays: every file is at most MaxWeight of the one in 32-bit floats and takes at most MaxTime
// of its time, and no metric that the setting was chosen by is worse by more than MaxLoss. Where there are too few seeds for
// a test, that counts for the mean.
func (f *Figures) Judge() {
	var why []string
	for _, file := range f.Files {
		if !(file.weight() <= MaxWeight) {
			why = append(why, fmt.Sprintf("%s weighs %d bytes, and %d in 32-bit floats: %.2f times (at most %.2f)", file.Name, file.Bytes, file.Bytes32, file.weight(), MaxWeight))
		}
		if !(file.time() <= MaxTime) {
			why = append(why, fmt.Sprintf("%s takes %s for %d points, and %s in 32-bit floats: %.2f times (at most %.1f)", file.Name,
				milliseconds(file.Seconds), f.Points, milliseconds(file.Seconds32), file.time(), MaxTime))
		}
	}
	for _, d := range f.Differences {
		lost := float64(d.Share)
		for _, by := range f.By {
			untested := math.IsNaN(float64(d.Difference.Low))
			if d.Metric == by && (d.Worse && !(lost <= MaxLoss) || untested && lost > MaxLoss) {
				why = append(why, fmt.Sprintf("%s is %.4g, and %.4g in 32-bit floats: %s (at most %.0f %%)", d.Metric, float64(d.Other), float64(d.Own), d.Verdict, 100*MaxLoss))
			}
		}
	}
	f.Refused = strings.Join(why, "; ")
}

// Compare notes what a file weighs and takes beside the one in 32-bit floats.
func (f *Figures) Compare(name string, file, full []byte) (err error) {
	f.Points = roles.MaxRows
	figures := FileFigures{Name: name, Bytes: len(file), Bytes32: len(full)}
	var runs [2]func() error
	for i, content := range [][]byte{file, full} {
		o, err := Open(content, OpenOptions{})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, o.Close()) }()
		x, z := Noise(o.Dim, f.Points, 0), make([]flow.Batch, o.Steps)
		for k := range z {
			z[k] = Noise(o.Dim, f.Points, 1+uint64(k))
		}
		runs[i] = func() error {
			if o.Sampler != nil {
				_, err := o.Sampler(x, z...)
				return err
			}
			_, err := o.Velocity(make([]float64, f.Points), x)
			return err
		}
	}
	figures.Seconds, figures.Seconds32, err = fastest(runs)
	f.Files = append(f.Files, figures)
	return err
}

// fastest returns the least time of each run. They take turns for half a second, or seven times if that is longer, so that
// what else the machine does slows both.
func fastest(runs [2]func() error) (a, b float64, err error) {
	least := [2]float64{math.Inf(1), math.Inf(1)}
	began := time.Now()
	for turn := 0; turn < 7 || time.Since(began) < time.Second/2; turn++ {
		for i, run := range runs {
			start := time.Now()
			if err := run(); err != nil {
				return 0, 0, err
			}
			least[i] = min(least[i], time.Since(start).Seconds())
		}
	}
	return least[0], least[1], nil
}

func milliseconds(seconds float64) string { return fmt.Sprintf("%.3g ms", 1000*seconds) }

// Summary returns the figures in a line: what the largest file weighs and takes, and what was lost by the metrics of the
// choice.
func (f Figures) Summary() string {
	var parts []string
	for _, file := range f.Files {
		parts = append(parts, fmt.Sprintf("%s %.2f times the bytes, %.2f times the time", file.Name, file.weight(), file.time()))
	}
	for _, d := range f.Differences {
		for _, by := range f.By {
			if d.Metric == by {
				parts = append(parts, fmt.Sprintf("%s %.3g, in 32-bit floats %.3g: %s", d.Metric, float64(d.Other), float64(d.Own), d.Verdict))
			}
		}
	}
	if len(f.Files) == 0 {
		parts = append(parts, f.Refused)
	} else if f.Unmeasured != "" {
		parts = append(parts, f.Unmeasured)
	}
	return strings.Join(parts, "; ")
}

// Refusal says that the files of the precision were not written, and why.
func (f Figures) Refusal() error {
	if len(f.Files) == 0 {
		return fmt.Errorf("%s was not written: %s", f.Precision, f.Refused)
	}
	return fmt.Errorf("%s does not pay and was not written: %s; --force writes it all the same", f.Precision, f.Refused)
}

// section is the part of the card about the precision.
func (f Figures) section() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## Precision %s\n\nFor the files `*-%s.onnx`: %s. Inputs and outputs are the same as in 32-bit floats.", f.Precision, f.Precision, cell(f.Doc))
	switch {
	case !f.Written:
		fmt.Fprintf(&b, " **They were not written, as they do not pay**: %s.", cell(f.Refused))
	case f.Refused != "":
		fmt.Fprintf(&b, " **They do not pay, and were written on request**: %s.", cell(f.Refused))
	}
	if len(f.Files) == 0 {
		return b.String() + "\n\n"
	}
	b.WriteString("\n\n| | 32-bit floats | " + f.Precision + " | |\n| --- | --- | --- | --- |\n")
	for _, file := range f.Files {
		fmt.Fprintf(&b, "| %s, bytes | %d | %d | %.2f times |\n", file.Name, file.Bytes32, file.Bytes, file.weight())
		fmt.Fprintf(&b, "| %s, %d points on one thread | %s | %s | %.2f times |\n", file.Name, f.Points, milliseconds(file.Seconds32), milliseconds(file.Seconds), file.time())
	}
	for _, d := range f.Differences {
		fmt.Fprintf(&b, "| %s, %d seeds | %.4g | %.4g | %+.2g%s: %s |\n", cell(d.Metric), d.Seeds, float64(d.Own), float64(d.Other),
			float64(d.Difference.Mean), between(d.Difference), cell(d.Verdict))
	}
	if f.Unmeasured != "" {
		fmt.Fprintf(&b, "\nWhat was lost is not known: %s.\n", cell(f.Unmeasured))
	} else {
		fmt.Fprintf(&b, "\nThe nets of all seeds were rounded alike, sampled in onnxruntime (%s) from the noise of their runs, and measured as these were;\n"+
			"metrics of the net alone are those of its rounded weights. Differences are tested seed by seed, as the setting was chosen.\n"+
			"Speed depends on the processor: try both files where they will run.\n", cell(f.Sampling))
	}
	if f.Note != "" {
		b.WriteString(cell(f.Note) + ".\n")
	}
	return b.String() + "\n"
}

// between returns the ends of an interval in brackets, or nothing if it has none.
func between(i experiments.Interval) string {
	if !flow.Finite(float64(i.Low), float64(i.High)) {
		return ""
	}
	return fmt.Sprintf(" (%+.2g to %+.2g)", float64(i.Low), float64(i.High))
}
