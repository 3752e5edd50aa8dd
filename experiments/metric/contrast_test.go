package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func ExampleContrasts() {
	for _, c := range Contrasts([]Versus{
		{A: []float64{2.0, 1.6, 1.9}, B: []float64{1.0, 0.8, 0.95}, Paired: true, Scale: SlicedW2.Scale(NullNoise{})},
		{A: []float64{1.1, 0.6, 0.9}, B: []float64{1.0, 0.9, 0.8}, Paired: true, Scale: SlicedW2.Scale(NullNoise{})},
	}, .95) {
		fmt.Printf("%.2f times, differs: %v\n", c.Ratio, c.Differs())
	}
	// Output:
	// 0.50 times, differs: true
	// 1.04 times, differs: false
}

// TestContrastOfTwo has textbook cases. The differences 1, 2, 3 have mean 2 and standard error 1/sqrt(3), and the 97.5 %
// quantile of t with 2 degrees of freedom is 4.302653. Unpaired, variances of 1 and 4 over 3 and 3 seeds have standard error
// sqrt(5/3) with (5/3)^2 / ((1/9 + 16/9) / 2) = 2.941176 degrees of freedom, whose quantile is 3.217 (Welch 1947).
func TestContrastOfTwo(t *testing.T) {
	t.Parallel()
	c := Contrasts([]Versus{{A: []float64{10, 20, 30}, B: []float64{11, 22, 33}, Paired: true}}, .95)[0]
	half := 4.302653 / math.Sqrt(3)
	if c.Mean != 2 || math.Abs(c.Low-(2-half)) > 1e-6 || math.Abs(c.High-(2+half)) > 1e-6 || c.Differs() || math.Abs(c.P-.0741799) > 1e-6 || !math.IsNaN(c.Ratio) {
		t.Errorf("paired: %+v, want 2, %g to %g with p = .0742", c, 2-half, 2+half)
	}
	c = Contrasts([]Versus{{A: []float64{9, 10, 11}, B: []float64{12, 14, 16}}}, .95)[0]
	half = 3.2166 * math.Sqrt(5./3)
	if c.Mean != 4 || math.Abs(c.High-(4+half)) > .01 || math.Abs(c.Low-(4-half)) > .01 {
		t.Errorf("unpaired: %+v, want 4, %g to %g", c, 4-half, 4+half)
	}
	log := SlicedW2.Scale(NullNoise{})
	c = Contrasts([]Versus{{A: []float64{1, 2, 4}, B: []float64{.5, 1, 2}, Paired: true, Scale: log}}, .95)[0]
	if math.Abs(c.Ratio-.5) > 1e-12 || math.Abs(c.RatioHigh-.5) > 1e-6 || !c.Differs() {
		t.Errorf("half for every seed: %+v", c)
	}
}

// TestContrastsOfEqual: equal values differ by exactly nothing, whatever else is compared, and take no part in the correction.
func TestContrastsOfEqual(t *testing.T) {
	t.Parallel()
	log := SlicedW2.Scale(NullNoise{})
	other := Versus{A: []float64{1, 1.1, 1.2}, B: []float64{.8, 1, .9}, Paired: true, Scale: log}
	alone := Contrasts([]Versus{other}, .95)[0]
	list := []Versus{other}
	for _, values := range [][]float64{{.1, .3, .2}, {0, 0, 0}, {1e300, 1e300, 1e300}} {
		list = append(list, Versus{A: values, B: values, Paired: true, Scale: log}, Versus{A: values, B: values, Scale: Scale{}})
	}
	got := Contrasts(list, .95)
	if got[0] != alone {
		t.Errorf("beside equal ones %+v, alone %+v", got[0], alone)
	}
	for k, c := range got[1:] {
		if !c.Equal || c.Mean != 0 || c.Low != 0 || c.High != 0 || c.P != 1 || c.Differs() || list[k+1].Scale.log && (c.Ratio != 1 || c.RatioLow != 1) {
			t.Errorf("%v: %+v", list[k+1].A, c)
		}
	}
}

// TestContrastsAreSymmetric: swapping the two sides turns differences and ratios around.
func TestContrastsAreSymmetric(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	there, back := make([]Versus, 12), make([]Versus, 12)
	for k := range there {
		v := drawVersus(r, 4, .3, 1.2, k%2 == 0)
		there[k] = v
		back[k] = Versus{A: v.B, B: v.A, Paired: v.Paired, Scale: v.Scale}
	}
	a, b := Contrasts(there, .95), Contrasts(back, .95)
	for k := range a {
		if math.Abs(a[k].RatioLow*b[k].RatioHigh-1) > 1e-9 || math.Abs(a[k].Holm-b[k].Holm) > 1e-9 {
			t.Errorf("%d: %+v and %+v", k, a[k], b[k])
		}
	}
}

// drawVersus draws distances of two settings whose true means have a ratio. Seeds scatter by a share of them; paired ones have
// most of that in common.
func drawVersus(r *rand.Rand, seeds int, spread, ratio float64, paired bool) Versus {
	v := Versus{Paired: paired, Scale: SlicedW2.Scale(NullNoise{})}
	draw := func(common, own float64) float64 { // log-normal, of mean 1
		return math.Exp(spread*(.8*common+.6*own) - spread*spread/2)
	}
	for range seeds {
		common := r.NormFloat64()
		v.A = append(v.A, draw(common, r.NormFloat64()))
		if !paired {
			common = r.NormFloat64()
		}
		v.B = append(v.B, ratio*draw(common, r.NormFloat64()))
	}
	return v
}

// TestContrastCoverage: intervals hold the true ratio, be it 1 or not, with probability at least 0.95, and among many pairs
// without a difference any is said to differ with probability at most 0.05. Both allow for three standard errors of the simulation,
// and for the normal approximation of few log-normal values.
func TestContrastCoverage(t *testing.T) {
	t.Parallel()
	for _, ratio := range []float64{1, .8, 3} {
		for _, seeds := range []int{3, 5, 10} {
			for _, paired := range []bool{true, false} {
				for _, pairs := range []int{1, 20} {
					got := simulateContrasts(seeds, pairs, ratio, paired)
					name := fmt.Sprintf("ratio %g, %d seeds, paired %v, %d pairs", ratio, seeds, paired, pairs)
					if got.covered < .95-3*got.se-.01 {
						t.Errorf("%s: intervals cover the ratio in %.3f ± %.3f, want 0.95", name, got.covered, got.se)
					}
					if ratio == 1 && got.anyDiffers > .05+3*.0062 {
						t.Errorf("%s: any differs in %.3f, want at most 0.05", name, got.anyDiffers)
					}
					if ratio == 3 && seeds > 3 && got.differs < .8 {
						t.Errorf("%s: only %.3f of the differences are found", name, got.differs)
					}
					t.Logf("%s: covered %.3f, differs %.3f, any %.3f", name, got.covered, got.differs, got.anyDiffers)
				}
			}
		}
	}
}

type simulatedContrasts struct {
	covered, se, differs, anyDiffers float64
}

func simulateContrasts(seeds, pairs int, ratio float64, paired bool) (got simulatedContrasts) {
	const sweeps = 1200
	r := rand.New(rand.NewPCG(uint64(seeds*pairs), math.Float64bits(ratio)))
	n := float64(sweeps * pairs)
	for range sweeps {
		list := make([]Versus, pairs)
		for k := range list {
			list[k] = drawVersus(r, seeds, []float64{.05, .1, .2}[k%3], ratio, paired)
		}
		any := false
		for _, c := range Contrasts(list, .95) {
			if c.RatioLow <= ratio && ratio <= c.RatioHigh {
				got.covered += 1 / n
			}
			if c.Differs() {
				got.differs += 1 / n
				any = true
			}
			if c.Differs() != (c.Holm <= .05) {
				panic("the interval and the corrected p-value disagree")
			}
		}
		if any {
			got.anyDiffers += 1. / sweeps
		}
	}
	got.se = math.Sqrt(.05 * .95 / float64(sweeps)) // of one pair; those of a sweep are independent
	return got
}

// TestContrastsOfSigned: differences of a metric without a logarithm are covered, too.
func TestContrastsOfSigned(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	const sweeps = 2000
	for _, shift := range []float64{0, .7} {
		covered := 0.
		for range sweeps {
			v := Versus{Paired: true}
			for range 4 {
				common := 5 * r.NormFloat64()
				v.A, v.B = append(v.A, -3+common+r.NormFloat64()), append(v.B, -3+shift+common+r.NormFloat64())
			}
			if c := Contrasts([]Versus{v}, .95)[0]; c.Low <= shift && shift <= c.High {
				covered += 1. / sweeps
			}
		}
		if math.Abs(covered-.95) > 3*.0049 {
			t.Errorf("a difference of %g is covered in %.3f, want 0.95", shift, covered)
		}
	}
}

func TestContrastsPanics(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]Versus{
		"one seed": {A: []float64{1}, B: []float64{2}}, "unequal": {A: []float64{1, 2}, B: []float64{1, 2, 3}, Paired: true}, "NaN": {A: []float64{1, math.NaN()}, B: []float64{1, 2}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			Contrasts([]Versus{v}, .95)
		}()
	}
	if got := Contrasts(nil, .95); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
