package job

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/velocity"
)

// simulations returns a file of simulations of the linear Gaussian, theta ~ N(0, I), x = theta - 1 + N(0, .3 I), and its columns as a spec
// names them.
func simulations(dim, n int, seed uint64) (csv []byte, columns string) {
	var names [2][]string
	for j := range dim {
		names[0], names[1] = append(names[0], fmt.Sprint("theta", j+1)), append(names[1], fmt.Sprint("x", j+1))
	}
	z := flow.NewBatch(n, 2*dim)
	flow.NewStream(seed, "simulations").Normal(z, 0)
	for i := range n {
		for j, theta := range z.Row(i)[:dim] {
			z.Row(i)[dim+j] = theta - 1 + math.Sqrt(.3)*z.Row(i)[dim+j]
		}
	}
	columns = fmt.Sprintf("columns: [%s], condition: [%s]", strings.Join(names[0], ", "), strings.Join(names[1], ", "))
	return flow.EncodeCSV(z, append(names[0], names[1]...)), columns
}

// learnt returns a net that has learnt the posterior from a file of simulations.
func learnt(t *testing.T, dim int, seed uint64, recipe string) *Fitted {
	t.Helper()
	csv, columns := simulations(dim, 2500, seed)
	spec, err := experiments.Parser{Open: func(string) ([]byte, error) { return csv, nil }}.Parse("a.yaml",
		[]byte("name: a\ntarget: {file: simulations.csv, "+columns+"}\n"+recipe+fmt.Sprintf("\nseeds: [%d]\nmetrics: [calibration, coverage]\n", seed)))
	must(t, err)
	p, err := spec.Plan()
	must(t, err)
	e, _, err := engine.Pick(engine.Auto)
	must(t, err)
	got, err := Train(t.Context(), Job{Fit: p.Fits[0], Engine: e, Now: time.Now}, &quiet{})
	must(t, err)
	f, err := Open(e, p.Fits[0], got.Weights, 0)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// atZero returns n draws of the posterior at x = 0, in the units of the file.
func atZero(t *testing.T, f *Fitted, dim, n int) flow.Batch {
	t.Helper()
	to := f.fit.Recipe.Target
	zero := flow.Batch{Dim: dim, Data: make([]float64, dim), Given: to.Given.Row(make([]float64, dim))}
	x, err := f.posterior(zero, n)
	must(t, err)
	x.Given = nil
	return to.Units.Apply(x)
}

// divergence returns KL(p | N(mean, variance I)) of the normal law p with the mean and the covariance of the points.
func divergence(x flow.Batch, mean, variance float64) float64 {
	d, n := x.Dim, float64(x.Len())
	m := make([]float64, d)
	for i, v := range x.Data {
		m[i%d] += v / n
	}
	cov := make([][]float64, d)
	for a := range cov {
		cov[a] = make([]float64, d)
		for i := range x.Len() {
			for b := range d {
				cov[a][b] += (x.Row(i)[a] - m[a]) * (x.Row(i)[b] - m[b]) / n
			}
		}
	}
	kl, logDet := 0., 0.
	for a := range d {
		kl += (cov[a][a]+(m[a]-mean)*(m[a]-mean))/variance - 1
	}
	for a := range d { // by elimination
		logDet += math.Log(cov[a][a] / variance)
		for b := a + 1; b < d; b++ {
			f := cov[b][a] / cov[a][a]
			for c := a; c < d; c++ {
				cov[b][c] -= f * cov[a][c]
			}
		}
	}
	return (kl - logDet) / 2
}

// posteriorRecipe is that of experiments/specs/simulations.yaml.
const posteriorRecipe = `net: {width: 64, depth: 2, activation: silu}
train: {steps: 2000, rate: 2e-3, schedule: cosine, ema: 0.99}`

// TestPosteriorOfSimulations: of 2,500 simulations, 500 of them held out, in one and three dimensions, a net learns the posterior at x = 0,
// N(1 / 1.3, .3 / 1.3 I): to .1 nats, so that classifiers name no more than .56 of 1,000 draws of each rightly, and within the bands of
// calibration and coverage. The package sbi allows .25 nats and .6 for the same.
func TestPosteriorOfSimulations(t *testing.T) {
	t.Parallel()
	seeds := uint64(5)
	if testing.Short() {
		seeds = 1
	}
	e, _, err := engine.Pick(engine.Auto)
	must(t, err)
	for _, dim := range []int{1, 3} {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%d dimensions, seed %d", dim, seed), func(t *testing.T) {
				f := learnt(t, dim, seed, posteriorRecipe)
				x := atZero(t, f, dim, 1000)
				if kl := divergence(x, 1/1.3, .3/1.3); !(kl < .1) {
					t.Errorf("KL %.4f, want below .1", kl)
				}
				if c := c2stOf(t, e, x, seed); math.Abs(c-.5) > .06 {
					t.Errorf("c2st %.3f, want .5 within .06", c)
				}
				checkBands(t, f)
			})
		}
	}
}

// c2stOf returns the c2st of draws of the posterior at x = 0 against as many of the exact one.
func c2stOf(t *testing.T, e engine.Engine, x flow.Batch, seed uint64) float64 {
	t.Helper()
	truth := x.Like(x.Dim)
	flow.NewStream(seed, "truth").Normal(truth, 0)
	for i, z := range truth.Data {
		truth.Data[i] = 1/1.3 + math.Sqrt(.3/1.3)*z
	}
	classifier := velocity.NewClassifier(e)
	defer classifier.Close()
	judge, err := metric.C2ST.With(classifier.LogOdds).Judge(truth)
	must(t, err)
	got, err := judge(x)
	must(t, err)
	return got.Value
}

// checkBands fails unless the ranks of the net are inside their bands. The p-values of ten nets and two metrics are all above .001 in 98 of
// 100 cases, and seeds are fixed.
func checkBands(t *testing.T, f *Fitted) {
	t.Helper()
	for _, m := range []metric.Metric{metric.Calibration, metric.Coverage} {
		v, err := f.netMetric(m, f.whole(0), flow.Batch{})
		must(t, err)
		if !(v.P > .001) {
			t.Errorf("%s %.3f, p %.4f", m.Name, v.Value, v.P)
		}
	}
	c, err := f.Calibrated()
	must(t, err)
	for _, h := range c.Coordinates {
		for k, n := range h.Counts {
			if n < h.Low || n > h.High {
				t.Errorf("%s: bin %d of the ranks holds %d points, outside of %d to %d", h.Name, k, n, h.Low, h.High)
			}
		}
	}
}

// TestPosteriorThatIsNotLearnt: the same checks tell a net that has hardly been trained.
func TestPosteriorThatIsNotLearnt(t *testing.T) {
	t.Parallel()
	e, _, err := engine.Pick(engine.Auto)
	must(t, err)
	f := learnt(t, 1, 0, "net: {width: 64, depth: 2, activation: silu}\ntrain: {steps: 20, rate: 2e-3}")
	x := atZero(t, f, 1, 1000)
	kl, c := divergence(x, 1/1.3, .3/1.3), c2stOf(t, e, x, 0)
	v, err := f.netMetric(metric.Calibration, f.whole(0), flow.Batch{})
	must(t, err)
	if kl < .1 || c < .56 || v.P > .001 {
		t.Errorf("a net of 20 steps passes: KL %.3f, c2st %.3f, calibration p %.4f", kl, c, v.P)
	}
}
