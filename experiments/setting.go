package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/query"
)

// setting returns the setting of an alternative of a document, without the parts that do not apply to it.
func (doc document) setting() Setting {
	s := Setting{
		Recipe: Recipe{Target: doc.Target, Source: doc.Source, Path: doc.Path, Coupling: doc.Coupling, Net: doc.Net, Train: doc.Train},
		Sample: doc.Sample,
	}
	if !s.Net.Architecture.Heads {
		s.Net.Heads = 0
	}
	if s.Sample.Solver.Adaptive() {
		s.Sample.Steps, s.Sample.Grid = 0, ode.Grid{}
	} else {
		s.Sample.Tolerance = ode.Tolerance{}
		if n := s.Sample.Grid.Steps; n > 0 {
			s.Sample.Steps = n
		}
	}
	if doc.Target.Draw != nil {
		s.Sample.Grid = s.Sample.Grid.Of(doc.Target.Std)
	}
	if along := s.Sample.Solver.Along; along != nil && s.Sample.Path.Name == "" {
		s.Sample.Path = *along
	}
	if s.Sample.Path.String() == s.Path.String() {
		s.Sample.Path = flow.Path{}
	}
	s.conditional(s.Target.Given)
	return s
}

// Form returns the canonical JSON of a setting or a part of one, which is equal for equal values. Settings come from
// the decoder, so they always have one.
func Form(part any) string {
	text, err := json.Marshal(part)
	if err != nil {
		panic("experiments: a part of a setting cannot be written as JSON: " + err.Error())
	}
	return string(text)
}

// Form returns the canonical JSON of the setting, which identifies it.
func (s Setting) Form() string { return Form(s) }

// fields returns the fields of the canonical JSON.
func (s Setting) fields() []query.Field {
	fields, err := query.Flatten(json.RawMessage(s.Form()))
	if err != nil {
		panic("experiments: a setting whose JSON is not an object: " + err.Error())
	}
	return fields
}

// Times returns the times that separate the steps of a solver with fixed steps, from 0 to 1.
func (s Sampling) Times() []float64 { return s.Grid.Times(s.Steps) }

// checkTogether records parts of the documents that are valid by themselves but not together.
func checkTogether(t *declare.Text, docs []*document) {
	root := t.Root()
	net, sample := root.Key("net"), root.Key("sample")
	adaptive, fixed, heads := false, false, false
	for _, doc := range docs {
		if doc.Train.Optimizer == "adam" && doc.Train.Decay > 0 {
			t.Problem(root.Key("train").Key("decay"), "the optimizer adam has no decay: use adamw, or leave decay out")
		}
		if doc.Net.Architecture.Heads {
			heads = true
			if doc.Net.Width%doc.Net.Heads != 0 {
				t.Problem(net.Key("heads"), "%d heads do not divide the width %d: use a divisor", doc.Net.Heads, doc.Net.Width)
			}
		}
		if err := doc.setting().VelocityNet().CheckShape(); err != nil {
			t.Problem(net.Key("name"), "%v", err)
		}
		if err := doc.Source.check(doc.Target, doc.Path); err != nil {
			t.Problem(root.Key("source"), "%v", err)
		}
		doc.checkNoise(t, sample)
		doc.checkGiven(t, sample)
		for i, m := range doc.Metrics {
			if err := doc.checkMetric(m); err != nil {
				t.Problem(root.Key("metrics").Entry(i), "%v", err)
			}
		}
		if s := doc.Sample; s.Solver.Along != nil && s.Path.Name != "" && s.Path.String() != s.Solver.Along.String() {
			t.Problem(sample.Key("path"), "%s samples along %s only: leave the path out, or use ab2", s.Solver.Name, s.Solver.Along.Name)
		}
		if err := doc.setting().Sample.CheckFitted(); err != nil {
			t.Problem(sample.Key("grid"), "%v", err)
		}
		if err := doc.Sample.Solver.CheckSteps(doc.Sample.Steps); err != nil {
			t.Problem(sample.Key("steps"), "%v", err)
		}
		adaptive = adaptive || doc.Sample.Solver.Adaptive()
		fixed = fixed || !doc.Sample.Solver.Adaptive()
	}
	if net.Has("heads") && !heads {
		t.Problem(net.Key("heads"), "no net in this spec has heads: use the architecture attention, or leave heads out")
	}
	checkUnused(t, sample, adaptive, fixed)
	checkConditional(t, sample, docs)
}

// checkNoise records a noise of the steps that the solver cannot add, or for which the velocity does not give the score.
func (doc document) checkNoise(t *declare.Text, sample declare.Place) {
	at := sample.Key("sde").Key("noise")
	if err := doc.Sample.SDE.Check(doc.Sample.Solver); err != nil {
		t.Problem(at, "%v", err)
	}
	if err := doc.setting().HasScore(); err != nil && doc.Sample.SDE.Noise > 0 {
		t.Problem(at, "%v", err)
	}
}

// HasScore returns an error unless the velocity of a net of the recipe gives the score, which noise on the way needs: it does
// where noise is Gaussian given the data that it is paired with.
func (r Recipe) HasScore() error {
	switch {
	case !r.Source.Gaussian():
		return errors.New("noise on the way needs the score, which the velocity gives only for a flow from noise: leave out sde, or the source")
	case r.Coupling.Name != flow.Independent.Name:
		return fmt.Errorf("noise on the way needs the score, which the velocity does not give for the coupling %s: leave out sde, or use independent", r.Coupling.Name)
	default:
		return nil
	}
}

// checkUnused records the keys of a sampling that none of its solvers uses, given whether some are adaptive and some
// take fixed steps.
func checkUnused(t *declare.Text, sample declare.Place, adaptive, fixed bool) {
	if sample.Has("tolerance") && !adaptive {
		t.Problem(sample.Key("tolerance"), "no solver here takes a tolerance: use an adaptive one, such as dopri5, or leave tolerance out")
	}
	for _, key := range []string{"steps", "grid"} {
		if sample.Has(key) && !fixed {
			t.Problem(sample.Key(key), "adaptive solvers choose their own steps: use tolerance instead, or leave %s out", key)
		}
	}
}

// checkMetric returns an error if a metric cannot be measured for the nets of a document.
func (doc document) checkMetric(m metric.Metric) error {
	_, mixture := doc.Target.Mixture()
	switch {
	case m.JudgeMixture != nil && !mixture:
		return fmt.Errorf("%s needs a mixture of Gaussians, which %s is not: use %s", m.Name, doc.Target.Name, m.Instead)
	case m.JudgeTable != nil && len(doc.Target.Columns) == 0:
		return fmt.Errorf("%s compares the rows of a table, which %s is not: leave it out, or use a file", m.Name, doc.Target.Name)
	case m.Conditional && doc.Target.Given.Empty():
		return fmt.Errorf("%s is for models that are conditional on something, and of %s nothing is given: add a label or condition to the target, or leave it out", m.Name, doc.Target.Name)
	case m.Conditional && doc.Target.Rows.Len() > 0 && doc.Target.Held.Len() == 0:
		return fmt.Errorf("%s needs rows that training never uses, and of %s none are held out: leave it out, or use holdout", m.Name, doc.Target.Name)
	case m.HeldOut && doc.Target.Held.Len() == 0:
		return fmt.Errorf("%s needs rows that are held out, and %s has none: leave it out, or use a file with holdout", m.Name, doc.Target.Name)
	case judgesSolver(m) && doc.Sample.SDE.Noise > 0:
		return fmt.Errorf("%s compares samples with the flow from the same noise, from which noise on the way (sde) leads away: leave out one of them", m.Name)
	case m.FromNoise && !doc.Source.Gaussian():
		return fmt.Errorf("%s needs the source noise: leave out either the metric or the source", m.Name)
	case m.Density && doc.Target.Code.Category() != "":
		return fmt.Errorf("%s needs data that have a density, and the categories of the column %q have none: leave out either of them", m.Name, doc.Target.Code.Category())
	case m.ExactVelocity && doc.Target.Law == nil && doc.Target.Code.Grains() != nil:
		return fmt.Errorf("%s needs the exact velocity, which is not known with the noise of integer columns: leave it out, or declare these real", m.Name)
	case m.ExactVelocity && doc.Target.Law == nil:
		return fmt.Errorf("%s needs the exact velocity, which %s does not have: leave it out", m.Name, doc.Target.Name)
	case m.ExactVelocity && doc.Coupling.Name != flow.Independent.Name:
		return fmt.Errorf("%s needs the exact velocity, which is not known for the coupling %s: leave it out", m.Name, doc.Coupling.Name)
	case m.OfPairs && doc.Coupling.Taught:
		return fmt.Errorf("%s pairs held-out rows with noise, which the coupling %s does not: leave it out (nets of other couplings have it without being asked)", m.Name, doc.Coupling.Name)
	default:
		return doc.checkMetricOfGiven(m)
	}
}

// Cautions returns what a person should know about the settings before they are trained, a sentence each: data that make
// nets and metrics blind, and declarations that are valid but do not do what they seem to.
func (s Spec) Cautions() []string {
	all := slices.Clone(s.cautions)
	add := func(caution string) {
		if !slices.Contains(all, caution) {
			all = append(all, caution)
		}
	}
	for _, setting := range s.Settings {
		for _, caution := range setting.Target.Cautions {
			add("target " + setting.Target.Name + ": " + problem.Printable(caution))
		}
		for _, caution := range slices.Concat(setting.Train.cautions(), setting.Recipe.pairingCautions()) {
			add(caution)
		}
	}
	return all
}

// Notes returns what was taken of the data files of the spec, and what was left out, a sentence each, of them and of the metrics.
func (s Spec) Notes() []string {
	var all []string
	for _, setting := range s.Settings {
		for _, note := range slices.Concat(setting.Target.Notes, setting.Source.From.Notes, setting.classNotes()) {
			if note = problem.Printable(note); !slices.Contains(all, note) {
				all = append(all, note)
			}
		}
	}
	return all
}

// noticeable is the share of the initial weights in an average above which it is worth a word.
const noticeable = .01

// cautions returns what is odd about a training.
func (t Train) cautions() (all []string) {
	if t.EMA == 0 {
		return nil
	}
	last, left, age := t.average()
	if last < t.EMA {
		all = append(all, fmt.Sprintf("ema %g is not reached in %d steps: its decay warms up as (1 + k) / (10 + k), to %.4g, and any ema above that gives the same "+
			"weights, on average %.3g steps old: use a lower ema or more steps", t.EMA, t.Steps, last, age))
	}
	if left > noticeable {
		all = append(all, fmt.Sprintf("ema %g with %d steps: the averaged weights hold %.2g %% of the initial ones: use a lower ema or more steps",
			t.EMA, t.Steps, 100*left))
	}
	return all
}

// average returns the last decay of the averaged weights, the share that they hold of the initial weights, which is the
// product of all decays, and their mean age in steps, where the newest weights are of age 0. The product of the w decays
// of the warm-up and the age a(k) = decay (a(k-1) + 1) after them have closed forms, and then follow geometric series:
//
//	left = 10! / ((w + 2) ... (w + 10)),  age = (w + 1 - left) / 10
func (t Train) average() (last, left, age float64) {
	d, n := t.EMA, float64(t.Steps)
	w := min(n, max(0, math.Ceil((10*d-1)/(1-d))-1)) // the steps k with (1 + k) / (10 + k) < d
	left = 1
	for i := 2.; i <= 10; i++ {
		left *= i / (w + i)
	}
	age = (w + 1 - left) / 10
	rest := math.Pow(d, n-w)
	return min(d, (1+n)/(10+n)), left * rest, rest*age + d*(1-rest)/(1-d)
}
