// Package metric measures how far samples are from a reference sample of the truth, and how certain the result is.
//
//	judge, err := metric.MMD.Judge(reference)
//	m, err := judge(samples) // m.Value ± m.SE
//
// Lower is better for every metric. A value may be NaN or infinite if the samples are; it is never replaced. Values do
// not depend on the number of processors or on each other. Null and Permutation show which values are explained by
// chance.
package metric

import "flowsweep/experiments/flow"

// Metric is a named distance, with everything that the rest of the program needs to know about it.
type Metric struct {
	Name  string
	Doc   string // what is estimated, and how, as sentences for the report
	Class string // the class of the samples that it is of; empty for all samples. See Of

	// Version is the recipe version of its values, 0 for the first. Raise it when the same samples or the same net get others.
	Version int

	// How it is measured; exactly one of these is not nil. Functions that return a Judge first compute everything that
	// depends only on their arguments, such as bandwidths and sorted projections.
	Judge        func(reference flow.Batch) (Judge, error)                // samples against a sample of the truth, (m, d)
	JudgeBy      func(c Classifier, reference flow.Batch) (Judge, error)  // likewise, by a classifier; With makes it a Judge
	JudgeTable   func(t Table, reference flow.Batch) (Judge, error)       // likewise, as rows of a table; On makes it a Judge
	JudgeClasses func(c Classes, reference flow.Batch) (Judge, error)     // likewise, by their classes; Among makes it a Judge
	JudgeMixture func(truth Mixture, reference flow.Batch) (Judge, error) // samples against the truth itself
	OfRun        func(net Model, samples flow.Batch) (Measurement, error) // samples against the flow of the net that drew them
	OfNet        func(net Model) (Measurement, error)                     // a net, independent of the solver

	// What else it needs.
	FromNoise     bool   // a flow that starts from N(0, I)
	Density       bool   // data that have a density
	HeldOut       bool   // rows of data that training never uses
	RowsAlone     bool   // for OfRun, of the net nothing but the rows that it was trained on and those it was not
	OfGiven       bool   // of two samples, what each point is given
	OfPairs       bool   // pairs of held-out rows and noise, as the coupling of the training makes them
	Conditional   bool   // a net that is conditional on something
	ExactVelocity bool   // the exact velocity, known for a law in closed form and independent pairs
	Instead       string // for JudgeMixture, the metric to use for targets that are not mixtures

	// What its values mean.
	Signed     bool   // negative values are meaningful
	Share      bool   // values are shares, from 0 to 1
	Unbiased   bool   // it estimates a distance without bias, so that its values for the truth scatter around 0
	Least      string // a sentence on the smallest value, unless Doc has it
	Entropy    bool   // the smallest value is the entropy of the target
	Tests      bool   // P is that of a test of the net, for metrics of nets that the verdict counts
	AboveFloor bool   // it is the held-out loss minus the smallest loss of any velocity
	Order      int    // p, if moving sample i by e_i changes it by at most (mean |e_i|^p)^(1/p); 0 otherwise

	Assigned  bool // it solves an assignment in more than one dimension, which takes about a second
	SlowAbove int  // the number of dimensions above which a value takes seconds; 0 if there is none
	MinPoints int  // of each sample; 0 for 2

	// permute returns what a permutation test in dim dimensions needs: the maximum number of points of each sample, and
	// how to compute the values. If it is nil, the test judges the parts of every permutation.
	permute func(dim int) (maxPoints int, values permuted, err error)
}

// Judge measures samples, (n, d), against the truth it was made for. It returns an error for fewer than two points or a
// different dimension. It is safe for use by several goroutines.
type Judge func(samples flow.Batch) (Measurement, error)

// Model is what a metric can use of a fitted net. It must not be used from several goroutines at once. The number of
// points that a metric uses affects its values: if it changes, raise measureVersion in experiments.
type Model struct {
	Seed     uint64        // seed of the streams that a metric draws from
	Path     flow.Path     // path along which the net was trained
	Velocity flow.RowField // velocity of the net
	Exact    flow.RowField // exact velocity; it returns an error if that is unknown

	Start   func(n int) flow.Batch // the first n starting points of runs, (n, d)
	Draw    func(n int) flow.Batch // n fresh draws from the distribution of the training data, (n, d)
	HeldOut func(n int) flow.Batch // points that training never used, (at most n, d)

	// For data of which rows are held out: rows that training uses and rows that it does not, (at most n, d), and the mean
	// loss of each row over draws of a time and noise, (n), the same for equal places in two lists.
	Trained, Held func(n int) flow.Batch
	Losses        func(rows flow.Batch, draws int) ([]float64, error)

	// For nets that are conditional on something: draws of the net given what each of n points is given, (n draws, d), those of one point
	// after those of another; by a dense solve.
	Posterior func(given flow.Batch, draws int) (flow.Batch, error)

	// At most n points, (m, d), that stand for the distribution of the data, and whether they are all of it.
	Whole func(n int) (points flow.Batch, all bool)

	// Results of dense solves: where Start(n) ends, (n, d); the energies of the paths from x0, (n); and the log
	// densities of x, (n).
	Ends         func(n int) (flow.Batch, error)
	Energies     func(x0 flow.Batch) ([]float64, error)
	LogDensities func(x flow.Batch) ([]float64, error)
}

// Metrics lists every metric: those of samples first, then those of models.
var Metrics = []Metric{MMD, MMDRFF, SlicedW2, Energy, W1, W2, C2ST, C2STPairs, ClassShare, W1Table, WorstMarginal, WorstCorrelation, ExactMMD, NLL, ExcessLoss, Calibration, Coverage, HeldOutLoss, LossGap, NPE, PathRMSE, NNShare, NearShare}

// Checks lists the metrics that show whether a net has memorised its data. They are measured wherever rows are held out.
var Checks = []Metric{HeldOutLoss, LossGap, NNShare, NearShare}

// TwoSamples reports whether the metric needs only two samples, besides what With, On and Among give it.
func (m Metric) TwoSamples() bool {
	return m.Judge != nil || m.JudgeBy != nil || m.JudgeTable != nil || m.JudgeClasses != nil
}

// OfSamples reports whether the metric measures samples alone, without the net that drew them.
func (m Metric) OfSamples() bool { return m.TwoSamples() || m.JudgeMixture != nil }

// OfPoints reports whether the metric can measure points that come from no net, given the data.
func (m Metric) OfPoints() bool { return m.OfSamples() || m.RowsAlone }

// NullCount returns the number n of values of a null in dim dimensions. P-values are multiples of 1/(n + 1).
func (m Metric) NullCount(dim int) int {
	if m.Assigned && dim > 1 || m.SlowAbove > 0 && dim > m.SlowAbove {
		return 19
	}
	return 99
}

// MarshalText returns the metric as written in a spec: its name.
func (m Metric) MarshalText() ([]byte, error) { return []byte(m.Name), nil }
