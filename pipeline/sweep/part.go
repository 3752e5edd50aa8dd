package sweep

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments"
	"flowsweep/pipeline/job"
)

// Part is part K of N of the fits of a plan, from 1, for machines that share a sweep without connections. The zero Part is the whole.
type Part struct{ K, N int }

// ParsePart parses "K/N".
func ParsePart(text string) (p Part, err error) {
	k, n, _ := strings.Cut(text, "/")
	p.K, _ = strconv.Atoi(k)
	p.N, _ = strconv.Atoi(n)
	if p.String() != text || p.K < 1 || p.K > p.N {
		return Part{}, fmt.Errorf("%q is no part: use K/N, such as 1/3 for the first of three", text)
	}
	return p, nil
}

// String returns the part as ParsePart takes it.
func (p Part) String() string { return fmt.Sprintf("%d/%d", p.K, p.N) }

// Whole reports whether the part is the whole plan, with its choice.
func (p Part) Whole() bool { return p == Part{} }

// Of returns the plan with the fits of the part alone, in order. The parts have about equal costs, and teachers are with their students.
// They depend on nothing but the plan and N, so that each fit is in one of them.
func (p Part) Of(plan experiments.Plan) experiments.Plan {
	if p.Whole() {
		return plan
	}
	mine := map[string]bool{} // keys
	parts := make([]float64, p.N)
	for _, c := range chainsOf(plan) {
		least := slices.Index(parts, slices.Min(parts))
		parts[least] += c.cost
		for _, key := range c.fits {
			mine[key] = least == p.K-1
		}
	}
	plan.Fits = slices.DeleteFunc(slices.Clone(plan.Fits), func(fit experiments.Fit) bool { return !mine[fit.Key] })
	return plan
}

// chain is a fit without a teacher, its students, theirs, and so on.
type chain struct {
	fits []string // keys
	cost float64  // of all
}

// chainsOf returns the chains of a plan, the dearest first.
func chainsOf(plan experiments.Plan) (chains []chain) {
	teachers := map[string]string{}
	for _, fit := range plan.Fits {
		teachers[fit.Key] = fit.Teacher
	}
	at := map[string]int{} // chains, by the key of their first fit
	for _, fit := range plan.Fits {
		first := fit.Key
		for teachers[first] != "" {
			first = teachers[first]
		}
		i, ok := at[first]
		if !ok {
			i = len(chains)
			at[first], chains = i, append(chains, chain{})
		}
		chains[i].fits = append(chains[i].fits, fit.Key)
		// Converted, so that no machine joins the product in it with the sum, and rounds otherwise than others.
		chains[i].cost += float64(job.Multiplications(fit.Recipe))
	}
	slices.SortStableFunc(chains, func(a, b chain) int { return cmp.Compare(b.cost, a.cost) })
	return chains
}

// title names the part of a sweep.
func (s *sweeper) title() string {
	if s.Part.Whole() {
		return s.Plan.Spec.Name
	}
	return fmt.Sprintf("part %v of %s", s.Part, s.Plan.Spec.Name)
}
