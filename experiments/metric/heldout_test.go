package metric

import (
	"math"
	"testing"

	"flowsweep/experiments/flow"
)

// ofRows is a model that knows only rows, and whose loss at a row is its first coordinate.
func ofRows(trained, held flow.Batch) Model {
	give := func(b flow.Batch) func(int) flow.Batch { return func(int) flow.Batch { return b } }
	return Model{Trained: give(trained), Held: give(held), Losses: func(rows flow.Batch, _ int) ([]float64, error) {
		losses := make([]float64, rows.Len())
		for i := range losses {
			losses[i] = rows.Row(i)[0]
		}
		return losses, nil
	}}
}

func column(values ...float64) flow.Batch { return flow.Batch{Dim: 1, Data: values} }

// TestHeldOutByHand: of the samples 0.1, 0.2, 10.1 and 11.2, three are nearest to the training rows 0 and 10, and one is
// nearest to the held-out rows 1 and 11. The held-out rows are 1 from the nearest training row, so all samples but the
// last are nearer to one. The losses of the rows are 6 and 5 on average. Of the 6 pairs of the numbers 0, 1, 10 and 11,
// only 1 and 11, and 10 and 11, have a sum of at least 12.
func TestHeldOutByHand(t *testing.T) {
	t.Parallel()
	net := ofRows(column(0, 10), column(1, 11))
	samples := column(.1, .2, 10.1, 11.2)
	for name, want := range map[string]float64{HeldOutLoss.Name: 6, LossGap.Name: 1, NNShare.Name: .75, NearShare.Name: .75} {
		for _, m := range Checks {
			if m.Name != name {
				continue
			}
			got, err := measureOf(m, net, samples)
			if err != nil {
				t.Fatal(err)
			}
			near(t, name, got.Value, want, 1e-12) // a few roundings
			if name == LossGap.Name {
				near(t, "p of "+name, got.P, 2./6, .02) // four standard errors of 9,999 permutations
			}
		}
	}
}

// measureOf measures a metric of a net, or of samples of it.
func measureOf(m Metric, net Model, samples flow.Batch) (Measurement, error) {
	if m.OfRun != nil {
		return m.OfRun(net, samples)
	}
	return m.OfNet(net)
}

// TestCopiesAreFound: of 20 normal rows to train on and 5 held out, samples at the training rows are more often nearest to
// 5 random ones of them, with the smallest p-value that there is, and their near-share is nearly 1.
func TestCopiesAreFound(t *testing.T) {
	t.Parallel()
	trained, held := normal(20, 2, 0, "trained"), normal(5, 2, 0, "held")
	samples := flow.NewBatch(500, 2)
	r := flow.NewStream(0, "which").At(0)
	for i := range samples.Len() {
		row := trained.Row(r.IntN(trained.Len()))
		samples.Row(i)[0], samples.Row(i)[1] = row[0]+1e-3*r.NormFloat64(), row[1]+1e-3*r.NormFloat64()
	}
	net := ofRows(trained, held)
	share, err := NNShare.OfRun(net, samples)
	if err != nil || share.P > 2e-3 || share.Value < .6 {
		t.Errorf("nn-share of copies is %+v (%v)", share, err)
	}
	close, err := NearShare.OfRun(net, samples)
	if err != nil || close.Value < .99 {
		t.Errorf("near-share of copies is %+v (%v)", close, err)
	}
}

// TestHonestSamplesAreNotAccused: with 20 rows and 5 held-out ones, samples of the truth are found guilty by nn-share in
// at most 5 % of cases at the 5 % level, up to 3 standard errors of 300 cases, while a binomial test over the samples
// would accuse most of them. Values scatter about 0.5 by about their standard errors.
func TestHonestSamplesAreNotAccused(t *testing.T) {
	t.Parallel()
	cases := 300
	if testing.Short() {
		cases = 60
	}
	accused, byBinomial, within := 0, 0, 0
	var values []float64
	for k := range cases {
		stream := flow.NewStream(uint64(k), "honest")
		draw := func(n int, from uint64) flow.Batch {
			b := flow.NewBatch(n, 2)
			stream.Normal(b, from)
			return b
		}
		const n = 200
		m, err := NNShare.OfRun(ofRows(draw(20, 0), draw(5, 100)), draw(n, 1000))
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, m.Value)
		if m.P <= .05 {
			accused++
		}
		if (m.Value-.5)/math.Sqrt(.25/n) > 1.645 {
			byBinomial++
		}
		if math.Abs(m.Value-.5) <= 2*m.SE {
			within++
		}
	}
	total := float64(cases)
	if limit := .05 + 3*math.Sqrt(.05*.95/total); float64(accused)/total > limit {
		t.Errorf("%d of %d honest samples are accused", accused, cases)
	}
	if float64(byBinomial)/total < .1 {
		t.Errorf("a binomial test accuses only %d of %d: the comment on nn-share is wrong", byBinomial, cases)
	}
	if float64(within)/total < .85 {
		t.Errorf("only %d of %d values are within 2 standard errors of 0.5", within, cases)
	}
	if m := Mean(values); math.Abs(m.Value-.5) > 4*m.SE {
		t.Errorf("the mean is %g ± %g, want 0.5", m.Value, m.SE)
	}
}
