package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// The versions of keys. Raise one when the meaning of the code behind its keys changes, so that old results are not
// taken for new ones.
const (
	fitVersion     = 1
	runVersion     = 1
	measureVersion = 1
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

// Plan is the work that a spec describes, in two levels: few expensive fits, each with many cheap runs.
type Plan struct {
	Spec Spec
	Fits []Fit
}

// Fit is the training of a net from a recipe and a seed. Its key is a hash of exactly what the weights depend on.
type Fit struct {
	Key    string
	Recipe Recipe
	Seed   uint64
	Runs   []Run
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
	for _, setting := range s.Settings {
		for _, seed := range s.Seeds {
			fit, err := key("fit", setting.version(), setting.Recipe, seed)
			if err != nil {
				return plan, err
			}
			i, ok := at[fit]
			if !ok {
				i = len(plan.Fits)
				at[fit] = i
				plan.Fits = append(plan.Fits, Fit{Key: fit, Recipe: setting.Recipe, Seed: seed})
			}
			run, err := s.run(fit, setting)
			if err != nil {
				return plan, err
			}
			plan.Fits[i].Runs = append(plan.Fits[i].Runs, run)
		}
	}
	return plan, nil
}

func (s Spec) run(fit string, setting Setting) (Run, error) {
	run, err := key("run", runVersion, fit, setting.Sample, s.Reference.Seed)
	if err != nil {
		return Run{}, err
	}
	reference, err := key("reference", measureVersion, setting.Target, s.Reference)
	return Run{Key: run, Sampling: setting.Sample, Reference: reference}, err
}

// Runs returns the number of runs in the plan.
func (p Plan) Runs() int {
	n := 0
	for _, f := range p.Fits {
		n += len(f.Runs)
	}
	return n
}

// key hashes the canonical JSON of its arguments, so that it does not depend on comments, key order, paths or clocks.
func key(of ...any) (string, error) {
	text, err := json.Marshal(of)
	if err != nil {
		return "", fmt.Errorf("hash %s: %w", of[0], err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}
