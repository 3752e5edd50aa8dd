package index

import (
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
)

func TestRender(t *testing.T) {
	t.Parallel()
	page, err := Render([]Sweep{
		{
			Name: "done", Report: "done/report.html", State: experiments.Finished, Started: time.Date(2026, 3, 14, 23, 0, 0, 0, time.UTC), Targets: []string{"moons"}, Runs: 9, Finished: 9,
			Choices: []Choice{{Setting: "heun · 4 steps", Metric: "mmd", Mean: experiments.Interval{Mean: .01, Low: .009, High: .011}, NFE: 8, Verdict: "pass"}},
		},
		{Name: "half<", State: experiments.Killed, Runs: 1200, Finished: 7, Failed: 2},
		{Name: "odd", Problem: "no JSON"},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, want := range []string{
		`<a href="done/report.html">done</a>`, "mmd 0.0100 [0.0090, 0.0110]", "2026-03-14", "<th scope=\"row\">half&lt;</th>", "7 of 1,200", `reason">2<`,
		"unreadable: see flowsweep db check", "3 sweeps in the store",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if page, err := Render(nil); err != nil || !strings.Contains(string(page), "The store holds no sweep.") {
		t.Errorf("without sweeps: %v", err)
	}
}
