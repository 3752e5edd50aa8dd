package reports

import (
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
)

func TestFresh(t *testing.T) {
	t.Parallel()
	p := fullPage(t)
	html := render(t, p)
	for _, want := range []string{"<dt>On fresh points</dt><dd>mmd 0.00040 [0.00020, 0.00060], sliced-w2 0.0210 [0.0170, 0.0250]", "mmd on fresh points", "<dt>Fresh points</dt>"} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is missing", want)
		}
	}
	p.Fresh = nil
	if html := render(t, p); strings.Contains(strings.ToLower(html), "fresh points") {
		t.Error("a page without fresh figures mentions them")
	}
}

// TestErrorSplit checks the sentence on the errors of the solver and the net.
func TestErrorSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		metrics string
		path    float64
		want    string
	}{
		"most is the net's":     {"sliced-w2, path-rmse", .001, "changes their sliced-w2, 0.0200, by no more than that. The rest is the net’s error and sampling noise, which alone scores 0.0100"},
		"all may be the solver": {"sliced-w2, path-rmse", .03, "which is no less than their sliced-w2, 0.0200: more steps may help"},
		"no distance":           {"mmd, path-rmse", .001, "The rest of their mmd is the net’s error"},
		"no path-rmse":          {"mmd, sliced-w2", 0, ""},
		"no sample metric":      {"path-rmse, nll", .001, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pageOf(t, sweepOf(t, parse(t, strings.Replace(twoMoons, "mmd, sliced-w2", c.metrics, 1))))
			for i, st := range p.Summaries[p.Choice.Chosen].Metrics {
				switch st.Name {
				case metric.PathRMSE.Name:
					p.Summaries[p.Choice.Chosen].Metrics[i] = experiments.Stat{Name: st.Name, Mean: c.path}
				case "sliced-w2":
					p.Summaries[p.Choice.Chosen].Metrics[i] = experiments.Stat{Name: st.Name, Mean: .02}
				}
			}
			r, err := newReport(p)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.errorSplit(); got != c.want && (c.want == "" || !strings.Contains(got, c.want)) {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
}
