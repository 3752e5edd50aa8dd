package ship

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
	"flowsweep/pipeline/job"
	"flowsweep/reports"
)

// floorDraws is the approximate number of draws to estimate a floor from. The standard error is then a few thousandths of
// the floor, like that of the end of a loss curve, and it takes about half a second.
const floorDraws = 40_000

// floorRows is the number of components of a law up to which it is drawn from as often: a draw costs as many.
const floorRows = 300

// drawsFor returns the number of draws for a target: fewer for data of many rows, whose floor is only a copier's.
func drawsFor(t target.Target) int {
	return floorDraws * floorRows / max(floorRows, t.Rows.Len())
}

// floors holds the floors of a sweep's recipes, each computed once.
type floors struct {
	spec  experiments.Spec
	known map[string]reports.Floor
}

// of returns the floor of a recipe.
func (f floors) of(r experiments.Recipe) reports.Floor {
	key := experiments.Setting{Recipe: experiments.Recipe{
		Target: r.Target, Source: r.Source, Path: r.Path, Coupling: r.Coupling, Train: experiments.Train{Times: r.Train.Times, Drop: r.Train.Drop},
	}}.Form()
	if _, ok := f.known[key]; !ok {
		f.known[key] = f.compute(r)
	}
	return f.known[key]
}

func (f floors) compute(r experiments.Recipe) reports.Floor {
	nan := math.NaN()
	got := reports.Floor{Loss: nan, LossSE: nan, HeldOut: nan, Entropy: nan, EntropySE: nan, Copy: r.Target.Rows.Len() > 0}
	law := lawOf(r)
	// The law of data is that of its training rows, which only a copy has.
	if law != nil && !got.Copy && slices.ContainsFunc(f.spec.Metrics, func(m metric.Metric) bool { return m.Entropy }) {
		got.Entropy, got.EntropySE = law.entropy(floorDraws)
	}
	switch {
	case r.Target.Law == nil:
		got.Why = "the target " + r.Target.Name + " has no closed form"
	case law == nil:
		got.Why = "the velocity of " + r.Target.Name + " given " + strings.Join(r.Target.Given.Names(), ", ") + " has no closed form"
	case !r.Source.Gaussian():
		got.Why = "the closed form starts from noise, and they start from " + r.Source.From.Name
	case r.Coupling.Taught:
		got.Why = "the pairs of the coupling " + r.Coupling.Name + " are those of a teacher's flow, of which the floor is not known"
	case r.Coupling.Name != flow.Independent.Name:
		got.Why = "the closed form is that of independent pairs, and the coupling " + r.Coupling.Name + " has another floor"
	default:
		draws := drawsFor(r.Target)
		got.Loss, got.LossSE = law.floor(r.Train.Times, draws)
		got.HeldOut = got.Loss
		if r.Train.Times.Name != flow.Uniform.Name || r.Train.Drop > 0 {
			law.drop = 0 // every held-out point is given what it is
			got.HeldOut, _ = law.floor(flow.Uniform, draws)
		}
	}
	return got
}

// knownLaw is the law that a net of a recipe learns, in closed form.
type knownLaw struct {
	whole oracle.Oracle
	drop  float64 // the share of the points of a training that are given nothing
	given *given  // what the others are given; nil for nets that are conditional on nothing
}

// given is what points of a law are given, and the laws given that.
type given struct {
	oracle.Conditional
	among oracle.Among
}

// lawOf returns the law of a recipe; nil if it is not known.
func lawOf(r experiments.Recipe) *knownLaw {
	k := &knownLaw{whole: oracle.Oracle{Law: r.Target.Law, Path: r.Path}, drop: r.Train.Drop}
	switch {
	case r.Target.Law == nil:
		return nil
	case r.Target.Given.Empty():
		return k
	case r.Target.LawGiven == nil:
		return nil
	}
	k.given = &given{oracle.NewConditional(r.Target.LawGiven, r.Path), r.Target.Among()}
	return k
}

// entropy returns the smallest negative log-likelihood of points given what they are given, with its standard error.
func (k knownLaw) entropy(draws int) (nats, se float64) {
	if k.given == nil {
		return k.whole.Law.Entropy(draws, 0)
	}
	return k.given.Entropy(k.given.among, draws, 0)
}

// floor returns the smallest loss of a training that drops a share p of what points are given, with its standard error:
//
//	(1 - p) floor given c + p floor given nothing
func (k knownLaw) floor(times flow.Times, draws int) (loss, se float64) {
	if k.given == nil {
		return k.whole.FloorOver(times, draws, 0)
	}
	loss, se = k.given.FloorOver(times, k.given.among, draws, 0)
	if k.drop > 0 {
		whole, wholeSE := k.whole.FloorOver(times, draws, 0)
		loss, se = (1-k.drop)*loss+k.drop*whole, math.Hypot((1-k.drop)*se, k.drop*wholeSE)
	}
	return loss, se
}

// curveParts is in how many parts the curves of a page are cut, of which each keeps its extremes. A curve that a training
// has logged is shorter and stays whole.
const curveParts = job.CurvePoints / 2

// curves returns the loss curves of the sweep's fits, grouped by recipe.
func curves(sweep experiments.Sweep, all map[string][]experiments.Loss, known floors) []reports.Curve {
	var fits []experiments.Result // the first of each
	var settings []experiments.Setting
	seen := map[string]bool{}
	for _, r := range sweep.Results {
		if !seen[r.Fit] {
			seen[r.Fit] = true
			fits, settings = append(fits, r), append(settings, r.Setting)
		}
	}
	labels := experiments.NewLabels(settings)
	var list []reports.Curve
	for i, r := range fits {
		if losses := all[r.Fit]; len(losses) > 0 {
			group := labels.Recipe(i)
			list = append(list, reports.Curve{
				Label: fmt.Sprintf("seed %d", r.Seed), Group: group, Whole: labels.Whole(group), Losses: losses, Floor: known.of(r.Setting.Recipe), Taught: r.Setting.Coupling.Taught,
			})
		}
	}
	return list
}
