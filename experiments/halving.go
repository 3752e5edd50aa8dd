package experiments

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Reached is how far a fit is, as far as rungs care.
type Reached struct {
	Values map[int]float64 // of the metric, by step
	Step   int             // that its weights or its checkpoint are of
	Failed bool            // for good: it goes nowhere
}

// Halving is what the values at rungs decide.
type Halving struct {
	Wanted  map[string]int  // steps up to which fits are to be trained, and measured, before more can be decided
	Stopped map[string]int  // steps at which fits stopped, by key
	Open    map[string]bool // keys of the fits that may still stop, once what is wanted is known
	Rungs   []Rung          // that are decided
}

// Rung is a decided comparison.
type Rung struct {
	Step, Compared, Kept int
	Bracket              int
	Means                []float64 // of the candidates compared, the best first
}

// Halve works out what is decided, and what must be known to decide more.
//
// A candidate's value is the mean over its seeds. One with a failed seed, or with a mean that is not finite, comes last, and of equal
// ones the first in the plan is better. A fit that was trained beyond a rung without being measured there, by a sweep that stops
// nothing, cannot be compared: its candidate goes on and takes no place of another.
func (e EarlyStop) Halve(brackets []Bracket, reached map[string]Reached) Halving {
	h := Halving{Wanted: map[string]int{}, Stopped: map[string]int{}, Open: map[string]bool{}}
	for i, b := range brackets {
		e.halve(&h, i, b.Candidates, reached)
	}
	return h
}

// Imagine returns what would be decided in the end if shorter trainings were better, and else the first of a plan: as much is
// spared as can be.
func (e EarlyStop) Imagine(brackets []Bracket, reached map[string]Reached) Halving {
	known, steps := maps.Clone(reached), map[string]int{}
	for _, b := range brackets {
		for _, c := range b.Candidates {
			for _, key := range c.Fits {
				steps[key] = c.Steps
			}
		}
	}
	for {
		h := e.Halve(brackets, known)
		if len(h.Wanted) == 0 {
			return h
		}
		for key, step := range h.Wanted {
			r := known[key]
			r.Values = maps.Clone(r.Values)
			if r.Values == nil {
				r.Values = map[int]float64{}
			}
			r.Values[step] = float64(steps[key])
			known[key] = r
		}
	}
}

// halve does Halve for a bracket.
func (e EarlyStop) halve(h *Halving, bracket int, left []Candidate, reached map[string]Reached) {
	most := 0
	for _, c := range left {
		most = max(most, c.Steps)
	}
	for _, step := range e.Rungs(most) {
		compared, missing := compare(left, step, reached)
		if len(missing) > 0 {
			for _, key := range missing {
				h.Wanted[key] = step
			}
			for _, c := range left {
				for _, key := range c.Fits {
					h.Open[key] = c.Steps > step
				}
			}
			return
		}
		if len(compared) < 2 {
			continue
		}
		slices.SortStableFunc(compared, func(a, b ranked) int { return cmp.Compare(a.mean, b.mean) })
		rung := Rung{Step: step, Compared: len(compared), Kept: e.kept(len(compared)), Bracket: bracket}
		for k, r := range compared {
			rung.Means = append(rung.Means, r.mean)
			if k < rung.Kept {
				continue
			}
			for _, key := range r.Fits {
				h.Stopped[key] = step
			}
		}
		h.Rungs = append(h.Rungs, rung)
		left = slices.DeleteFunc(slices.Clone(left), func(c Candidate) bool { return h.Stopped[c.Fits[0]] > 0 })
	}
}

// compare returns the candidates that can be compared at a rung, and the keys of fits that are missing for that. One alone is not compared.
func compare(left []Candidate, step int, reached map[string]Reached) (compared []ranked, missing []string) {
	here := 0
	for _, c := range left {
		if c.Steps <= step {
			continue
		}
		here++
		mean, lacks, beyond := c.at(step, reached)
		switch {
		case beyond:
			here--
		case len(lacks) > 0:
			missing = append(missing, lacks...)
		default:
			compared = append(compared, ranked{c, mean})
		}
	}
	if here < 2 {
		return nil, nil
	}
	return compared, missing
}

// ranked is a candidate with its mean at a rung.
type ranked struct {
	Candidate
	mean float64
}

// at returns the mean of a candidate at a rung, +Inf if it has none; or the keys of fits that were not measured there yet; or says that
// one of its fits is beyond the rung without that.
func (c Candidate) at(step int, reached map[string]Reached) (mean float64, missing []string, beyond bool) {
	for _, key := range c.Fits {
		r := reached[key]
		v, measured := r.Values[step]
		switch {
		case measured:
			mean += v / float64(len(c.Fits))
		case r.Failed:
			mean = math.Inf(1)
		case r.Step > step:
			beyond = true
		default:
			missing = append(missing, key)
		}
	}
	if math.IsNaN(mean) {
		mean = math.Inf(1)
	}
	return mean, missing, beyond
}
