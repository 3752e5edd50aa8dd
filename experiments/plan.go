package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/target"
)

// The versions of keys. Raise one when the meaning of the code behind its keys changes, so that old results are not
// taken for new ones.
const (
	fitVersion     = 1
	runVersion     = 1
	measureVersion = 1

	// For references of held-out rows: 0.1.0 keeps half of them for the figures of the choice, compares as many samples as
	// there are rows, and takes nulls from pairs of rows.
	heldOutVersion = 2
)

// revisions are changes of meaning that concern only some recipes, whose fits get a higher version. Each adds its own power
// of two, so that no two sets of them have the same sum. To revise the same recipes again, add another.
var revisions = []struct {
	add      int
	concerns func(Recipe) bool
}{
	// 0.1.0 changed the assignment solver that breaks ties between equal points.
	{1, func(r Recipe) bool { return r.Coupling.Ties && (r.Target.Atoms || r.Source.From.Atoms) }},
	// The decay of averaged weights warms up.
	{2, func(r Recipe) bool { return r.Train.EMA > 0 }},
	// An auction in the assignment solver breaks ties differently again.
	{4, func(r Recipe) bool { return r.Coupling.Ties && (r.Target.Atoms || r.Source.From.Atoms) }},
}

// version returns the version of the fits of this recipe.
func (r Recipe) version() int {
	v := fitVersion
	for _, revision := range revisions {
		if revision.concerns(r) {
			v += revision.add
		}
	}
	return v
}

// newestFitVersion is the version of fits that all revisions concern.
func newestFitVersion() int {
	v := fitVersion
	for _, revision := range revisions {
		v += revision.add
	}
	return v
}

// Plan is the work that a spec describes, in two levels: few expensive fits, each with many cheap runs.
type Plan struct {
	Spec Spec
	Fits []Fit
}

// Fit is the training of a net from a recipe and a seed. Its key is a hash of exactly what the weights depend on.
type Fit struct {
	Key     string
	Recipe  Recipe
	Seed    uint64
	Teacher string // key of the fit whose flow makes its pairs, for a Taught coupling; otherwise empty
	Runs    []Run  // none for a teacher that the spec does not sweep
	Dense   []Run  // solves without an error to speak of, one per number of points, which show what of an error is the net's
}

// Run draws samples from the net of a fit. Its key is a hash of exactly what the samples depend on.
type Run struct {
	Key       string
	Sampling  Sampling
	Reference string // key of the reference sample for its metrics
}

// Plan returns the fits and runs of the spec, ordered by setting and then by seed. Settings may share a fit.
func (s Spec) Plan() (Plan, error) {
	plan := Plan{Spec: s}
	at := map[string]int{}
	index := func(fit Fit) int {
		i, ok := at[fit.Key]
		if !ok {
			i = len(plan.Fits)
			at[fit.Key] = i
			plan.Fits = append(plan.Fits, fit)
		}
		return i
	}
	var lessons []lesson
	for _, setting := range s.Settings {
		for _, seed := range s.Seeds {
			fit, teachers, err := fitOf(setting.Recipe, seed)
			if err != nil {
				return plan, err
			}
			i := index(fit)
			run, err := s.run(fit.Key, setting)
			if err != nil {
				return plan, err
			}
			plan.Fits[i].Runs = append(plan.Fits[i].Runs, run)
			if err := s.addMeasuredDense(&plan.Fits[i], setting); err != nil {
				return plan, err
			}
			if len(teachers) > 0 {
				lessons = append(lessons, lesson{teachers, setting.Sample})
			}
		}
	}
	for _, l := range lessons {
		for _, teacher := range l.teachers {
			if err := s.addDense(&plan.Fits[index(teacher)], l.sample); err != nil {
				return plan, err
			}
		}
	}
	plan.fitLists()
	return plan, nil
}

// fitLists frees the room for more that the lists of a plan grew with, which is a third of a large plan.
func (p *Plan) fitLists() {
	p.Fits = append(make([]Fit, 0, len(p.Fits)), p.Fits...)
	for i, fit := range p.Fits {
		if len(fit.Runs) > 0 {
			p.Fits[i].Runs = append(make([]Run, 0, len(fit.Runs)), fit.Runs...)
		}
	}
}

// addMeasuredDense adds the dense solve for as many points as the setting has, unless no metric needs it.
func (s Spec) addMeasuredDense(fit *Fit, setting Setting) error {
	if !slices.ContainsFunc(s.Metrics, metric.Metric.OfSamples) {
		return nil
	}
	return s.addDense(fit, setting.Sample)
}

// addDense adds the dense solve from the points of a sampling, unless the fit has it.
func (s Spec) addDense(fit *Fit, how Sampling) error {
	run, err := s.run(fit.Key, Setting{Recipe: fit.Recipe, Sample: how.dense()})
	if err == nil && !slices.ContainsFunc(fit.Dense, func(r Run) bool { return r.Key == run.Key }) {
		fit.Dense = append(fit.Dense, run)
	}
	return err
}

// DenseSteps is the number of rk4 steps of a dense solve, whose error is negligible beside the rounding of a net.
const DenseSteps = 128

// dense returns the dense solve of what a sampling samples.
func (s Sampling) dense() Sampling {
	return Sampling{Solver: ode.RK4, Steps: DenseSteps, Grid: ode.UniformGrid, Guidance: s.Guidance, Label: s.Label, Count: s.Count}
}

// Dense reports whether the sampling is a dense solve.
func (s Sampling) Dense() bool { return Form(s) == Form(s.dense()) }

func (s Spec) run(fit string, setting Setting) (Run, error) {
	run, err := key("run", runVersion, fit, setting.Sample, s.Reference.Seed)
	if err != nil {
		return Run{}, err
	}
	version, measured := measureVersion, setting.Measured()
	if measured.Held.Len() > 0 {
		version = heldOutVersion
	}
	reference, err := key("reference", version, measured, s.Reference)
	return Run{Key: run, Sampling: setting.Sample, Reference: reference}, err
}

// MetricsOf returns the metrics to measure for a target: those of the spec that apply to it.
func (s Spec) MetricsOf(t target.Target) []metric.Metric {
	if t.Held.Len() > 0 {
		return s.Metrics
	}
	return slices.DeleteFunc(slices.Clone(s.Metrics), func(m metric.Metric) bool { return m.HeldOut })
}

// MetricsOf returns the metrics to measure for a run of the fit: those that apply to its target and coupling. A dense solve
// needs only those of samples or, of a fit without runs, those of its net too. Those of single classes come last.
func (f Fit) MetricsOf(run Run, s Spec) []metric.Metric {
	setting := Setting{Recipe: f.Recipe, Sample: run.Sampling}
	metrics := slices.DeleteFunc(slices.Clone(s.MetricsOf(f.Recipe.Target)), func(m metric.Metric) bool { return !setting.Measures(m) })
	if f.Recipe.Coupling.Taught {
		metrics = slices.DeleteFunc(metrics, func(m metric.Metric) bool { return m.OfPairs })
	}
	if slices.ContainsFunc(f.Runs, func(r Run) bool { return r.Key == run.Key }) {
		return append(metrics, s.ClassMetrics(setting)...)
	}
	return slices.DeleteFunc(metrics, func(m metric.Metric) bool { return !m.OfSamples() && (len(f.Runs) > 0 || m.OfNet == nil) })
}

// Measured reports whether every metric has a value of its present version.
func Measured(metrics []metric.Metric, values []Value) bool {
	for _, m := range metrics {
		if !slices.ContainsFunc(values, func(v Value) bool { return v.Name == m.Name && v.Version == m.Version }) {
			return false
		}
	}
	return true
}

// referenceSize returns the number of points of the reference for a target.
func (s Spec) referenceSize(t target.Target) int {
	if n := t.Held.Len(); n > 0 {
		return min(n, s.Reference.Count)
	}
	return s.Reference.Count
}

// Compared returns how many points of a run of the setting its metrics of two samples use.
func (s Spec) Compared(setting Setting) int {
	return setting.Measured().Comparable(setting.Sample.Count, s.Reference.Count)
}

// Runs returns the number of runs in the plan.
func (p Plan) Runs() int {
	n := 0
	for _, f := range p.Fits {
		n += len(f.Runs)
	}
	return n
}

// Measured returns the keys of each run and of the reference that it is measured against, in order.
func (p Plan) Measured() (pairs [][2]string) {
	for _, fit := range p.Fits {
		for _, run := range fit.Runs {
			pairs = append(pairs, [2]string{run.Key, run.Reference})
		}
	}
	return pairs
}

// Same reports whether two plans mean the same: the same runs and references in the same order, the same metrics and
// baselines, and the same choice. Names, the engine and the words of the specs do not matter.
func (p Plan) Same(q Plan) bool {
	decides := func(s Spec) string { return Form([]any{s.Metrics, s.Baselines, s.Choose}) }
	return decides(p.Spec) == decides(q.Spec) && slices.Equal(p.Measured(), q.Measured())
}

// key hashes the canonical JSON of its arguments, so that it does not depend on comments, key order, paths or clocks.
func key(of ...any) (string, error) {
	text, err := json.Marshal(of)
	if err != nil {
		return "", fmt.Errorf("hash %s: %w", of[0], err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:keyBytes]), nil
}

// keyBytes is the length of a key before it is written in hexadecimal digits.
const keyBytes = 8
