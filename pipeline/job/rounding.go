package job

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// roundingVersion is the version of what Rounding hashes. Raise it with the probes, so that a rounding of before is not taken for that of
// another machine.
const roundingVersion = 1

// Rounding returns a hash, 16 hexadecimal digits, of how the arithmetic of an engine rounds on this machine: of the bits of weights, samples
// and metrics of tiny trainings, which cover every architecture, activation and coupling. Machines with the same rounding
// compute the same bits. It depends neither on threads nor on cores.
func Rounding(ctx context.Context, e engine.Engine) (string, error) {
	return roundingOf(ctx, e, probes())
}

// roundingOf is Rounding by probes, in any order.
func roundingOf(ctx context.Context, e engine.Engine, probes []probe) (string, error) {
	var sums []string
	for _, p := range probes {
		sum, err := p.sum(ctx, e)
		if err != nil {
			return "", fmt.Errorf("find out how %s rounds, by %s: %w", e.Name, p.net, err)
		}
		sums = append(sums, fmt.Sprintf("%x", sum))
	}
	slices.Sort(sums)
	whole := sha256.Sum256(fmt.Appendf(nil, "rounding %d %s %s", roundingVersion, e.Name, strings.Join(sums, " ")))
	return hex.EncodeToString(whole[:8]), nil
}

// probe is a spec of tiny fits. Its sizes are odd, so that the ends of vectors that fill no register count too.
type probe struct {
	net, coupling    string
	target, training string
	sample, metrics  string
	points           int // of the samples and of the reference

	changed func(weights []float32) // for tests: changes the weights of its fits; nil for none
}

// probes returns one probe for each architecture, activation and coupling, with what else has arithmetic of its own among them: clipped
// gradients, averaged weights, conditions with guidance, solvers of each kind, metrics that sort, assign, learn or differentiate.
func probes() (list []probe) {
	sized := func(a net.Architecture, activation net.Activation) string {
		sizes := "width: 13, depth: 1"
		if a.Heads {
			sizes = "width: 15, depth: 1, heads: 3"
		}
		return fmt.Sprintf("{name: %s, activation: %s, %s}", a.Name, activation.Name, sizes)
	}
	rest := probe{
		coupling: "independent", target: "{name: gaussian, dim: 3, std: 0.7}", training: "rate: 1e-2",
		sample: "solver: heun, steps: 3", metrics: "sliced-w2", points: 37,
	}
	for i, a := range net.Architectures {
		p := rest
		p.net = sized(a, net.Activations[i%len(net.Activations)])
		if a.Images {
			p.target = "{file: images.csv, shape: [1, 4, 6], holdout: 0}"
		}
		list = append(list, p)
	}
	for _, activation := range net.Activations {
		p := rest
		p.net, p.metrics = sized(net.MLP, activation), "energy"
		p.training = "rate: 1e-2, optimizer: adamw, decay: 0.1, schedule: cosine, clip: 0.5, ema: 0.9"
		list = append(list, p)
	}
	couplings := []string{"{reflow: {solver: rk4, steps: 2, pairs: 29}}"}
	for _, f := range flow.CouplingFamilies {
		couplings = append(couplings, f.Name)
	}
	for _, coupling := range couplings {
		p := rest
		p.net, p.coupling = sized(net.Residual, net.SiLU), coupling
		p.sample, p.metrics = "solver: dopri5, tolerance: 1e-2", "[mmd, w2]"
		list = append(list, p)
	}
	guided, derived := rest, rest
	guided.net, guided.target, guided.training = "{width: 67, depth: 2}", "{name: moons, label: crescent}", "rate: 1e-2, drop: 0.2"
	guided.sample, guided.metrics = "solver: euler, steps: 5, guidance: 1.7, sde: {noise: 0.3}", "[c2st, mmd]"
	guided.points = 11 // a classifier learns long from more
	derived.net, derived.metrics = sized(net.MLP, net.GELU), "nll"
	return append(list, guided, derived)
}

// text returns the probe as a spec.
func (p probe) text() []byte {
	return fmt.Appendf(nil, "name: rounding\ntarget: %s\ncoupling: %s\nnet: %s\ntrain: {steps: 5, batch: 19, %s}\nsample: {%s, count: %d}\n"+
		"reference: {count: %[6]d}\nmetrics: %[7]s\nbaselines: []\n", p.target, p.coupling, p.net, p.training, p.sample, p.points, p.metrics)
}

// plan returns the plan of the probe.
func (p probe) plan() (experiments.Plan, error) {
	open := func(string) ([]byte, error) { return images(), nil }
	spec, err := experiments.Parser{Open: open}.Parse("rounding.yaml", p.text())
	if err != nil {
		return experiments.Plan{}, err
	}
	return spec.Plan()
}

// images returns 60 rows of 4 x 6 pixels as CSV.
func images() []byte {
	var b bytes.Buffer
	for i := range 61 {
		for j := range 24 {
			if i == 0 {
				fmt.Fprintf(&b, "p%d,", j)
			} else {
				fmt.Fprintf(&b, "%d,", (7*i*i+13*i*j+5*j*j)%256)
			}
		}
		b.Truncate(b.Len() - 1)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// sum does the fits and runs of the probe and returns a hash of their bits.
func (p probe) sum(ctx context.Context, e engine.Engine) ([]byte, error) {
	plan, err := p.plan()
	if err != nil {
		return nil, err
	}
	t := tracer{engine: e, spec: plan.Spec, judges: NewJudges(e, plan.Spec), hash: sha256.New(), weights: map[string][]float32{}}
	// A teacher stands behind its students in a plan.
	for _, fit := range slices.Backward(plan.Fits) {
		if err == nil {
			err = t.fit(ctx, fit, p.changed)
		}
	}
	return t.hash.Sum(nil), errors.Join(err, t.judges.Close())
}

// tracer does fits and hashes what they compute.
type tracer struct {
	engine  engine.Engine
	spec    experiments.Spec
	judges  *Judges
	hash    hash.Hash
	weights map[string][]float32 // by key of the fit
}

// fit trains a fit and does its runs.
func (t tracer) fit(ctx context.Context, fit experiments.Fit, changed func([]float32)) (err error) {
	job := Job{Fit: fit, Teacher: t.weights[fit.Teacher], Engine: t.engine, Now: timeless}
	trained, err := Train(ctx, job, t)
	if err != nil {
		return err
	}
	if changed != nil {
		changed(trained.Weights)
	}
	t.weights[fit.Key] = trained.Weights
	t.write(trained.Weights)
	f, err := Open(t.engine, fit, trained.Weights, t.spec.Reference.Seed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, run := range fit.Runs {
		if err := t.run(ctx, f, run); err != nil {
			return err
		}
	}
	return nil
}

// run samples and measures a run.
func (t tracer) run(ctx context.Context, f *Fitted, run experiments.Run) error {
	got, err := f.Sample(ctx, run.Sampling, timeless)
	if err != nil {
		return err
	}
	t.write(got.Points.Data)
	values, err := t.judges.Measure(f, run, got.Points)
	for _, v := range values {
		t.write([]float64{v.Value, v.SE})
	}
	return err
}

// write adds the bits of numbers to the hash.
func (t tracer) write(numbers any) {
	if err := binary.Write(t.hash, binary.LittleEndian, numbers); err != nil {
		panic("job: " + err.Error()) // a hash takes everything
	}
}

// timeless is a clock that stands still.
func timeless() time.Time { return time.Time{} }

// A tracer needs to know of a training no more than its losses.
func (t tracer) Loss(l experiments.Loss) { t.write([]float64{l.Value, l.HeldOut}) }
func (tracer) Refused(error)             {}
func (tracer) Resumed(int)               {}
func (tracer) Stepped(int)               {}
func (tracer) Save(int, ...[]byte)       {}
