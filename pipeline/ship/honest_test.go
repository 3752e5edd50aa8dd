package ship

import (
	"fmt"
	"math"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/oracle"
	"flowsweep/pipeline/job"
)

// honestSpec is a sweep of small samples, so that many can be judged.
const honestSpec = "{name: a, target: {name: gaussians, count: 5, radius: 2}, metrics: [mmd, sliced-w2, energy], sample: {solver: rk4, steps: 16, count: 120}, " +
	"reference: {count: 120, seed: %d}}"

// exactSamples returns samples of the spec's setting whose net is the exact velocity, shifted by this much.
func exactSamples(t *testing.T, spec experiments.Spec, shift float64) flow.Batch {
	t.Helper()
	r := spec.Settings[0].Recipe
	exact := oracle.Oracle{Law: r.Target.Law, Path: r.Path}
	v := job.Velocity{Path: r.Path, Field: exact.Field(), Rows: exact.RowField()}
	x0 := flow.NewBatch(spec.Settings[0].Sample.Count, 2)
	r.Source.Fill(x0, flow.NewStream(spec.Reference.Seed, "fresh noise"), 0)
	got, err := v.Sample(t.Context(), spec.Settings[0].Sample, x0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Points.Data {
		got.Points.Data[i] += shift
	}
	return got.Points
}

// judged returns the verdict on samples by the metrics of a spec, and what each metric has above its null.
func judged(t *testing.T, spec experiments.Spec, samples flow.Batch) (experiments.Verdict, map[string]float64) {
	t.Helper()
	to := spec.Settings[0].Target
	truth := job.FreshReference(spec, spec.Settings[0])
	fresh := experiments.Fresh{Compared: samples.Len(), Reference: truth.Len(), Metrics: map[string]experiments.FreshFigure{}}
	above := map[string]float64{}
	for _, m := range spec.Metrics {
		f, err := freshFigure(t.Context(), engine.Go, spec, to, m, truth, []flow.Batch{samples})
		if err != nil {
			t.Fatal(err)
		}
		fresh.Metrics[m.Name], above[m.Name] = f, float64(f.Mean-f.Null.Mean)
	}
	of := []experiments.Summary{{Setting: spec.Settings[0], Runs: make([]experiments.Result, 1)}}
	return experiments.Sweep{Spec: spec}.Verdict(0, of, fresh, nil), above
}

// TestVerdictOnExactSamples judges sweeps whose net is the exact velocity. At the 5 % level, at most 8 % of the marks may be
// wrong, which honest tests exceed once in a few hundred runs of 30 sweeps; they are corrected for all metrics, so fewer
// are expected. The net's share of the error is 0, within 4 standard errors of its mean over the sweeps. Samples shifted by
// 0.7 in both dimensions are told apart in most cases, so the tests can fail.
func TestVerdictOnExactSamples(t *testing.T) {
	t.Parallel()
	sweeps := 30
	if testing.Short() {
		sweeps = 8
	}
	marks, wrong, found := 0, 0, 0
	shares := map[string][]float64{}
	for seed := range sweeps {
		spec, err := experiments.Parse("a.yaml", fmt.Appendf(nil, honestSpec, seed))
		if err != nil {
			t.Fatal(err)
		}
		v, above := judged(t, spec, exactSamples(t, spec, 0))
		for _, test := range v.Tests {
			marks++
			if test.Mark != experiments.TestPass {
				wrong++
			}
		}
		for name, x := range above {
			shares[name] = append(shares[name], x)
		}
		if seed%5 == 0 {
			v, _ := judged(t, spec, exactSamples(t, spec, .7))
			if len(v.With(experiments.TestFail)) > 0 {
				found++
			}
		}
	}
	if marks != 3*sweeps || float64(wrong) > .08*float64(marks) {
		t.Errorf("%d of %d marks on exact samples are wrong", wrong, marks)
	}
	if tried := (sweeps + 4) / 5; 2*found < tried {
		t.Errorf("only %d of %d shifted samples are told apart", found, tried)
	}
	for name, x := range shares {
		if m := metric.Mean(x); math.Abs(m.Value) > 4*m.SE {
			t.Errorf("the exact velocity has a share of %g ± %g of the %s", m.Value, m.SE, name)
		}
	}
}
