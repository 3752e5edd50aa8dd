package export

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/kinds"
	"flowsweep/export/guided"
)

// batches are the batch sizes that a file is checked at: empty, one point, small, common and large.
var batches = []int{0, 1, 2, 7, 256, 4096}

// imageNumbers bounds the numbers of the images in a batch, as the intermediate results of a convolution are a hundred times as large
// where onnxruntime does not fuse its windows.
const imageNumbers = 1 << 16

// batchesFor returns the batch sizes for a file that takes these inputs: of images, those that are too large become the largest that is not.
func batchesFor(sizes []int, takes []onnx.ValueInfo) []int {
	most := math.MaxInt
	for _, in := range takes {
		if batch := slices.Index(in.Dims, onnx.Batch); batch >= 0 && len(in.Dims) > batch+2 {
			most = imageNumbers
			for _, n := range in.Dims[batch+1:] {
				most /= max(n, 1)
			}
		}
	}
	list := slices.Clone(sizes)
	for i, n := range list {
		list[i] = min(n, max(most, 16))
	}
	return slices.Compact(list)
}

// settings are the ways a file is run: at every level of graph optimisation, and with two threads.
var settings = []ort.SessionOptions{
	{Optimise: ort.Off, Threads: 1},
	{Optimise: ort.Basic, Threads: 1},
	{Optimise: ort.All, Threads: 1},
	{Optimise: ort.All, Threads: 2},
}

// Unrolled steps are many nodes: onnxruntime takes long to open the file and to optimise it. So it is opened twice, as it is and
// optimised, and the largest batch is left out.
var (
	unrolledBatches  = []int{0, 1, 7, 256}
	unrolledSettings = []ort.SessionOptions{settings[0], settings[3]}
)

// Progress is told how many of the parts of a verification are done. Unrolled files can take minutes.
type Progress func(done, of int)

// trial holds the inputs of a file, row by row, and the outputs it must return.
type trial struct {
	where    string // it differs, for messages; empty for the first trial, whose differences are shown
	rows     int
	maxRuns  int        // at each batch size; 0 means all rows
	unit     []float64  // of differences in each coordinate; nil means 1
	code     kinds.Code // of the rows that the file returns, if what it must return are their codes
	density  int        // index of the output log_prob, or 0; its differences are separate, in nats
	times    []float32  // of the input ts; nil where the file takes none
	guidance []float32  // of the input of that name, one number; nil where the file takes none
	inputs   func(from, to int) []ort.Tensor
	want     func(output, from, to int) []float64

	tolerance    float64 // the largest difference allowed
	logTolerance float64 // the largest difference allowed in log_prob
}

// defaults returns the inputs of the trial that have a default in the file, in the order of these.
func (tr trial) defaults() (names []string) {
	if tr.times != nil {
		names = append(names, "ts")
	}
	if tr.guidance != nil {
		names = append(names, guided.Guidance)
	}
	return names
}

// differences is the outcome of a trial.
type differences struct {
	unit         []float64 // of each coordinate; nil means 1
	largest, sum float64
	count        int
	density      float64 // the largest in log_prob
}

func (d differences) mean() float64 { return d.sum / max(float64(d.count), 1) }

// add adds the differences between got and want. If only one of two numbers is NaN, the largest difference becomes NaN, which
// no tolerance allows.
func (d *differences) add(got []float32, want []float64) {
	for i, w := range want {
		g := float64(got[i])
		d.count++
		if g == w || (g != g && w != w) {
			continue
		}
		off := math.Abs(g - w)
		if d.unit != nil {
			off /= d.unit[i%len(d.unit)]
		}
		d.largest, d.sum = max(d.largest, off), d.sum+off
	}
}

// check returns an error if the differences are more than a trial allows. Those of the first trial's points are for the caller.
func (d differences) check(tr trial) error {
	where := ""
	if tr.where != "" {
		where = tr.where + " "
	}
	switch {
	case tr.where != "" && !(d.largest <= tr.tolerance):
		return fmt.Errorf("%sit differs by %.3g, more than the %.3g allowed", where, d.largest, tr.tolerance)
	case !(d.density <= tr.logTolerance):
		return fmt.Errorf("%slog_prob differs by %.3g, more than the %.3g allowed", where, d.density, tr.logTolerance)
	}
	return nil
}

// campaign is all that is tried with a file. Each of the settings opens it once.
type campaign struct {
	settings []ort.SessionOptions
	ports    *ort.Ports // of the file, once it is open
	batches  []int
	takes    []onnx.ValueInfo // the inputs of the file
	trials   []trial          // the first at every batch size in every setting, the others in one batch, as it is and fully optimised
	watch    Progress
}

// run runs the file and returns the differences of the first trial. If it takes a time grid, it is also run without, as the
// default must be in effect then.
func (c campaign) run(file []byte) (first differences, err error) {
	found := make([]differences, len(c.trials))
	c.ports = new(ort.Ports)
	for i, tr := range c.trials {
		found[i].unit = tr.unit
	}
	for i, o := range c.settings {
		part := func(done int) {
			if c.watch != nil {
				c.watch(i*c.parts()+done, len(c.settings)*c.parts())
			}
		}
		byDefault := len(c.trials[0].defaults()) > 0 && o.Optimise == ort.Basic
		if err := c.runIn(file, o, byDefault, found, part); err != nil {
			return found[0], fmt.Errorf("optimisation %s, threads %d: %w", o.Optimise, o.Threads, err)
		}
		part(c.parts())
	}
	for i, tr := range c.trials {
		err = errors.Join(err, found[i].check(tr))
	}
	return found[0], err
}

// parts returns the number of parts of a setting: opening the file, and running it at each batch size.
func (c campaign) parts() int { return 1 + len(c.batches) }

// runIn opens the file once and runs the trials.
func (c campaign) runIn(file []byte, o ort.SessionOptions, byDefault bool, found []differences, part func(done int)) (err error) {
	if !byDefault {
		o.Defaults = c.trials[0].defaults()
	}
	s, err := c.open(file, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for i, tr := range c.trials {
		if byDefault {
			tr.times, tr.guidance = nil, nil
		}
		sizes := c.batches
		if i > 0 {
			if o.Optimise == ort.Basic || o.Optimise == ort.All && o.Threads != c.settings[len(c.settings)-1].Threads {
				continue
			}
			sizes = []int{min(tr.rows, max(slices.Max(c.batches), 1))}
		}
		for k, size := range sizes {
			if i == 0 {
				part(1 + k)
			}
			repeat := size == slices.Min([]int{256, slices.Max(sizes)})
			if err := tr.runAt(s, c.takes, size, repeat && i == 0, &found[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// open opens the file. Its inputs and outputs are described the first time only, as that takes as long as opening it.
func (c campaign) open(file []byte, o ort.SessionOptions) (*ort.Session, error) {
	if len(c.ports.Outputs) > 0 {
		known := o
		known.Ports = c.ports
		if s, err := ort.Open(file, known); err == nil {
			return s, nil
		}
		// A description also finds out how far the file can be optimised.
	}
	s, err := ort.Open(file, o)
	if err == nil {
		in, out := s.Ports()
		c.ports.Inputs, c.ports.Outputs = slices.Clip(in[:len(in)-len(o.Defaults)]), out
	}
	return s, err
}

// runAt runs the file, which takes these inputs, at a batch size, the first time twice if that is asked for.
func (tr trial) runAt(s *ort.Session, takes []onnx.ValueInfo, size int, repeat bool, d *differences) error {
	for run := 0; run == 0 || size > 0 && run*size < tr.rows && (run < tr.maxRuns || tr.maxRuns == 0); run++ {
		from, to := run*size, min((run+1)*size, tr.rows)
		inputs := tr.inputs(from, to)
		if tr.times != nil {
			inputs = append(inputs, ort.Tensor{Dims: []int{len(tr.times)}, Data: tr.times})
		}
		if tr.guidance != nil {
			inputs = append(inputs, ort.Tensor{Data: tr.guidance})
		}
		shapeAs(inputs, takes)
		out, err := s.Run(inputs...)
		if err != nil {
			return err
		}
		if run == 0 && repeat {
			if err := checkRepeats(s, inputs, out); err != nil {
				return err
			}
		}
		for i := range out {
			if err := tr.compare(i, from, to, s.Outputs()[i], out[i], d); err != nil {
				return err
			}
		}
	}
	return nil
}

// shapeAs gives inputs, whose points are rows of numbers, the sizes of the points that a file takes.
func shapeAs(inputs []ort.Tensor, takes []onnx.ValueInfo) {
	for i, in := range inputs {
		declared := takes[i].Dims
		batch := slices.Index(declared, onnx.Batch)
		if batch >= 0 && len(in.Dims) < len(declared) {
			inputs[i].Dims = slices.Concat(in.Dims[:batch+1], declared[batch+1:])
		}
	}
}

// compare adds the differences of an output.
func (tr trial) compare(output, from, to int, name string, out ort.Tensor, d *differences) error {
	want := tr.want(output, from, to)
	if coded := !tr.code.Identity(); coded && len(out.Data)*tr.code.Width() == len(want)*tr.code.Dim() {
		d.addRows(tr.code, out.Data, want)
		return nil
	} else if coded || len(out.Data) != len(want) {
		return fmt.Errorf("the output %q has shape %v for %d points", name, out.Dims, to-from)
	}
	if tr.density > 0 && output == tr.density {
		inNats := differences{largest: d.density}
		inNats.add(out.Data, want)
		d.density = inNats.largest
		return nil
	}
	d.add(out.Data, want)
	return nil
}

// checkRepeats returns an error unless running the same inputs again gives the same bits.
func checkRepeats(s *ort.Session, inputs, want []ort.Tensor) error {
	again, err := s.Run(inputs...)
	if err != nil {
		return err
	}
	same := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
	for i := range want {
		if !slices.EqualFunc(again[i].Data, want[i].Data, same) {
			return errors.New("the same inputs give different bits when run again")
		}
	}
	return nil
}
