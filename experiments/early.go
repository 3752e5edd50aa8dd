package experiments

import (
	"fmt"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/metric"
)

// EarlyStop says when settings stop that do worse than others: by successive halving of Li et al. 2018 (arXiv 1810.05934). All are
// trained for MinIter steps, the best 1/Eta of them go on to MinIter Eta steps, the best 1/Eta of these to MinIter Eta^2, and so on,
// up to the end of their training. The zero EarlyStop stops nothing.
//
// A rung is decided once all have reached it, so that what stops depends on the values alone: not on time, machines or workers.
type EarlyStop struct {
	Type    string `json:"type" oneof:"hyperband" doc:"hyperband: of the settings that reach a rung, the best 1/eta go on; the others keep their checkpoint"`
	Metric  string `json:"metric" required:"yes" oneof:"held-out-loss excess-loss" doc:"what settings are compared by, a mean over their seeds: the loss on rows, or else on draws, that training never uses, or its excess over that of the exact velocity"`
	MinIter int    `json:"min_iter" required:"yes" min:"1" max:"1000000000" doc:"training steps before the first comparison; the next are after eta times as many"`
	Eta     int    `json:"eta" min:"2" max:"1000" doc:"1/eta of the settings that are compared go on, rounded up"`
}

// defaultEarlyStop is what an early_stop that is declared starts from.
var defaultEarlyStop = EarlyStop{Type: "hyperband", Eta: 3}

// On reports whether anything may stop early.
func (e EarlyStop) On() bool { return e.MinIter > 0 }

// Rungs returns the steps after which a training of so many steps is compared: those before its end.
func (e EarlyStop) Rungs(steps int) (list []int) {
	if !e.On() {
		return nil
	}
	for at := e.MinIter; at < steps; at *= e.Eta {
		list = append(list, at)
	}
	return list
}

// kept returns how many of n go on.
func (e EarlyStop) kept(n int) int { return (n + e.Eta - 1) / e.Eta }

// RungMetric is what a value at a rung is a value of.
type RungMetric struct {
	Name    string
	Version int
	Seed    uint64 // of the points that it is taken at, which are the same for all fits
}

// RungMetric returns what early_stop of the spec compares by.
func (s Spec) RungMetric() RungMetric {
	m, _ := metricNamed(s.EarlyStop.Metric)
	return RungMetric{s.EarlyStop.Metric, m.Version, s.Reference.Seed}
}

// checkEarlyStop notes what of early_stop cannot be, and clears it if the spec has none.
func checkEarlyStop(t *declare.Text, docs []*document) {
	if len(docs) == 0 {
		return
	}
	if !t.Root().Has("early_stop") {
		for _, doc := range docs {
			doc.EarlyStop = EarlyStop{}
		}
		return
	}
	at := t.Root().Key("early_stop")
	reaches := false
	for _, doc := range docs {
		reaches = reaches || doc.Train.Steps > doc.EarlyStop.MinIter
		if err := doc.checkEarlyMetric(); err != nil {
			t.Problem(at.Key("metric"), "%v", err)
			return
		}
	}
	if !reaches {
		t.Problem(at.Key("min_iter"), "no training has more than %d steps, so that none could stop: use less than train.steps", docs[0].EarlyStop.MinIter)
	}
}

// checkEarlyMetric returns an error if the metric of early_stop cannot be measured for the nets of a document. Where no rows are held
// out, the loss is that on fresh draws of a target that has any number of them.
func (doc document) checkEarlyMetric() error {
	m, ok := metricNamed(doc.EarlyStop.Metric)
	switch {
	case !ok:
		return fmt.Errorf("unknown metric %q", doc.EarlyStop.Metric)
	case m.Name == metric.HeldOutLoss.Name && doc.Coupling.Taught:
		return fmt.Errorf("%s pairs held-out rows with noise, which the coupling %s does not: leave early_stop out", m.Name, doc.Coupling.Name)
	case m.Name == metric.HeldOutLoss.Name && doc.Target.Rows.Len() == 0:
		return nil
	}
	return doc.checkMetric(m)
}

// Bracket is a group of candidates that compete, as their values of the metric can be compared.
type Bracket struct{ Candidates []Candidate }

// Candidate is a setting as training sees it: the fits of a plan that differ in the seed alone.
type Candidate struct {
	Fits  []string // keys
	Steps int      // of the training
}

// Brackets returns the candidates of a plan by what makes them comparable: the target and the source, and for held-out-loss, whose
// smallest value depends on them, path and coupling. What others learn from does not compete: it is trained to its end.
func (p Plan) Brackets() (list []Bracket) {
	teaches := map[string]bool{}
	for _, fit := range p.Fits {
		teaches[fit.Teacher] = true
	}
	type place struct{ bracket, candidate int }
	brackets, candidates := map[string]int{}, map[string]place{}
	for _, fit := range p.Fits {
		r := fit.Recipe
		form := Form(r)
		at, known := candidates[form]
		if !known {
			group := p.Spec.EarlyStop.bracket(r)
			b, ok := brackets[group]
			if !ok {
				b, brackets[group] = len(list), len(list)
				list = append(list, Bracket{})
			}
			at = place{b, len(list[b].Candidates)}
			candidates[form] = at
			list[b].Candidates = append(list[b].Candidates, Candidate{Steps: r.Train.Steps})
		}
		c := &list[at.bracket].Candidates[at.candidate]
		c.Fits = append(c.Fits, fit.Key)
		if teaches[fit.Key] {
			c.Steps = 0
		}
	}
	return list
}

// bracket returns what is equal for candidates that can be compared.
func (e EarlyStop) bracket(r Recipe) string {
	if e.Metric == metric.ExcessLoss.Name {
		return Form([]any{r.Target, r.Source})
	}
	return Form([]any{r.Target, r.Source, r.Path, r.Coupling})
}

// Early is what early_stop has spared of a sweep.
type Early struct {
	Settings, Stopped int // settings as training sees them, and those of them that stopped
	Steps, Spared     int // of all trainings up to their ends, and those that were not taken
}

// Early returns what early_stop has spared of a sweep, by the states of its fits.
func (s Sweep) Early() (e Early) {
	fits, forms := map[string]bool{}, map[string]bool{}
	for _, r := range s.Results {
		if fits[r.Fit] {
			continue
		}
		fits[r.Fit] = true
		e.Steps += r.Setting.Train.Steps
		stopped := r.State == Pruned
		if stopped {
			e.Spared += r.Setting.Train.Steps - r.Stopped
		}
		if form := Form(r.Setting.Recipe); !forms[form] {
			forms[form] = true
			e.Settings++
			if stopped {
				e.Stopped++
			}
		}
	}
	return e
}

// Sentence says what was spared, in words that go on after a colon; "" if nothing was.
func (e Early) Sentence() string {
	if e.Stopped == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d settings stopped; %s of %s training steps not trained (%.0f %%)", e.Stopped, e.Settings,
		declare.Grouped(e.Spared), declare.Grouped(e.Steps), 100*float64(e.Spared)/float64(e.Steps))
}
