package leave

import (
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
)

// parse parses the conditions.
func parse(where []string) (list []query.Condition, err error) {
	for _, text := range where {
		c, err := query.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("--where: %w", err)
		}
		list = append(list, c)
	}
	return list, nil
}

// place is that of a run, which several sweeps may share.
type place struct{ sweep, run string }

// filter returns which results meet all conditions. Their fields are those of any of the sweeps.
func filter(sweeps []experiments.Sweep, conditions []query.Condition) (keep func(experiments.Result) bool, err error) {
	if len(conditions) == 0 || len(sweeps) == 0 {
		return func(experiments.Result) bool { return true }, nil
	}
	all := sweeps[0]
	all.Results, all.Spec.Metrics = nil, nil
	for _, s := range sweeps {
		all.Results = append(all.Results, s.Results...)
		all.Spec.Metrics = append(all.Spec.Metrics, s.Spec.Metrics...)
	}
	left := all.Results
	for _, c := range conditions {
		if left, err = query.Filter(c, left, all.Fields); err != nil {
			return nil, fmt.Errorf("--where: %w", err)
		}
		if len(left) == 0 {
			break // the next would know no field
		}
	}
	kept := map[place]bool{}
	for _, r := range left {
		kept[place{r.Sweep, r.Run}] = true
	}
	return func(r experiments.Result) bool { return kept[place{r.Sweep, r.Run}] }, nil
}
