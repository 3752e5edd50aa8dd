package leave

import (
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/declare"
	"flowsweep/export/tracked"
)

// rangesOf returns the ranges that a spec draws from. Ranges of one parameter that are drawn from alike, as under different conditions,
// are one that holds them all.
func rangesOf(spec experiments.Spec) (list []tracked.Range) {
	text := declare.Read("", []byte(spec.Text), declare.Language{})
	for _, r := range slices.Concat(text.Ranges("random"), text.Ranges("when")) {
		own := tracked.Range{
			Name: strings.TrimPrefix(r.Key, "then."), Low: r.Low, High: r.High,
			Log: strings.HasPrefix(r.Name, "log"), Whole: strings.HasSuffix(r.Name, "whole"),
		}
		i := slices.IndexFunc(list, func(l tracked.Range) bool { return l.Name == own.Name && l.Log == own.Log && l.Whole == own.Whole })
		if i < 0 {
			list = append(list, own)
			continue
		}
		list[i].Low, list[i].High = min(list[i].Low, own.Low), max(list[i].High, own.High)
	}
	return list
}
