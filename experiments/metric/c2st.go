package metric

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// C2ST is the accuracy of a classifier two-sample test (Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample tests",
// arXiv 1610.06545) by the convention of sbibm (Lueckmann et al. 2021, arXiv 2101.04653, sbibm/metrics/c2st.py): the share of
// points whose sample is named by a classifier that learned from other points, the mean over 5 random folds. It is about .5
// for equal distributions and 1 for samples that can be told apart point by point. For two normal distributions of equal
// covariance, at a Mahalanobis distance of delta, the best classifier has Phi(delta / 2).
//
// Unlike sbibm, it takes at most 1,000 points of each sample, and standardised coordinates of more than 100 count as 100, so
// that a sample that diverged is measured too.
var C2ST = Metric{
	Name: "c2st",
	Doc: "Accuracy of a classifier two-sample test: how often a small neural net, trained on four fifths of the points, tells the " +
		"samples of the other fifth from the truth (mean over 5 folds, with the net and the training of sbibm and scikit-learn's " +
		"MLPClassifier). 0.5 is chance, 1 a sample that is always told apart. It takes at most 1,000 points of each sample, at random.",
	Least:     "Equal distributions score about 0.5; lower values are chance.",
	JudgeBy:   func(c Classifier, reference flow.Batch) (Judge, error) { return classify(c, reference, classifiedSeed) },
	SlowAbove: 2,
	Share:     true,
	MinPoints: classifiedLeast,
}

// Classifier returns the log odds that each point of x, (n, d), is of class 1 rather than class 0, (n), according to a
// classifier that has learned the classes, (n), of the points in all other folds. Folds, (n), are numbered from 0. Points
// are standardised. It depends only on its arguments, and is safe for use by several goroutines.
type Classifier func(x flow.Batch, classes, folds []int, seed uint64) (logOdds []float64, err error)

// With returns the metric with what it needs to judge two samples, if that is a classifier. Permutation and others that
// call Judge take it then like any other.
func (m Metric) With(c Classifier) Metric {
	if m.JudgeBy != nil {
		m.Judge = func(reference flow.Batch) (Judge, error) { return m.JudgeBy(c, reference) }
	}
	return m
}

const (
	classifiedPoints = 1000 // most points of each sample
	classifiedLeast  = 10   // fewest
	classifiedFolds  = 5
	classifiedFar    = 100 // largest standardised coordinate
	classifiedSeed   = 1   // sbibm's default too
)

// classify is JudgeBy of C2ST, with a seed of subsamples, folds and nets.
func classify(c Classifier, reference flow.Batch, seed uint64) (Judge, error) {
	if err := checkLearnable(reference, reference); err != nil {
		return nil, err
	}
	finite := reference.Finite()
	truth := subsample(reference, classifiedPoints)
	mean, std := truth.Moments()
	return func(samples flow.Batch) (Measurement, error) {
		if err := checkLearnable(reference, samples); err != nil {
			return Measurement{}, err
		}
		if !finite || !samples.Finite() {
			return notFinite, nil
		}
		x, n := flow.Batch{Dim: truth.Dim}, truth.Len()
		x.Data = append(append(x.Data, truth.Data...), subsample(samples, classifiedPoints).Data...)
		standardise(x, mean, std)
		classes := make([]int, x.Len()) // 0 for the reference
		for i := n; i < len(classes); i++ {
			classes[i] = 1
		}
		folds := shuffledFolds(x.Len(), flow.NewStream(seed, "c2st folds"))
		odds, err := c(x, classes, folds, seed)
		if err != nil {
			return Measurement{}, err
		}
		return accuracy(odds, classes, folds), nil
	}, nil
}

// checkLearnable returns an error unless both samples have the same dimension, and enough points to learn from.
func checkLearnable(reference, samples flow.Batch) error {
	if err := checkSizes(reference, samples); err != nil {
		return err
	}
	if x, y := samples.Len(), reference.Len(); min(x, y) < classifiedLeast {
		return fmt.Errorf("%d samples against %d reference points are too few for a classifier: use at least %d of each",
			x, y, classifiedLeast)
	}
	return nil
}

// standardise subtracts the mean from each coordinate and divides by the standard deviation, if that is not 0.
func standardise(x flow.Batch, mean, std []float64) {
	for i := range x.Len() {
		row := x.Row(i)
		for j := range row {
			row[j] -= mean[j]
			if std[j] > 0 {
				row[j] /= std[j]
			}
			row[j] = min(max(row[j], -classifiedFar), classifiedFar)
		}
	}
}

// shuffledFolds returns the fold of each of n points, as scikit-learn's KFold with shuffle: equal in size up to one point,
// whatever the classes.
func shuffledFolds(n int, stream *flow.Stream) []int {
	folds := make([]int, n)
	for position, i := range stream.At(0).Perm(n) {
		folds[i] = position * classifiedFolds / n
	}
	return folds
}

// accuracy returns the mean over the folds of the share of points whose class is right. Its error has two parts: the
// points that are judged, and the nets, which depend on the points that they learn from and on their initial weights.
//
// If the nets were fixed, the points would be independent. The share a of all points, which is nearly the mean over folds
// of equal size, would have, where a0 and a1 are those of the n points of class 0 and the m of class 1,
//
//	a = (n a0 + m a1) / (n + m),  Var a = (n a0 (1 - a0) + m a1 (1 - a1)) / (n + m)^2
//
// If instead the 5 folds were independent, the mean of their shares would have a fifth of their variance, nets included,
// but estimated from 5 numbers. No estimate is unbiased, since folds share points to learn from (Bengio and Grandvalet 2004,
// "No unbiased estimator of the variance of k-fold cross-validation"). The larger of the two is used. One more point of
// each class, half right and half wrong, keeps the error of an accuracy of 1 above 0.
func accuracy(odds []float64, classes, folds []int) Measurement {
	right, size := make([]float64, classifiedFolds), make([]float64, classifiedFolds)
	var rightOf, sizeOf [2]float64
	for i, class := range classes {
		hit := 0.
		if (odds[i] > 0) == (class == 1) {
			hit = 1
		}
		right[folds[i]] += hit
		size[folds[i]]++
		rightOf[class] += hit
		sizeOf[class]++
	}
	for k := range right {
		right[k] /= size[k]
	}
	value, between := stat.MeanVariance(right, nil)
	within := 0.
	for c, n := range sizeOf {
		a := (rightOf[c] + .5) / (n + 1)
		within += n * a * (1 - a)
	}
	total := float64(len(odds))
	return Measurement{Value: value, SE: math.Sqrt(max(within/(total*total), between/classifiedFolds))}
}
