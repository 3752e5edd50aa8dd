package metric

import (
	"errors"
	"testing"

	"flowsweep/experiments/flow"
)

// along returns the points shifted along the first axis.
func along(x flow.Batch, by float64) flow.Batch {
	x = x.Clone()
	for i := range x.Len() {
		x.Row(i)[0] += by
	}
	return x
}

// knownModel is a net in two dimensions whose velocity differs from the exact one by (3, 4) everywhere. Its runs start
// from N(0, I) and end 1 further along the first axis. All its paths have energy 3, and all log densities are -2.
func knownModel() Model {
	field := func(a, b float64) flow.RowField {
		return func(t []float64, x flow.Batch) (flow.Batch, error) {
			u := flow.NewBatch(x.Len(), 2)
			for i := range t {
				u.Row(i)[0], u.Row(i)[1] = a+t[i]*x.Row(i)[0], b-x.Row(i)[1]
			}
			return u, nil
		}
	}
	every := func(v float64) func(x flow.Batch) ([]float64, error) {
		return func(x flow.Batch) ([]float64, error) {
			values := make([]float64, x.Len())
			for i := range values {
				values[i] = v
			}
			return values, nil
		}
	}
	start := func(n int) flow.Batch { return normal(n, 2, 0, "start") }
	end := func(n int) flow.Batch { return along(start(n), 1) }
	return Model{
		Path: flow.CondOT, Velocity: field(3, 4), Exact: field(0, 0), Start: start, Draw: end, HeldOut: end,
		Ends: func(n int) (flow.Batch, error) { return end(n), nil }, Energies: every(3), LogDensities: every(-2),
		Trained: start, Held: end, Losses: func(x flow.Batch, _ int) ([]float64, error) { return every(2)(x) },
		Whole: func(n int) (flow.Batch, bool) { return end(n), false },
	}
}

// TestMetricsOfAKnownModel: the excess loss is (3^2 + 4^2)/2 and the negative log-likelihood 2. The energy is 3 times
// that of optimal transport, which is 1^2, as a shift of all points is optimal. Unmoved samples are at distance 1 from
// the ends.
func TestMetricsOfAKnownModel(t *testing.T) {
	t.Parallel()
	net := knownModel()
	for _, c := range []struct {
		metric Metric
		want   float64
	}{{ExcessLoss, 12.5}, {NLL, 2}, {NPE, 2}} {
		got, err := c.metric.OfNet(net)
		if err != nil {
			t.Fatal(err)
		}
		near(t, c.metric.Name, got.Value, c.want, 1e-12) // several thousand roundings of numbers near 1
	}
	for by, want := range map[float64]float64{0: 1, 1: 0, 3: 2} {
		got, err := PathRMSE.OfRun(net, along(net.Start(40), by))
		if err != nil {
			t.Fatal(err)
		}
		near(t, PathRMSE.Name, got.Value, want, 1e-12)
	}
	if _, err := PathRMSE.OfRun(net, normal(40, 3, 0, "x")); err == nil {
		t.Error("samples of a different dimension are accepted")
	}
}

// TestModelsThatFail: the metric returns the errors of the model.
func TestModelsThatFail(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	net := knownModel()
	fails := func(flow.Batch) ([]float64, error) { return nil, broken }
	net.Energies, net.LogDensities = fails, fails
	net.Losses = func(flow.Batch, int) ([]float64, error) { return nil, broken }
	net.Velocity = func([]float64, flow.Batch) (flow.Batch, error) { return flow.Batch{}, broken }
	net.Ends = func(int) (flow.Batch, error) { return flow.Batch{}, broken }
	net.Posterior = func(flow.Batch, int) (flow.Batch, error) { return flow.Batch{}, broken }
	for _, m := range Metrics {
		var err error
		switch {
		case m.OfNet != nil:
			_, err = m.OfNet(net)
		case m.OfRun != nil:
			_, err = m.OfRun(net, net.Start(9))
		default:
			continue
		}
		if asksOnlyRows := m.HeldOut && m.OfRun != nil; asksOnlyRows {
			continue
		}
		if !errors.Is(err, broken) {
			t.Errorf("%s of a broken net: error %v", m.Name, err)
		}
	}
	net = knownModel()
	net.Exact = func([]float64, flow.Batch) (flow.Batch, error) { return flow.Batch{}, broken }
	if _, err := ExcessLoss.OfNet(net); !errors.Is(err, broken) {
		t.Errorf("excess loss with an unknown exact velocity: error %v", err)
	}
}

// TestExcessLossOfAConditionalNet: both velocities are given what the points are. A net whose velocity is off by c, for points given c = 1 and
// c = 3 equally often, has the excess loss (1 + 9)/2.
func TestExcessLossOfAConditionalNet(t *testing.T) {
	t.Parallel()
	net := knownModel()
	net.Draw = func(n int) flow.Batch {
		x := normal(n, 2, 0, "start")
		for i := range n {
			x.Given = append(x.Given, float64(1+2*(i%2)))
		}
		return x
	}
	exact := net.Exact
	net.Velocity = func(times []float64, x flow.Batch) (flow.Batch, error) {
		u, err := exact(times, x)
		for i := range x.Len() {
			u.Row(i)[0] += x.GivenTo(i)[0]
			u.Row(i)[1] += x.GivenTo(i)[0]
		}
		return u, err
	}
	got, err := ExcessLoss.OfNet(net)
	if err != nil {
		t.Fatal(err)
	}
	near(t, ExcessLoss.Name, got.Value, 5, 1e-12) // several thousand roundings of numbers near 1
}
