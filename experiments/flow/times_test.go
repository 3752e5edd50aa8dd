package flow

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func everyTimes(t *testing.T) []Times {
	t.Helper()
	every := Defaults(TimesFamilies)
	for _, m := range []Maker[Times]{
		LogitNormal{Mean: 1.2, Std: 1.2},
		LogitNormal{Mean: -1, Std: .5},
		Mode{Scale: -.9},
		Mode{Scale: 1.7},
		Shift{Factor: .2},
		Mode{},
		Shift{Factor: 1},
	} {
		made, err := m.Make()
		if err != nil {
			t.Fatal(err)
		}
		every = append(every, made)
	}
	return every
}

// distribution returns the integral of the density up to each of the given times, by the midpoint rule on a grid that
// is finer near the ends, where densities may be steep.
func distribution(density func(float64) float64, at []float64) []float64 {
	const n = 20_000
	map01 := func(i float64) float64 { // smoothstep: its slope vanishes at both ends
		return i * i * (3 - 2*i)
	}
	cdf, sum, next := make([]float64, len(at)), 0., 0
	for i := range n {
		from, to := map01(float64(i)/n), map01(float64(i+1)/n)
		for next < len(at) && at[next] < to {
			cdf[next] = sum + (at[next]-from)*density((from+at[next])/2)
			next++
		}
		sum += (to - from) * density((from+to)/2)
	}
	for ; next < len(at); next++ {
		cdf[next] = sum
	}
	return cdf
}

// TestTimesMatchTheirDensity is a Kolmogorov-Smirnov test of 20,000 draws against the integral of the density. The
// total integral is 1 within 1e-6, the error of the midpoint rule with 20,000 steps.
func TestTimesMatchTheirDensity(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for _, times := range everyTimes(t) {
		draws := make([]float64, n)
		times.Fill(draws, NewStream(5, "times"), 0)
		slices.Sort(draws)
		if draws[0] < 0 || draws[n-1] >= 1 {
			t.Errorf("%s: draws from %g to %g, want them in [0, 1)", times, draws[0], draws[n-1])
		}
		cdf := distribution(times.Density, append(draws, 1))
		if total := cdf[n]; math.Abs(total-1) > 1e-6 {
			t.Errorf("%s: the density integrates to %.9f, want 1", times, total)
		}
		largest := 0.
		for i := range draws {
			largest = max(largest, math.Abs(cdf[i]-float64(i)/n), math.Abs(cdf[i]-float64(i+1)/n))
		}
		// A correct sampler exceeds 2.2 / sqrt(n) with probability 2 exp(-2 2.2^2) = 1e-4; the seed is fixed.
		if bound := 2.2 / math.Sqrt(n); largest > bound {
			t.Errorf("%s: the draws are %g from the density's distribution, want below %g", times, largest, bound)
		}
	}
}

// TestTimesKnownDensities compares with values worked out by hand.
func TestTimesKnownDensities(t *testing.T) {
	t.Parallel()
	normal := 1 / math.Sqrt(2*math.Pi)
	e := math.E
	for _, c := range []struct {
		of       Maker[Times]
		at, want float64
	}{
		{fixedUniform{}, .3, 1},
		{fixedUniform{}, -.1, 0},
		{fixedUniform{}, 1.1, 0},
		{LogitNormal{Std: 1}, .5, 4 * normal},
		{LogitNormal{Std: 1}, 0, 0},
		{LogitNormal{Std: 1}, 1, 0},
		{LogitNormal{Mean: 1, Std: 2}, e / (1 + e), normal / 2 * (1 + e) * (1 + e) / e}, // the logit is 1: its mean
		{fixedCosMap{}, .5, 4 / math.Pi},
		{fixedCosMap{}, 0, 2 / math.Pi},
		{Mode{Scale: 1}, .5, 1 / (2 - math.Pi/2)},
		{Mode{Scale: 1}, 0, .5},
		{Shift{Factor: 3}, 0, 3},
		{Shift{Factor: 3}, 1, 1. / 3},
	} {
		times, err := c.of.Make()
		if err != nil {
			t.Fatal(err)
		}
		if got := times.Density(c.at); math.Abs(got-c.want) > 2e-15 { // a few roundings of numbers below 4
			t.Errorf("%s: p(%g) = %.17g, want %.17g", times, c.at, got, c.want)
		}
	}
}

// TestTimesStayBelowOne: no draw rounds to 1, however close to the data the times are.
func TestTimesStayBelowOne(t *testing.T) {
	t.Parallel()
	for _, m := range []Maker[Times]{LogitNormal{Mean: 20, Std: 20}, Shift{Factor: 1e-12}} {
		times, err := m.Make()
		if err != nil {
			t.Fatal(err)
		}
		r, largest := NewStream(1, "times").At(0), 0.
		for range 1000 {
			largest = max(largest, times.Draw(r))
		}
		if !(largest < 1) || largest < 1-1e-9 {
			t.Errorf("%s: the largest of 1000 draws is %g, want it just below 1", times, largest)
		}
	}
}

// TestUniformTimesAreThoseOfTheStream: nets trained before there were other times must stay reproducible.
func TestUniformTimesAreThoseOfTheStream(t *testing.T) {
	t.Parallel()
	got, want := make([]float64, 10), make([]float64, 10)
	Uniform.Fill(got, NewStream(3, "training times"), 100)
	NewStream(3, "training times").Uniform(want, 100)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTimesForms(t *testing.T) {
	t.Parallel()
	for i, want := range []string{
		`"uniform"`,
		`{"name":"logit-normal","mean":0,"std":1}`,
		`{"name":"mode","scale":1.29}`,
		`"cosmap"`,
		`{"name":"shift","factor":3}`,
	} {
		made := Defaults(TimesFamilies)[i]
		got, err := json.Marshal(made)
		if err != nil || string(got) != want {
			t.Errorf("got %s (%v), want %s", got, err, want)
		}
		if made.Name != TimesFamilies[i].Name {
			t.Errorf("the default of the family %s is %s", TimesFamilies[i].Name, made)
		}
		if made.Doc == "" {
			t.Errorf("%s has no Doc", made)
		}
	}
}

func TestTimesErrors(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]Maker[Times]{
		"mean: NaN: must be finite":                      LogitNormal{Mean: math.NaN(), Std: 1},
		"std: 0: must be positive and finite":            LogitNormal{},
		"scale: 1.76: must be above -1 and at most 1.75": Mode{Scale: 1.76},
		"scale: -1: must be above -1 and at most 1.75":   Mode{Scale: -1},
		"factor: -2: must be positive and finite":        Shift{Factor: -2},
	} {
		if _, err := m.Make(); err == nil || err.Error() != want {
			t.Errorf("%+v: got %v, want %s", m, err, want)
		}
	}
}

func ExampleTimes() {
	late, _ := Shift{Factor: .5}.Make()
	r := rand.New(rand.NewPCG(1, 2))
	mean := 0.
	for range 1000 {
		mean += late.Draw(r) / 1000
	}
	fmt.Printf("%s: mean %.1f, weight %.2f at the noise and %.2f at the data\n", late, mean, late.Density(0), late.Density(1))
	// Output: {"name":"shift","factor":0.5}: mean 0.6, weight 0.50 at the noise and 2.00 at the data
}
