package metric

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"flowsweep/experiments/flow"
)

// Classes tells of which class points are.
type Classes struct {
	Names []string
	Of    func(points flow.Batch) []int // the class of each, from 0, (n); points are finite
}

// ClassShare is the total variation distance between the shares of the classes in two samples,
//
//	1/2 sum_k |p_k - q_k|
//
// where p_k is the share of the samples that are classified as of class k, and q_k that of the reference, by the same classifier. What
// the classifier gets wrong of real points so cancels. Where the law of each class is known it is that of Bayes, which is wrong least
// often, and else that of the nearest row.
//
// Of a net that is asked for nothing it is by how much the classes are not drawn in their proportions. Of samples of one class, against
// points of that class, it is by how much more often they are taken for another class than real ones are.
var ClassShare = Metric{
	Name: "class-share",
	Doc: "Total variation distance between the shares of the classes among the samples and among the truth, where the class of a point is the " +
		"most likely one, if the law of every class is known, and else that of the nearest training row (of at most 2,000, and not itself). " +
		"Over all classes it is the share of samples that would have to change their class; of the samples of one class, the share that is " +
		"taken for another class more often than real points are.",
	Least:        "Equal shares score somewhat above 0 by chance.",
	JudgeClasses: judgeShares,
	Share:        true,
	SlowAbove:    64,
}

// Among returns the metric with the classes of points, if it needs them. Permutation and others that call Judge take it then like any
// other.
func (m Metric) Among(c Classes) Metric {
	if m.JudgeClasses != nil {
		m.Judge = func(reference flow.Batch) (Judge, error) { return m.JudgeClasses(c, reference) }
	}
	return m
}

// judgeShares is JudgeClasses of ClassShare. The distance is p_A - q_A for the set A of the classes that the samples have too much of,
// and its standard error that of the difference of two shares.
func judgeShares(c Classes, reference flow.Batch) (Judge, error) {
	if len(c.Names) == 0 {
		return nil, errors.New("the points are of no classes")
	}
	if err := checkSizes(reference, reference); err != nil {
		return nil, err
	}
	finite := reference.Finite()
	var truth []float64
	if finite {
		truth = c.shares(reference)
	}
	return func(samples flow.Batch) (Measurement, error) {
		if err := checkSizes(reference, samples); err != nil {
			return Measurement{}, err
		}
		if !finite || !samples.Finite() {
			return notFinite, nil
		}
		own := c.shares(samples)
		var m Measurement
		var up, upOf float64 // shares of the points of classes that the samples have too much of
		for k, p := range own {
			m.Value += math.Abs(p-truth[k]) / 2
			if p > truth[k] {
				up, upOf = up+p, upOf+truth[k]
			}
		}
		m.Value = min(m.Value, 1)
		m.SE = math.Sqrt(up*(1-up)/float64(samples.Len()) + upOf*(1-upOf)/float64(reference.Len()))
		return m, nil
	}, nil
}

// shares returns the share of the points of each class.
func (c Classes) shares(points flow.Batch) []float64 {
	shares := make([]float64, len(c.Names))
	for _, k := range c.Of(points) {
		shares[k]++
	}
	for k := range shares {
		shares[k] /= float64(points.Len())
	}
	return shares
}

// C2STPairs is C2ST of pairs of a point and what it is given: whether samples and conditions belong together, and not only whether each
// for itself is as in the truth. Lueckmann et al. 2021 measure posteriors by C2ST for a few observations; this needs no draws of the
// exact posterior, and is over all observations. Numbers that points are given are standardised, and a class is a one-hot vector.
var C2STPairs = Metric{
	Name: "c2st-pairs",
	Doc: "As c2st, of pairs of a point and what it is given (a one-hot vector of its class, or its numbers): how often a small neural net tells " +
		"samples with what they were asked for from real points with what they came with. 0.5 is chance; samples that are right as a " +
		"whole, but not for what they were asked for, score more.",
	Least:     C2ST.Least,
	JudgeBy:   classifyPairs,
	OfGiven:   true,
	SlowAbove: 1,
	Share:     true,
	MinPoints: classifiedLeast,
}

// classifyPairs is JudgeBy of C2STPairs.
func classifyPairs(c Classifier, reference flow.Batch) (Judge, error) {
	pairs, err := withGiven(reference)
	if err != nil {
		return nil, err
	}
	judge, err := classify(c, pairs, classifiedSeed)
	if err != nil {
		return nil, err
	}
	return func(samples flow.Batch) (Measurement, error) {
		pairs, err := withGiven(samples)
		if err != nil {
			return Measurement{}, err
		}
		return judge(pairs)
	}, nil
}

// withGiven returns points with what they are given as further coordinates.
func withGiven(points flow.Batch) (flow.Batch, error) {
	if len(points.Given) == 0 {
		return flow.Batch{}, errors.New("the points are given nothing")
	}
	return points.WithGiven(), nil
}

// ofClass stands in the name of a metric between its own and that of the class that it is of.
const ofClass = "@"

// Of returns the metric of the samples of one class, against the truth of that class: mmd@Gentoo.
func (m Metric) Of(class string) Metric {
	m.Name, m.Class = m.Name+ofClass+class, class
	return m
}

// Named returns the metric with this name, which may be that of one class, and whether there is one.
func Named(name string) (Metric, bool) {
	own, class, one := strings.Cut(name, ofClass)
	i := slices.IndexFunc(Metrics, func(m Metric) bool { return m.Name == own })
	switch {
	case i < 0 || one && !Metrics[i].TwoSamples():
		return Metric{}, false
	case one:
		return Metrics[i].Of(class), true
	default:
		return Metrics[i], true
	}
}

// Whole returns the name of a metric without the class that it is of.
func Whole(name string) string {
	own, _, _ := strings.Cut(name, ofClass)
	return own
}

// CheckPoints returns an error unless both samples have enough points for the metric.
func (m Metric) CheckPoints(samples, reference int) error {
	if least := max(2, m.MinPoints); min(samples, reference) < least {
		return fmt.Errorf("%d samples against %d reference points: use at least %d of each", samples, reference, least)
	}
	return nil
}
