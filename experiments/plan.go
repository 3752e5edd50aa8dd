package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// The recipe versions: each is raised when the meaning of the code behind its keys changes, so that nothing computed
// the old way is taken for the new.
const (
	fitVersion     = 1
	runVersion     = 1
	measureVersion = 1
)

// Plan is what a spec stands for, in two levels: few dear fits, each with many cheap runs.
type Plan struct {
	Spec Spec
	Fits []Fit
}

// Fit is one training: a recipe and a seed. Its key is a hash of exactly what its weights depend on.
type Fit struct {
	Key    string
	Recipe Recipe
	Seed   uint64
	Runs   []Run
}

// Run is one sampling of a fit's net. Its key is a hash of exactly what its samples depend on.
type Run struct {
	Key       string
	Sampling  Sampling
	Reference string // key of the reference sample its metrics are measured against
}

// Plan returns the fits and runs of the spec: seeds within settings, each fit once however many settings share it.
func (s Spec) Plan() (Plan, error) {
	plan := Plan{Spec: s}
	at := map[string]int{}
	for _, setting := range s.Settings {
		for _, seed := range s.Seeds {
			fit, err := key("fit", fitVersion, setting.Recipe, seed)
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

// key hashes the canonical JSON of what a thing is made of: it knows nothing of comments, key order, paths or clocks.
func key(of ...any) (string, error) {
	text, err := json.Marshal(of)
	if err != nil {
		return "", fmt.Errorf("hash %s: %w", of[0], err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}
