package watch

import (
	"math"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
)

// newFit returns a fit of which nothing is known.
func newFit() Fit { return Fit{Loss: math.NaN(), HeldOut: math.NaN()} }

// filter leaves what meets a filter: a condition on the runs, or a text that fits, settings and failures contain.
func (s *Snapshot) filter(of experiments.Sweep, filter string) {
	filter = strings.TrimSpace(filter)
	if s.Filter = filter; filter == "" {
		return
	}
	contains := func(texts ...string) bool {
		return strings.Contains(strings.ToLower(strings.Join(texts, " ")), strings.ToLower(filter))
	}
	fit := func(f Fit) bool { return contains(f.Key, f.Label, f.Machine, string(f.State), f.Error) }
	best := func(b Best) bool { return contains(b.Label) }
	failed := func(f Failure) bool { return contains(f.What, f.Why) }
	if isCondition(filter) {
		meet, err := meeting(of, filter)
		if err != nil {
			s.Problem = firstLine(err)
			return
		}
		fit = func(f Fit) bool { return meet[f.Key] }
		best = func(b Best) bool { return slices.ContainsFunc(b.Runs, func(key string) bool { return meet[key] }) }
		failed = func(f Failure) bool {
			words := strings.Fields(f.What) // "run KEY (...)"
			return len(words) > 1 && meet[words[1]]
		}
	}
	all := len(s.Fits)
	s.Fits, s.Best, s.Failures = only(s.Fits, fit), only(s.Best, best), only(s.Failures, failed)
	s.Hidden = all - len(s.Fits)
}

// meeting returns the keys of the runs that meet a condition, and of their fits.
func meeting(of experiments.Sweep, condition string) (map[string]bool, error) {
	where, err := query.Parse(condition)
	if err != nil {
		return nil, err
	}
	results, err := query.Filter(where, of.Results, of.Fields)
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for _, r := range results {
		keys[r.Run], keys[r.Fit] = true, true
	}
	return keys, nil
}

// only returns a new list of what meets a condition.
func only[T any](list []T, meets func(T) bool) (some []T) {
	for _, x := range list {
		if meets(x) {
			some = append(some, x)
		}
	}
	return some
}

// firstLine returns an error without the lines that show its place.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
