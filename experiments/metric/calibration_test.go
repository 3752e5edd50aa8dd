package metric

import (
	"math"
	"testing"

	"flowsweep/experiments/flow"
)

// posteriorModel is a net in two dimensions for the simulator x = theta + N(0, .3 I) with the prior N(0, I), of which the posterior is
// N(x / 1.3, .3 / 1.3 I). The net draws from that law with its standard deviation times width, and means off by shift times it.
func posteriorModel(seed uint64, width, shift float64) Model {
	draw := func(n int) flow.Batch {
		theta, noise := normal(n, 2, 0, "theta"), flow.NewBatch(n, 2)
		flow.NewStream(seed, "theta").Normal(theta, 0)
		flow.NewStream(seed, "noise of x").Normal(noise, 0)
		for i, v := range theta.Data {
			theta.Given = append(theta.Given, v+math.Sqrt(.3)*noise.Data[i])
		}
		return theta
	}
	return Model{
		Seed: seed, Draw: draw, HeldOut: draw,
		Posterior: func(points flow.Batch, draws int) (flow.Batch, error) {
			x := flow.NewBatch(points.Len()*draws, 2)
			flow.NewStream(seed, "posterior").Normal(x, 0)
			s := math.Sqrt(.3 / 1.3)
			for i := range x.Len() {
				for j, at := range points.GivenTo(i / draws) {
					x.Row(i)[j] = at/1.3 + s*(shift+width*x.Row(i)[j])
				}
			}
			return x, nil
		},
	}
}

// p returns the value and the p-value of a metric of a net.
func p(t *testing.T, m Metric, net Model) (value, p float64) {
	t.Helper()
	got, err := m.OfNet(net)
	if err != nil {
		t.Fatal(err)
	}
	return got.Value, got.P
}

// TestCalibrationOfTheTruePosterior: the p-values of draws from the true posterior are uniform: of 40, 4 standard errors allow from 8 to 32
// below a half, and at most 8 below .05. Those corrected for two coordinates are larger.
func TestCalibrationOfTheTruePosterior(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("simulates 80 laws of ranks, which takes about 3 s")
	}
	const nets = 40
	half, low := map[string]int{}, map[string]int{}
	for seed := range uint64(nets) {
		for _, m := range []Metric{Calibration, Coverage} {
			value, p := p(t, m, posteriorModel(seed, 1, 0))
			if !(value > 0 && value < .2) || !(p > 0 && p <= 1) {
				t.Errorf("%s: %g, p %g", m.Name, value, p)
			}
			if p < .5 {
				half[m.Name]++
			}
			if p < .05 {
				low[m.Name]++
			}
		}
	}
	for name, n := range half {
		if n < 8 || n > 32 || low[name] > 8 {
			t.Errorf("%s: of %d p-values %d are below .5 and %d below .05", name, nets, n, low[name])
		}
	}
}

// TestCalibrationCatches: a net that is too sure, not sure enough, or off, and one that always draws the prior or the point itself.
func TestCalibrationCatches(t *testing.T) {
	t.Parallel()
	copier := posteriorModel(1, 0, 0)
	copier.Posterior = func(points flow.Batch, draws int) (flow.Batch, error) {
		x := flow.NewBatch(points.Len()*draws, 2)
		for i := range x.Len() {
			x.Row(i)[0], x.Row(i)[1] = points.Row((i / draws / 2))[0], points.Row((i / draws / 2))[1] // of other points that it knows by heart
		}
		return x, nil
	}
	for name, net := range map[string]Model{
		"too narrow": posteriorModel(1, .6, 0), "too wide": posteriorModel(1, 1.6, 0), "off": posteriorModel(1, 1, .4), "a copier": copier,
	} {
		if value, p := p(t, Calibration, net); p > .001 || value < .08 {
			t.Errorf("%s: calibration %g, p %g", name, value, p)
		}
		if value, p := p(t, Coverage, net); name != "off" && p > .01 {
			t.Errorf("%s: coverage %g, p %g", name, value, p)
		}
	}
}

// TestCoverageSeesDependence: a net whose coordinates are each as they should be but depend on each other, unlike those of the truth, is
// calibrated coordinate by coordinate, and caught by its coverage. The prior, drawn whatever x is, is calibrated too, as Lemos et al. say.
func TestCoverageSeesDependence(t *testing.T) {
	t.Parallel()
	net := posteriorModel(2, 1, 0)
	right := net.Posterior
	net.Posterior = func(points flow.Batch, draws int) (flow.Batch, error) {
		x, err := right(points, draws)
		for i := range x.Len() {
			at := points.GivenTo(i / draws)
			x.Row(i)[1] = at[1]/1.3 + (x.Row(i)[0] - at[0]/1.3)
		}
		return x, err
	}
	if value, p := p(t, Calibration, net); p < .01 {
		t.Errorf("calibration %g, p %g", value, p)
	}
	if value, p := p(t, Coverage, net); p > .01 {
		t.Errorf("coverage %g, p %g", value, p)
	}
}

// TestCalibratedIsWithinItsBands: what a page shows of the true posterior, and of one that is too sure.
func TestCalibratedIsWithinItsBands(t *testing.T) {
	t.Parallel()
	outside := func(width float64) (out int) {
		of, err := RanksOf(posteriorModel(5, width, 0))
		if err != nil {
			t.Fatal(err)
		}
		c := of.Calibrated()
		if c.Points != calibrationPoints || len(c.Coordinates) != 2 || len(c.Coverage.Shares) != c.Draws {
			t.Fatalf("%d points, %d coordinates, %d shares", c.Points, len(c.Coordinates), len(c.Coverage.Shares))
		}
		for _, h := range c.Coordinates {
			sum := 0
			for _, n := range h.Counts {
				sum += n
				if n < h.Low || n > h.High {
					out++
				}
			}
			if sum != c.Points {
				t.Errorf("%d ranks of %d points", sum, c.Points)
			}
		}
		for k, s := range c.Coverage.Shares {
			if s < c.Coverage.Low[k]-1e-12 || s > c.Coverage.High[k]+1e-12 {
				out++
			}
		}
		return out
	}
	if n := outside(1); n > 0 {
		t.Errorf("%d numbers of the true posterior are outside their bands", n)
	}
	if n := outside(.5); n < 4 {
		t.Errorf("only %d numbers of a posterior of half the width are outside their bands", n)
	}
	// Draws that are not finite have no ranks, and metrics without a value.
	net := posteriorModel(5, math.NaN(), 0)
	for _, m := range []Metric{Calibration, Coverage} {
		if value, _ := p(t, m, net); !math.IsNaN(value) {
			t.Errorf("%s of draws that are NaN: %g", m.Name, value)
		}
	}
}
