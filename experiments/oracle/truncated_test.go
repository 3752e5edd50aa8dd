package oracle

import (
	"math"
	"testing"
)

// exactMoments are from mpmath's quadrature with 60 digits: for both branches, both sides of where they meet, and the
// far tails.
var exactMoments = []struct{ low, h, logMean, mean, fraction, variance, loss float64 }{
	{-1.0, 2.0, -1.0748623268620714, 0.0, 0.5, 0.072781273693198303, 0.70887490522720679},
	{-3.0, 0.5, -4.6336175435191169, -2.6948722621772863, 0.61025547564542735, 0.075483321716851908, 0.98112916957078702},
	{0.0, 1e-09, -0.91893853320467274, 5.0000000000000003e-10, 0.5, 0.083333333333333333, 1.0},
	{2.0, 0.001, -2.9199385331213394, 2.0004998332916833, 0.49983329168334306, 0.083333313880558783, 0.99999991666668612},
	{5.0, 1e-06, -13.418941033203798, 5.0000004999995833, 0.49999958333329167, 0.083333333333226389, 0.99999999999991667},
	{-40.0, 3.0, -690.1291978655587, -37.02698768612699, 0.99100410462433663, 8.0808677653057038e-5, 0.99927272190112249},
	{0.2, 1.0, -1.1852471608890293, 0.64401557066164923, 0.44401557066164922, 0.078768291269155793, 0.92123170873084421},
	{4.9, 1.0, -14.554982829158336, 5.0861313092101268, 0.18613130921012647, 0.030235571564327535, 0.96976442843567247},
	{5.1, 1.0, -15.59161482158077, 5.2802401025897626, 0.18024010258976299, 0.028690902894539966, 0.97130909710546003},
	{4.99, 50.0, -18.925204723117467, 5.1768314736094702, 0.0037366294721894004, 1.3121978863063383e-5, 0.96719505284234154},
	{5.0, 50.0, -18.977021399416872, 5.1865039671258421, 0.0037300793425168423, 1.307857384684489e-5, 0.96730356538288777},
	{30.0, 0.2, -452.71422257564807, 30.032776307243488, 0.16388153621743898, 0.025175171585080828, 0.99899299313659677},
	{30.0, 1000.0, -461.22899923532533, 30.033259667433677, 3.3259667433677037e-5, 1.103771511890091e-9, 0.99889622848810991},
	{10000.0, 1.0, -50000010.129278915, 10000.000099999998, 9.99999980000001e-5, 9.99999940000005e-9, 0.9999999900000006},
	{-1000000.0, 10.0, -499990000067.03702, -999990.00000100001, 0.99999989999899999, 1.0000200002940038e-14, 0.99999999999899998},
	{-100000000.0, 200000000.0, -19.113827924512311, 0, 0.5, 2.5e-17, 0},
	{0.0, 0.999, -1.0745713074932177, 0.45947923077033709, 0.45993916994027737, 0.079660771054511162, 0.92049847082682681},
	{0.0, 1.001, -1.0751535576094515, 0.46024501094494832, 0.45978522571922914, 0.079642864213841839, 0.92019777041486628},
	{-0.4, 0.9, -0.95340374833781918, 0.046715340174850943, 0.49635037797205662, 0.081097508088758001, 0.93431101844810602},
	{1.0, 0.02, -1.4289881983780586, 1.0099663340111649, 0.49831670055824581, 0.08333052215314104, 0.99996666779113874},
	{2.5, 0.05, -4.1061912114390917, 2.5244741418260899, 0.48948283652179712, 0.083260034113316218, 0.99979184991471671},
	{40.0, 1.0, -804.60844201375379, 40.024968847207264, 0.024968847207263721, 0.00062266837859138626, 0.99937733162140861},
	{20.0, 1.5, -204.32262047920546, 20.049753068527808, 0.033168712351872157, 0.0010947829399950478, 0.99753673838501114},
	{3.5, 3.0, -9.464677769647582, 3.7513907649211186, 0.083796921640372853, 0.0063257292677762811, 0.94306843659001347},
	{7.0, 0.999, -27.383797165818858, 7.1370637406232731, 0.13720094156483791, 0.017825639470520291, 0.98220999398278128},
	{7.0, 1.1, -27.479832417442807, 7.1373131536113196, 0.12483013964665417, 0.014885253686560727, 0.98198884303926152},
	{8.0, 0.999, -35.012619753305723, 8.121187534806002, 0.1213088436496516, 0.014175622610541854, 0.98585271445905662},
	{8.0, 1.01, -35.023553119173857, 8.1212029604194339, 0.12000293110835043, 0.013881641633771205, 0.98583933736938999},
	{-30.0, 100000.0, -11.512925464970228, 0, 0.0003, 1.0e-10, 0},
}

// TestTruncate compares with exactMoments. The tolerance is relative, except for the mean and the loss, which pass
// through 0: the mean is 0 for a symmetric interval, and the loss for a wide one.
func TestTruncate(t *testing.T) {
	t.Parallel()
	const tol = 2e-13
	for _, c := range exactMoments {
		got := truncate(c.low, c.h)
		for _, p := range []struct {
			name      string
			got, want float64
			size      float64
		}{
			{"log of the mean density", got.logMean, c.logMean, math.Abs(c.logMean)},
			{"mean", got.mean, c.mean, max(1, math.Abs(c.mean))},
			{"fraction", got.fraction, c.fraction, max(1e-3, c.fraction)},
			{"variance", got.variance, c.variance, c.variance},
			{"loss", got.loss, c.loss, 1},
		} {
			if !(math.Abs(p.got-p.want) <= tol*p.size) {
				t.Errorf("low %g, h %g: %s = %.17g, want %.17g, off by %.1g", c.low, c.h, p.name, p.got, p.want, p.got-p.want)
			}
		}
	}
}

// TestTruncateNothing: an interval of width 0 has the density at that point, and the moments of a uniform number.
func TestTruncateNothing(t *testing.T) {
	t.Parallel()
	for _, low := range []float64{0, -2, 7, 1e5} {
		got := truncate(low, 0)
		want := truncated{logMean: -low*low/2 - .5*math.Log(2*math.Pi), mean: low, fraction: .5, variance: 1. / 12, loss: 1}
		if math.Abs(got.logMean-want.logMean) > 1e-15*max(1, low*low) || got.mean != low ||
			math.Abs(got.fraction-.5) > 1e-14 || math.Abs(got.variance-want.variance) > 1e-14 || got.loss != 1 {
			t.Errorf("at %g: %+v, want %+v", low, got, want)
		}
	}
}

// TestIntegrate uses known integrals with narrow peaks and singular ends. The rule's relative error is 1e-12 for
// bounded integrands. But at a distance of 1e-4 from the end 1, 1 - t itself has a relative error of 1e-12, and 1/sqrt
// loses what lies within the last 1e-16, whose root is 1e-8.
func TestIntegrate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		f    func(t float64) float64
		want float64
		tol  float64
	}{
		{"constant", func(float64) float64 { return 2 }, 2, 1e-12},
		{"polynomial", func(t float64) float64 { return t * t * t }, .25, 1e-12},
		{"root", func(t float64) float64 { return math.Sqrt(1 - t) }, 2. / 3, 1e-12},
		{"narrow at 1", func(t float64) float64 { return 1e-4 / (1e-8 + (1-t)*(1-t)) }, math.Atan(1e4), 1e-11},
		{"steep at 0", func(t float64) float64 { return 1 / math.Sqrt(t) }, 2, 1e-7},
		{"steep at 1", func(t float64) float64 { return 1 / math.Sqrt(1-t) }, 2, 1e-7},
	} {
		if got := integrate(c.f); !(math.Abs(got-c.want) <= c.tol) {
			t.Errorf("%s: %.15g, want %.15g within %g", c.name, got, c.want, c.tol)
		}
	}
}
