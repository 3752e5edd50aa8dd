package flow

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
)

// everyPath returns the default of every family, paths with other parameters, and every custom path.
func everyPath(t *testing.T) []Path {
	t.Helper()
	paths := Defaults(PathFamilies)
	makers := []Maker[Path]{
		Polynomial{Power: .5}, Polynomial{Power: .6}, Polynomial{Power: .9}, Polynomial{Power: 1}, Polynomial{Power: 2.5}, Polynomial{Power: 5}, VP{BetaMin: 1, BetaMax: 1},
	}
	for _, a := range schedules {
		for _, s := range schedules {
			makers = append(makers, Custom{Alpha: a.alpha, Sigma: s.sigma})
		}
	}
	for _, m := range makers {
		p, err := m.Make()
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

func TestPathsStartAtNoiseAndEndAtData(t *testing.T) {
	t.Parallel()
	for _, p := range everyPath(t) {
		alpha, sigma := 0., 1.
		if vp, ok := p.Params.(VP); ok {
			alpha = math.Exp(-(vp.BetaMin + vp.BetaMax) / 4)
			sigma = math.Sqrt(1 - alpha*alpha)
		}
		for _, c := range []struct {
			name      string
			got, want float64
		}{
			{"alpha(0)", p.Alpha(0), alpha},
			{"sigma(0)", p.Sigma(0), sigma},
			{"alpha(1)", p.Alpha(1), 1},
			{"sigma(1)", p.Sigma(1), 0},
		} {
			// One rounding of a number near 1.
			if math.Abs(c.got-c.want) > 2e-16 {
				t.Errorf("%s: %s = %g, want %g", p, c.name, c.got, c.want)
			}
		}
		if math.Signbit(p.Sigma(1)) {
			t.Errorf("%s: sigma(1) = -0, which makes the signal-to-noise ratio negative", p)
		}
	}
}

// TestPathValues compares with values worked out by hand, or by an equivalent formula.
func TestPathValues(t *testing.T) {
	t.Parallel()
	made := func(m Maker[Path]) Path {
		p, err := m.Make()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	integral := .25/2*(20-.1) + .5*.1 // of the noise rate of VP from t = 1/2 to 1
	rate := .1 + .5*(20-.1)           // the noise rate at t = 1/2
	variance := 1 - math.Exp(-integral)
	for _, c := range []struct {
		path Path
		t    float64
		want [4]float64 // alpha, sigma, alpha', sigma'
	}{
		{CondOT, .25, [4]float64{.25, .75, 1, -1}},
		{made(Polynomial{Power: 2}), .5, [4]float64{.25, .75, 1, -1}},
		{made(Polynomial{Power: .5}), .25, [4]float64{.5, .5, 1, -1}},
		{LinearVP, .6, [4]float64{.6, .8, 1, -.75}},
		{Cosine, 1. / 3, [4]float64{.5, math.Sqrt(3) / 2, math.Pi * math.Sqrt(3) / 4, -math.Pi / 4}},
		{made(VP{BetaMin: .1, BetaMax: 20}), .5, [4]float64{
			math.Exp(-integral / 2), math.Sqrt(variance), rate / 2 * math.Exp(-integral/2),
			-rate / 2 * math.Exp(-integral) / math.Sqrt(variance),
		}},
		{made(Custom{Alpha: "cubic", Sigma: "quadratic"}), .5, [4]float64{.125, .25, .75, -1}},
		{made(Custom{Alpha: "circular", Sigma: "circular"}), .4, [4]float64{.8, math.Sqrt(.84), .75, -.4 / math.Sqrt(.84)}},
		{made(Custom{Alpha: "smoothstep", Sigma: "smoothstep"}), .25, [4]float64{5. / 32, 27. / 32, 9. / 8, -9. / 8}},
	} {
		for i, f := range []func(float64) float64{c.path.Alpha, c.path.Sigma, c.path.DAlpha, c.path.DSigma} {
			// A few roundings of numbers below 3.
			if got := f(c.t); math.Abs(got-c.want[i]) > 2e-15 {
				t.Errorf("%s at %g: %s = %.17g, want %.17g", c.path, c.t, [...]string{"alpha", "sigma", "alpha'", "sigma'"}[i], got, c.want[i])
			}
		}
	}
}

// TestPathDerivatives compares with central differences of step 1e-5. For third derivatives below 300, like those of
// t^(1/2) at 0.1 and of VP, their error is 5e-9 from truncation and 1e-11 from rounding.
func TestPathDerivatives(t *testing.T) {
	t.Parallel()
	const h, tol = 1e-5, 1e-8
	for _, p := range everyPath(t) {
		for _, at := range []float64{.1, .5, .9} {
			if got, want := p.DAlpha(at), (p.Alpha(at+h)-p.Alpha(at-h))/(2*h); math.Abs(got-want) > tol {
				t.Errorf("%s: alpha'(%g) = %g, want %g", p, at, got, want)
			}
			if got, want := p.DSigma(at), (p.Sigma(at+h)-p.Sigma(at-h))/(2*h); math.Abs(got-want) > tol {
				t.Errorf("%s: sigma'(%g) = %g, want %g", p, at, got, want)
			}
		}
	}
}

// TestPowersAtTheEnds: near an end, a function that leaves it like t^p has a derivative that grows by 1e3^(1-p) while t falls
// from 1e-6 to 1e-9, and one with a finite derivative stays as it is, within 1 %: the next term of the series.
func TestPowersAtTheEnds(t *testing.T) {
	t.Parallel()
	for _, p := range everyPath(t) {
		for _, c := range []struct {
			name         string
			power        float64
			near, nearer float64 // derivatives
		}{
			{"alpha at 0", p.AlphaStart, p.DAlpha(1e-6), p.DAlpha(1e-9)},
			{"sigma at 0", p.SigmaStart, p.DSigma(1e-6), p.DSigma(1e-9)},
			{"alpha at 1", 0, p.DAlpha(1 - 1e-6), p.DAlpha(1 - 1e-9)},
			{"sigma at 1", p.SigmaEnd, p.DSigma(1 - 1e-6), p.DSigma(1 - 1e-9)},
		} {
			want := 1.
			if c.power > 0 {
				want = math.Pow(1e3, 1-c.power)
			}
			if math.Abs(c.near) < 1e-4 { // it vanishes at the end
				want = 0
				c.near = 1
			}
			if got := c.nearer / c.near; math.Abs(got-want) > .01*max(1, want) {
				t.Errorf("%s, %s: the derivative grows by %.4g, that of the power %g by %.4g", p, c.name, got, c.power, want)
			}
		}
	}
}

// TestInterpolate works the case of arXiv 2412.06264, section 2, by hand: X_t = t X1 + (1 - t) X0, u = X1 - X0.
func TestInterpolate(t *testing.T) {
	t.Parallel()
	x0 := Batch{Dim: 2, Data: []float64{0, 0, 1, 2}}
	x1 := Batch{Dim: 2, Data: []float64{4, 8, 3, 2}}
	xt, u := NewBatch(2, 2), NewBatch(2, 2)
	CondOT.Interpolate(xt, u, []float64{.25, .5}, x0, x1)
	if got, want := fmt.Sprint(xt.Data, u.Data), "[1 2 2 2] [4 8 2 0]"; got != want {
		t.Errorf("X_t and u are %s, want %s", got, want)
	}
}

// TestInterpolateIsFiniteAtTheEnds: infinite derivatives at an end never enter training, not even multiplied by the 0
// of a noise point at the origin. The bound is 1/sqrt(2 clampMargin), the slope of the circular sigma there.
func TestInterpolateIsFiniteAtTheEnds(t *testing.T) {
	t.Parallel()
	times := []float64{0, 5e-324, 1e-9, 1 - 1e-9, 1 - 0x1p-53, 1}
	for _, p := range everyPath(t) {
		x0, x1 := NewBatch(len(times), 2), NewBatch(len(times), 2)
		for i := range times {
			copy(x0.Row(i), []float64{0, 1})
		}
		xt, u := NewBatch(len(times), 2), NewBatch(len(times), 2)
		p.Interpolate(xt, u, times, x0, x1)
		for i, ti := range times {
			if v := u.Row(i); v[0] != 0 || !(math.Abs(v[1]) < 224) {
				t.Errorf("%s: u = %g at t = %g, want 0 and a number below 224", p, v, ti)
			}
			if d := math.Abs(xt.Row(i)[1] - p.Sigma(ti)); !(d < .005) { // sqrt(2 clampMargin)
				t.Errorf("%s: X_t is off by %g at t = %g", p, d, ti)
			}
		}
	}
}

func TestClampKeepsRegularPathsWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path     Path
		at, want float64
	}{
		{CondOT, 0, 0},
		{CondOT, 1, 1},
		{Cosine, 1, 1},
		{LinearVP, 0, 0},
		{LinearVP, 1, 1 - 1e-5},
		{LinearVP, .9999, .9999},
	} {
		if got := c.path.Clamp(c.at); got != c.want {
			t.Errorf("%s: Clamp(%g) = %g, want %g", c.path, c.at, got, c.want)
		}
	}
}

// TestSNRRisesAndInverts: the ratio rises, and its inverse returns the time. Rounding of the ratio moves the time by
// 1e-16 divided by the slope of log SNR, which is above 1/2 on every path.
func TestSNRRisesAndInverts(t *testing.T) {
	t.Parallel()
	for _, p := range everyPath(t) {
		last := p.SNR(0)
		for _, at := range []float64{1e-6, 1e-3, .1, .25, .5, .75, .9, .999, 1 - 1e-6} {
			snr := p.SNR(at)
			if !(snr > last) {
				t.Errorf("%s: SNR(%g) = %g, not above %g", p, at, snr, last)
			}
			if got := p.TimeOfSNR(snr); math.Abs(got-at) > 2e-15 {
				t.Errorf("%s: SNR is %g at t = %.17g, want %.17g", p, snr, got, at)
			}
			if got := p.LogSNR(at); math.Abs(got-math.Log(snr)) > 1e-14 { // a few roundings of numbers below 42
				t.Errorf("%s: log SNR(%g) = %g, want %g", p, at, got, math.Log(snr))
			}
			last = snr
		}
		for snr, want := range map[float64]float64{-1: 0, 0: 0, math.Inf(1): 1} {
			if got := p.TimeOfSNR(snr); got != want {
				t.Errorf("%s: the time of SNR %g is %g, want %g", p, snr, got, want)
			}
		}
		if got := p.TimeOfSNR(math.NaN()); !math.IsNaN(got) {
			t.Errorf("%s: the time of SNR NaN is %g", p, got)
		}
	}
}

// TestTimeOfSNRClosedForms uses paths whose inverse has a closed form.
func TestTimeOfSNRClosedForms(t *testing.T) {
	t.Parallel()
	vp, err := VP{BetaMin: .1, BetaMax: 20}.Make()
	if err != nil {
		t.Fatal(err)
	}
	for _, snr := range []float64{.01, .5, 1, 3, 100} {
		noise := math.Log1p(1 / (snr * snr)) // T of VP, whose alpha^2 is exp(-T)
		for _, c := range []struct {
			path Path
			want float64
		}{
			{CondOT, snr / (1 + snr)},
			{LinearVP, snr / math.Hypot(1, snr)},
			{Cosine, 2 / math.Pi * math.Atan(snr)},
			{vp, 1 - 2*noise/(.1+math.Sqrt(.01+2*19.9*noise))}, // the root of 19.9 q^2 / 2 + 0.1 q = T for q = 1 - t
		} {
			if got := c.path.TimeOfSNR(snr); math.Abs(got-c.want) > 1e-15 { // a few roundings
				t.Errorf("%s: the time of SNR %g is %.17g, want %.17g", c.path, snr, got, c.want)
			}
		}
	}
}

// TestPathForms: keys are hashes of the forms, so these must never change.
func TestPathForms(t *testing.T) {
	t.Parallel()
	for i, want := range []string{
		`"condot"`,
		`{"name":"polynomial","power":2}`,
		`{"name":"vp","beta_min":0.1,"beta_max":20}`,
		`"linear-vp"`,
		`"cosine"`,
		`{"name":"custom","alpha":"sine","sigma":"linear"}`,
	} {
		made := Defaults(PathFamilies)[i]
		got, err := json.Marshal(made)
		if err != nil || string(got) != want {
			t.Errorf("got %s (%v), want %s", got, err, want)
		}
		text := want
		if text[0] == '"' {
			text = text[1 : len(text)-1]
		}
		if got, err := made.MarshalText(); err != nil || string(got) != text {
			t.Errorf("got the text %s (%v), want %s", got, err, text)
		}
		if made.Name != PathFamilies[i].Name {
			t.Errorf("the default of the family %s is %s", PathFamilies[i].Name, made)
		}
	}
}

func TestPathErrors(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]Maker[Path]{
		"power: 0: must be positive and finite":                Polynomial{},
		"beta_min: -1: must be positive and finite":            VP{BetaMin: -1, BetaMax: 1},
		"beta_max: 1: must be finite and at least beta_min, 2": VP{BetaMin: 2, BetaMax: 1},
		`alpha: unknown schedule "cosine" (have linear, quadratic, cubic, sine, circular, smoothstep)`: Custom{
			Alpha: "cosine", Sigma: "cosine",
		},
		`sigma: unknown schedule "" (have linear, quadratic, cubic, cosine, circular, smoothstep)`: Custom{Alpha: "sine"},
	} {
		if _, err := m.Make(); err == nil || err.Error() != want {
			t.Errorf("%+v: got %v, want %s", m, err, want)
		}
	}
}

func ExamplePolynomial() {
	p, _ := Polynomial{Power: 2}.Make()
	fmt.Println(p, p.Alpha(.5), p.Sigma(.5), p.SNR(.5))
	// Output: {"name":"polynomial","power":2} 0.25 0.75 0.3333333333333333
}

func TestParsePath(t *testing.T) {
	t.Parallel()
	for _, p := range everyPath(t) {
		got, err := ParsePath(p.String())
		if err != nil || got.String() != p.String() || got.Alpha(.3) != p.Alpha(.3) || got.DSigma(.3) != p.DSigma(.3) {
			t.Errorf("%s is parsed as %s (%v)", p, got, err)
		}
	}
	for _, text := range []string{"", "linear", `{"name":"vp"`, `{"name":"polynomial","power":-1}`} {
		if p, err := ParsePath(text); err == nil {
			t.Errorf("%q is parsed as %s", text, p)
		}
	}
}
