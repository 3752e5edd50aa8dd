package job

import (
	"math"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
)

// normalRows returns a CSV file of n normal rows in two columns.
func normalRows(n int, seed uint64) string {
	z := flow.NewBatch(n, 2)
	flow.NewStream(seed, "rows").Normal(z, 0)
	var b strings.Builder
	b.WriteString("x,y\n")
	for i := range n {
		b.WriteString(experiments.Number(z.Row(i)[0]).String() + "," + experiments.Number(z.Row(i)[1]).String() + "\n")
	}
	return b.String()
}

// dataSpec returns a spec of the rows in a file.
func dataSpec(t *testing.T, file, more string) experiments.Spec {
	t.Helper()
	p := experiments.Parser{Open: func(string) ([]byte, error) { return []byte(file), nil }}
	spec, err := p.Parse("a.yaml", []byte("name: a\ntarget: {file: rows.csv}\n"+more))
	must(t, err)
	return spec
}

// drawBaselines returns the first draw of each baseline of a spec, by name.
func drawBaselines(t *testing.T, spec experiments.Spec) map[string]experiments.Result {
	t.Helper()
	plans, err := spec.BaselinePlans()
	must(t, err)
	judges, draws := NewJudges(engine.Go, spec), map[string]experiments.Result{}
	for _, p := range plans {
		b, err := judges.FitBaseline(p)
		must(t, err)
		values, err := b.Measure(t.Context(), 0, p.Metrics)
		must(t, err)
		draws[p.Name] = experiments.Result{Metrics: values}
	}
	return draws
}

// TestOnlyResampledRowsAreCopies: of 600 normal rows with 60 fresh ones, resampled rows are found to be memorised, and all of
// them are near one. Of the others, the truth and the normal distribution are as far from the rows as held-out rows are,
// 0.05, within 5 standard errors of the share, and none is memorised.
func TestOnlyResampledRowsAreCopies(t *testing.T) {
	t.Parallel()
	draws := drawBaselines(t, dataSpec(t, normalRows(600, 1), "sample: {count: 400}\nmetrics: [sliced-w2]\n"))
	if len(draws) != 4 {
		t.Fatalf("%d baselines", len(draws))
	}
	for name, r := range draws {
		measured := map[string]metric.Measurement{}
		for _, v := range r.Metrics {
			measured[v.Name] = metric.Measurement{Value: v.Value, SE: v.SE, P: v.P}
		}
		share, near := measured[metric.NNShare.Name], measured[metric.NearShare.Name]
		if copies := metric.Memorised(share, near); copies != (name == "resample") {
			t.Errorf("%s: memorised is %v, with nn-share %+v and near-share %+v", name, copies, share, near)
		}
		switch {
		case name == "resample" && near.Value != 1:
			t.Errorf("resampled rows have near-share %g", near.Value)
		case (name == "truth" || name == "gaussian") && math.Abs(near.Value-.05) > 5*near.SE:
			t.Errorf("%s: near-share %+v, want about .05", name, near)
		}
	}
}

// TestTruthIsNotToldApart: the p-values of the truth are uniform, for rows of data and for a target in closed form: of 60,
// at most .05 + 3 standard errors of 60 cases are at most .05, and half of them at most .5, within as many.
func TestTruthIsNotToldApart(t *testing.T) {
	t.Parallel()
	cases := 60
	if testing.Short() {
		cases = 20
	}
	const more = "sample: {count: 60}\nreference: {count: 60, seed: 7}\nmetrics: [energy]\nbaselines: truth\n"
	small, low := 0, 0
	for k := range cases {
		spec := dataSpec(t, normalRows(150, uint64(k)), more)
		if k%2 == 1 {
			spec = plan(t, strings.Replace("name: a\ntarget: moons\n"+more, "seed: 7", "seed: "+experiments.Number(k).String(), 1)).Spec
		}
		p, err := spec.Plan()
		must(t, err)
		nulls, err := p.Nulls()
		must(t, err)
		values, err := NullValues(t.Context(), engine.Go, nulls[0], spec.Reference)
		must(t, err)
		nulls[0].Values = values
		v := drawBaselines(t, spec)["truth"].Metrics[0].Against(nulls[0].Null)
		if v.P <= .05 {
			small++
		}
		if v.P <= .5 {
			low++
		}
	}
	n := float64(cases)
	if share := float64(small) / n; share > .05+3*math.Sqrt(.05*.95/n) {
		t.Errorf("%d of %d p-values are at most .05", small, cases)
	}
	if share := float64(low) / n; math.Abs(share-.5) > 3*math.Sqrt(.25/n) {
		t.Errorf("%d of %d p-values are at most .5", low, cases)
	}
}

// TestBaselinesOfALaw: without a data file, baselines are fitted to fresh draws of the target, which are not those of the
// reference. The normal distribution of normal points is not far from them, and resampled rows are no points of the
// reference.
func TestBaselinesOfALaw(t *testing.T) {
	t.Parallel()
	spec := plan(t, "name: a\ntarget: gaussian\nsample: {count: 300}\nreference: {count: 400}\nmetrics: [mmd]\n"+
		"baselines: [gaussian, kde, resample, truth]\n").Spec
	for name, r := range drawBaselines(t, spec) {
		// The unbiased estimate is 0 on average for equal laws; 5 standard errors are allowed, and twice as many for laws
		// that are fitted to 400 points.
		if v := r.Metrics[0]; math.Abs(v.Value) > 10*v.SE {
			t.Errorf("%s: mmd %g ± %g", name, v.Value, v.SE)
		}
	}
	plans, err := spec.BaselinePlans()
	must(t, err)
	b, err := NewJudges(engine.Go, spec).FitBaseline(plans[2])
	must(t, err)
	reference := Reference(spec, spec.Settings[0])
	known := map[float64]bool{}
	for _, v := range reference.Data {
		known[v] = true
	}
	for _, v := range b.draw(100, flow.NewStream(0, "points")).Data {
		if known[v] {
			t.Fatalf("resampled rows hold %g, as the reference does", v)
		}
	}
}
