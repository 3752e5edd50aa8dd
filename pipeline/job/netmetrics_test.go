package job

import (
	"math"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
)

// TestLogDensitiesAgree: the mean of the estimated log densities is that of the exact ones within 4 of its errors. The net
// is untrained, so that its divergence is not small by training.
func TestLogDensitiesAgree(t *testing.T) {
	t.Parallel()
	f := untrained(t, plan(t, "name: a\ntarget: {name: gaussian, dim: 6}\nnet: {width: 16, depth: 2}\n"), 0)
	x := f.fit.Recipe.Target.Sample(200, flow.NewStream(1, "x"))
	exact, err := f.exactLogDensities(x)
	if err != nil {
		t.Fatal(err)
	}
	estimated, err := f.estimatedLogDensities(x)
	if err != nil {
		t.Fatal(err)
	}
	off := make([]float64, len(exact))
	for i := range off {
		off[i] = estimated[i] - exact[i]
	}
	if m := metric.Mean(off); !(math.Abs(m.Value) <= 4*m.SE) || m.SE > .1 || m.SE == 0 {
		t.Errorf("the estimates are %g ± %g off in the mean", m.Value, m.SE)
	}
}

// TestExactMMDIsThatOfALargeReference: against the law of the target itself the mmd is what it is against a reference of
// 20,000 points, within 4 of the errors of that, the bandwidth being that of the same points.
func TestExactMMDIsThatOfALargeReference(t *testing.T) {
	t.Parallel()
	to := plan(t, "name: a\ntarget: {name: gaussians, count: 5, radius: 2}\n").Fits[0].Recipe.Target
	truth := to.Sample(20_000, flow.NewStream(1, "truth"))
	samples := to.Sample(500, flow.NewStream(2, "samples"))
	for i := range samples.Data {
		samples.Data[i] += .3
	}
	var got [2]metric.Measurement
	for i, m := range []metric.Metric{metric.ExactMMD, metric.MMD} {
		judge, err := judgeOf(m, to, truth)
		if err != nil {
			t.Fatal(err)
		}
		if got[i], err = judge(samples); err != nil {
			t.Fatal(err)
		}
	}
	if got[0].Value < 4*got[0].SE || !(math.Abs(got[0].Value-got[1].Value) <= 4*got[1].SE) || got[0].SE > got[1].SE*1.1 {
		t.Errorf("against the law %+v, against a sample of it %+v", got[0], got[1])
	}
	if judge, err := judgeOf(metric.NLL, to, truth); judge != nil || err != nil {
		t.Errorf("nll has a judge: %v", err)
	}
}

// TestNetMetricsOfAKnownNet: an untrained net with weights of 0 has velocity 0, and leaves the noise where it is. Against
// N(0, I) in 2 dimensions its nll is that of a normal, log 2 pi + 1 within 4 standard errors of 2,000 points, its
// trajectories have no energy, so that npe is -1, and no solver has an error. The exact velocity under condot from N(0, I)
// to itself is (2t - 1) x / (t^2 + (1-t)^2), and E |u|^2 / d its excess loss: the integral of (2t-1)^2/(t^2 + (1-t)^2), 2 - pi/2.
func TestNetMetricsOfAKnownNet(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: {name: gaussian, dim: 2}\nnet: {width: 4, depth: 1}\nsample: {solver: heun, steps: 2, count: 50}\n")
	f := untrained(t, p, 3)
	zero, err := Open(f.engine, f.fit, make([]float32, len(f.weights)), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer zero.Close()
	for _, c := range []struct {
		metric metric.Metric
		want   float64
		exact  bool
	}{
		{metric.NLL, math.Log(2*math.Pi) + 1, false}, {metric.ExcessLoss, 2 - math.Pi/2, false}, {metric.NPE, -1, true}, {metric.PathRMSE, 0, true},
	} {
		run := p.Fits[0].Runs[0]
		got, err := zero.netMetric(c.metric, run.Sampling, zero.start(run.Sampling).x0)
		if err != nil {
			t.Fatal(err)
		}
		allowed := 4 * got.SE
		if c.exact {
			allowed = 1e-9
		}
		if !(math.Abs(got.Value-c.want) <= allowed) {
			t.Errorf("%s is %g ± %g, want %g", c.metric.Name, got.Value, got.SE, c.want)
		}
	}
	if _, err := zero.netMetric(metric.MMD, experiments.Sampling{}, flow.Batch{}); err == nil {
		t.Error("mmd is measured of a net")
	}
}
