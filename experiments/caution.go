package experiments

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/problem"
)

// Cautions returns what a person should know about the settings before they are trained, a sentence each: data that make
// nets and metrics blind, and declarations that are valid but do not do what they seem to.
func (s Spec) Cautions() []string {
	var all []string
	add := func(caution string) {
		if !slices.Contains(all, caution) {
			all = append(all, caution)
		}
	}
	for _, setting := range s.Settings {
		for _, caution := range setting.Target.Cautions {
			add("target " + setting.Target.Name + ": " + problem.Printable(caution))
		}
		for _, caution := range setting.Train.cautions() {
			add(caution)
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
