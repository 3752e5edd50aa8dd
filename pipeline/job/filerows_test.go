package job

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/target"
)

// fading is a file that cannot be read any more once so many reads were made.
type fading struct {
	*bytes.Reader
	reads int
}

func (f *fading) ReadAt(p []byte, off int64) (int, error) {
	if f.reads--; f.reads < 0 {
		return 0, errors.New("it is gone")
	}
	return f.Reader.ReadAt(p, off)
}

// imagePlan returns the plan for 240 images of 3 x 2 x 2 bytes that stay in a file above so many numbers. The file can be read so often.
func imagePlan(t *testing.T, above, reads int) (experiments.Plan, *fading) {
	t.Helper()
	header := "{'descr': '|u1', 'fortran_order': False, 'shape': (240, 3, 2, 2), }\n"
	file := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), 0)
	file = append(file, header...)
	r := flow.NewStream(0, "bytes").At(0)
	for range 240 * 12 {
		file = append(file, byte(r.IntN(200)))
	}
	from := &fading{bytes.NewReader(file), reads}
	p := experiments.Parser{
		Open: func(string) ([]byte, error) { return file, nil },
		Large: experiments.NewLargeFiles(func(string) (*io.SectionReader, error) {
			return io.NewSectionReader(from, 0, int64(len(file))), nil
		}).Above(above),
	}
	spec, err := p.Parse("a.yaml", []byte("name: a\ntarget: {file: a.npy, shape: [3, 2, 2], holdout: 0.5}\nnet: {name: conv2d, width: 4, depth: 1}\n"+
		"train: {steps: 30, batch: 7}\nsample: {solver: euler, steps: 2, count: 30}\nreference: {count: 30}\nmetrics: [sliced-w2, energy, held-out-loss]\n"))
	must(t, err)
	plan, err := spec.Plan()
	must(t, err)
	return plan, from
}

// lost collects the losses of a training.
type lost struct{ losses []experiments.Loss }

func (l *lost) Refused(error)            {}
func (l *lost) Resumed(int)              {}
func (l *lost) Loss(of experiments.Loss) { l.losses = append(l.losses, of) }
func (l *lost) Stepped(int)              {}
func (l *lost) Save(int, ...[]byte)      {}

// TestFilesTrainAsMemory: a net that is trained on rows that are read as they are needed has the weights, losses and metrics of one that is
// trained on the same rows in memory, to the bit, and so have baselines and nulls.
func TestFilesTrainAsMemory(t *testing.T) {
	t.Parallel()
	type outcome struct {
		weights []float32
		losses  []experiments.Loss
		values  string
	}
	do := func(above int) (o outcome) {
		plan, _ := imagePlan(t, above, 1<<30)
		fit, l := plan.Fits[0], &lost{}
		trained, err := Train(t.Context(), Job{Fit: fit, Engine: engine.Go, Now: time.Now}, l)
		must(t, err)
		f, err := Open(engine.Go, fit, trained.Weights, 0)
		must(t, err)
		defer f.Close()
		sampled, err := f.Sample(t.Context(), fit.Runs[0].Sampling, time.Now)
		must(t, err)
		judges := NewJudges(engine.Go, plan.Spec)
		defer judges.Close()
		values, err := judges.Measure(f, fit.Runs[0], sampled.Points)
		must(t, err)
		o = outcome{trained.Weights, l.losses, fmt.Sprintf("%+v", values)}
		nulls, err := plan.Nulls()
		must(t, err)
		got, err := NullValues(t.Context(), engine.Go, nulls[0], plan.Spec.Reference)
		must(t, err)
		o.values += fmt.Sprint(got)
		baselines, err := plan.Spec.BaselinePlans()
		must(t, err)
		for _, b := range baselines {
			fitted, err := judges.FitBaseline(b)
			must(t, err)
			values, err := fitted.Measure(t.Context(), 0, b.Metrics)
			must(t, err)
			o.values += fmt.Sprintf("%s %+v", b.Name, values)
		}
		return o
	}
	memory, file := do(1<<30), do(1)
	if len(memory.losses) == 0 || memory.losses[0].HeldOut == 0 || !strings.Contains(memory.values, "kde") {
		t.Fatalf("there is nothing to compare: %+v", memory)
	}
	if !slices.Equal(memory.weights, file.weights) || !slices.Equal(memory.losses, file.losses) || memory.values != file.values {
		t.Errorf("by rows: losses %v\nvalues %s\nin memory: losses %v\nvalues %s", file.losses, file.values, memory.losses, memory.values)
	}
}

// TestFilesThatFade: whenever the file cannot be read any more, what is made of its rows is an error, and never a value.
func TestFilesThatFade(t *testing.T) {
	t.Parallel()
	isGone := func(what string, err error) {
		t.Helper()
		var gone *target.ReadError
		if !errors.As(err, &gone) {
			t.Errorf("%s of a file that is gone: %v", what, err)
		}
	}
	plan, file := imagePlan(t, 1, 1<<30)
	fit := plan.Fits[0]
	l := &lost{}
	file.reads = curveRows + 7*12
	_, err := Train(t.Context(), Job{Fit: fit, Engine: engine.Go, Now: time.Now}, l)
	isGone("training", err)

	plan, file = imagePlan(t, 1, 1<<30)
	fit = plan.Fits[0]
	f, err := Open(engine.Go, fit, make([]float32, fit.Recipe.VelocityNet().Size()), 0)
	must(t, err)
	defer f.Close()
	judges := NewJudges(engine.Go, plan.Spec)
	defer judges.Close()
	file.reads = 40
	values, err := judges.Measure(f, fit.Runs[0], flow.NewBatch(30, 12))
	isGone("measuring", err)
	if len(values) > 0 {
		t.Errorf("there are values: %v", values)
	}
	baselines, err := plan.Spec.BaselinePlans()
	must(t, err)
	_, err = judges.FitBaseline(baselines[0])
	isGone("a baseline", err)
	nulls, err := plan.Nulls()
	must(t, err)
	_, err = NullValues(t.Context(), engine.Go, nulls[0], plan.Spec.Reference)
	isGone("a null", err)
}

// TestRowLossesInParts: the losses of rows do not depend on how many pairs are worked out at a time.
func TestRowLossesInParts(t *testing.T) {
	t.Parallel()
	plan, _ := imagePlan(t, 1<<30, 1<<30)
	fit := plan.Fits[0]
	f := untrained(t, plan, 0)
	rows := fit.Recipe.Target.Held.All()
	want, err := f.rowLossesInParts(rows, 5, 7*1000)
	must(t, err)
	got, err := f.rowLossesInParts(rows, 5, 7*13)
	must(t, err)
	if !slices.Equal(got, want) || rows.Len()*5 <= 7*13 {
		t.Errorf("losses %v in parts, %v at once", got, want)
	}
}
