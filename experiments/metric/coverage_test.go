package metric

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"flowsweep/experiments/flow"
)

// simulatedSweep is a sweep whose nets' samples differ from the truth by a vector b_s, one per seed, and whose points and
// reference add vectors e and f of noise, which seeds share. Its metric is quadratic in the difference, as metrics of two
// samples are to second order (theorem 12 of Gretton et al. 2012, "A kernel two-sample test"):
//
//	|b_s + e - f|^2 - E |e - f|^2   if it is unbiased, such as mmd
//	|b_s + e - f|                   if it is a distance, such as sliced-w2
//
// A null redraws e only. Lengths are in units of the root mean square of |e - f|.
type simulatedSweep struct {
	bias    float64 // of all nets alike
	scatter float64 // of b_s over seeds
	judged  Metric
}

// noiseSD are the standard deviations of the components of e and of f. They fall off like the eigenvalues of a kernel.
// The noise of the squared distance then has a skewness of 1.8.
var noiseSD = []float64{1, .8, .6, .5, .4, .3}

// noiseLength2 returns E |e - f|^2.
func noiseLength2() float64 {
	sum := 0.
	for _, sd := range noiseSD {
		sum += 2 * sd * sd
	}
	return sum
}

func noiseVector(r *rand.Rand) []float64 {
	e := make([]float64, len(noiseSD))
	for j, sd := range noiseSD {
		e[j] = sd * r.NormFloat64()
	}
	return e
}

// net returns b_s of a new training.
func (s simulatedSweep) net(r *rand.Rand) []float64 {
	unit := math.Sqrt(noiseLength2() / float64(len(noiseSD)))
	b := make([]float64, len(noiseSD))
	for j := range b {
		b[j] = unit * (s.bias + s.scatter*r.NormFloat64())
	}
	return b
}

// value returns the metric with its standard error by the delta method, as metrics estimate it.
func (s simulatedSweep) value(b, e, f []float64) Measurement {
	length2, variance := 0., 0.
	for j := range b {
		d := b[j] + e[j] - f[j]
		length2 += d * d
		variance += 4 * d * d * 2 * noiseSD[j] * noiseSD[j]
	}
	if s.judged.Unbiased {
		return Measurement{Value: length2 - noiseLength2(), SE: math.Sqrt(variance)}
	}
	root := math.Sqrt(length2)
	return Measurement{Value: root, SE: rootSE(root, math.Sqrt(variance))}
}

// truth returns the mean of the metric over trainings, points and references. Its own error is below a tenth of that of
// a sweep.
func (s simulatedSweep) truth() float64 {
	r := rand.New(rand.NewPCG(1, 1))
	const n = 20000
	sum := 0.
	for range n {
		sum += s.value(s.net(r), noiseVector(r), noiseVector(r)).Value / n
	}
	return sum
}

// sweep returns the values of a new sweep, with a null of 99 values.
func (s simulatedSweep) sweep(r *rand.Rand, seeds int) Replicates {
	e, f := noiseVector(r), noiseVector(r)
	of := Replicates{Shared: true, Null: NullNoise{Samples: 1, Reference: 1}}
	for range seeds {
		of.add(s.value(s.net(r), e, f))
	}
	for range 99 {
		of.Null.Values = append(of.Null.Values, s.value(make([]float64, len(noiseSD)), noiseVector(r), f).Value)
	}
	of.Scale = s.judged.Scale(of.Null)
	return of
}

func (of *Replicates) add(m Measurement) {
	of.Values, of.SE = append(of.Values, m.Value), append(of.SE, m.SE)
}

// covered returns the share of intervals that contain the truth.
func covered(repetitions int, truth float64, sweep func(r *rand.Rand) Replicates) float64 {
	r, stream := rand.New(rand.NewPCG(5, 7)), flow.NewStream(1, "bootstrap")
	share := 0.
	for i := range repetitions {
		if low, high := sweep(r).interval(.95, 400, stream.At(uint64(i))); low <= truth && truth <= high {
			share += 1 / float64(repetitions)
		}
	}
	return share
}

// tooWide reports whether intervals contain the truth in more than 98 %, with 1.5 % for the error of 150 to 400 repetitions.
// Fewer cannot tell.
func tooWide(share float64) bool { return !testing.Short() && share > .995 }

// TestCoverageNearTheFloor counts how often the interval contains the mean of the figure over other trainings, points and
// references, for nets from none to ten times as far from the truth as the noise, which scatter from hardly to as much as it.
// The bounds are what a reader may rely on. 300 repetitions give a coverage of 95 % with a standard error of 1.3 %.
func TestCoverageNearTheFloor(t *testing.T) {
	t.Parallel()
	repetitions, slack := 300, .02
	if testing.Short() {
		repetitions, slack = 80, .05
	}
	for _, judged := range []Metric{SlicedW2, MMD} {
		for _, bias := range []float64{0, .6, 1.5, 10} {
			for _, scatter := range []float64{.05, .3, 1} {
				s := simulatedSweep{bias, scatter, judged}
				truth := s.truth()
				for _, seeds := range []int{3, 5, 10} {
					share := covered(repetitions, truth, func(r *rand.Rand) Replicates { return s.sweep(r, seeds) })
					name := fmt.Sprintf("%s, bias %4g, scatter %4g, %2d seeds", judged.Name, bias, scatter, seeds)
					t.Logf("%s: %.3f", name, share)
					if share < .90-slack || tooWide(share) {
						t.Errorf("%s: the interval contains the truth in %.3f, want 0.90 to 0.98", name, share)
					}
				}
			}
		}
	}
}

// TestCoverageFarFromTheFloor draws log-normal values, the skewed law of a distance of nets that train more or less well,
// with noise of a known relative size that seeds share, and normal values around 0 with additive noise, as nll has.
func TestCoverageFarFromTheFloor(t *testing.T) {
	t.Parallel()
	repetitions, slack := 400, .02
	if testing.Short() {
		repetitions, slack = 150, .04
	}
	for _, shared := range []float64{.02, .3} {
		for _, spread := range []float64{.1, .5} {
			for _, seeds := range []int{3, 5, 10} {
				logNormal := func(r *rand.Rand) Replicates {
					of := Replicates{Shared: true, Scale: SlicedW2.Scale(NullNoise{})}
					noise := math.Exp(shared*r.NormFloat64() - shared*shared/2)
					for range seeds {
						v := noise * math.Exp(spread*r.NormFloat64()-spread*spread/2)
						of.add(Measurement{Value: v, SE: shared * v})
					}
					return of
				}
				normal := func(r *rand.Rand) Replicates {
					of := Replicates{Shared: true}
					noise := shared * r.NormFloat64()
					for range seeds {
						of.add(Measurement{Value: noise + spread*r.NormFloat64(), SE: shared})
					}
					of.Scale = NLL.Scale(NullNoise{}, shared, spreadOf(of.Values))
					return of
				}
				for name, share := range map[string]float64{"distance": covered(repetitions, 1, logNormal), "nll": covered(repetitions, 0, normal)} {
					t.Logf("%s, shared %g, spread %g, %d seeds: %.3f", name, shared, spread, seeds, share)
					if share < .90-slack || tooWide(share) {
						t.Errorf("%s, shared %g, spread %g, %d seeds: the interval contains the truth in %.3f, want 0.90 to 0.98", name, shared, spread, seeds, share)
					}
				}
			}
		}
	}
}

func spreadOf(values []float64) float64 { return Mean(values).SE * math.Sqrt(float64(len(values))) }

// TestCoverageOfSamples does the same with metrics of real samples and their nulls: 60 points of N(delta, 1) against 60
// of N(0, 1), on a line, where sorting is fast.
func TestCoverageOfSamples(t *testing.T) {
	t.Parallel()
	repetitions, slack := 150, .045
	if testing.Short() {
		repetitions, slack = 40, .09
	}
	for _, judged := range []Metric{SlicedW2, Energy} {
		for _, delta := range []float64{0, .3} {
			sweep := func(r *rand.Rand, nulls int) Replicates { return lineSweep(t, r, judged, delta, nulls) }
			r, truth := rand.New(rand.NewPCG(2, 3)), 0.
			const n = 400
			for range n {
				if judged.Unbiased { // the exact value: 2 E|X - Y| - E|X - X'| - E|Y - Y'|
					truth += 2 * (meanAbs(delta+.02*r.NormFloat64()) - meanAbs(0)) / n
				} else {
					truth += Mean(sweep(r, 0).Values).Value / n
				}
			}
			share := covered(repetitions, truth, func(r *rand.Rand) Replicates { return sweep(r, judged.NullCount(1)) })
			t.Logf("%s, shift %4g: mean %.3f, covered in %.3f", judged.Name, delta, truth, share)
			if share < .90-slack || tooWide(share) {
				t.Errorf("%s, shift %g: the interval contains %.3f in %.3f, want 0.90 to 0.98", judged.Name, delta, truth, share)
			}
		}
	}
}

// linePoints is the number of points of the samples on a line, and of their reference.
const linePoints = 60

// lineSweep returns the values of five seeds whose nets shift the same noise by about delta, with a null.
func lineSweep(t *testing.T, r *rand.Rand, judged Metric, delta float64, nulls int) Replicates {
	judge, err := judged.Judge(normalLine(r))
	measure := func(x flow.Batch) Measurement {
		m, wrong := judge(x)
		if err = errors.Join(err, wrong); err != nil {
			t.Fatal(err)
		}
		return m
	}
	of := Replicates{Shared: true, Null: NullNoise{Samples: linePoints, Reference: linePoints}}
	noise := normalLine(r)
	for range 5 {
		x, shift := noise.Clone(), delta+.02*r.NormFloat64()
		for i := range x.Data {
			x.Data[i] += shift
		}
		of.add(measure(x))
	}
	for range nulls {
		of.Null.Values = append(of.Null.Values, measure(normalLine(r)).Value)
	}
	of.Scale = judged.Scale(of.Null)
	return of
}

func normalLine(r *rand.Rand) flow.Batch {
	b := flow.NewBatch(linePoints, 1)
	for i := range b.Data {
		b.Data[i] = r.NormFloat64()
	}
	return b
}

// meanAbs returns E|Z| for Z from N(mean, 2), a folded normal law.
func meanAbs(mean float64) float64 {
	return 2/math.Sqrt(math.Pi)*math.Exp(-mean*mean/4) + mean*math.Erf(mean/2)
}
