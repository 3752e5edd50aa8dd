package reports

import (
	"strings"
	"testing"

	"flowsweep/experiments"
)

// Machines that shared a sweep have a table and a column, and roundings that differ a caution. A sweep of one has none of them.
func TestMachines(t *testing.T) {
	t.Parallel()
	p := fullPage(t)
	if html := render(t, p); strings.Contains(html, "<h3>Machines</h3>") || strings.Contains(html, ">machine<") {
		t.Error("a page of one machine has a place for several")
	}
	for i := range p.Sweep.Results {
		p.Sweep.Results[i].Machine = []string{"n<1>", "n2"}[i%2]
	}
	p.Sweep.Machines = []experiments.Machine{
		{CPU: "A", Fits: 1, Cores: 2},
		{Name: "n<1>", CPU: "A", Cores: 4, Rounding: "aaaa", Fits: 3, Runs: 14_000, Seconds: 12.34},
		{Name: "n2", CPU: "A", Cores: 4, Rounding: "aaaa"},
	}
	html := render(t, p)
	for _, want := range []string{
		`<tr><th scope="row">n&lt;1&gt;</th><td>A</td><td>aaaa</td><td class="n">4</td><td class="n">3</td><td class="n">14,000</td><td class="n">12.3</td></tr>`,
		`<tr><th scope="row">without a name</th><td>A</td><td>unknown</td><td class="n">2</td>`,
		`<th scope="col">machine</th>`, `<td>n&lt;1&gt;</td>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(html, "roundings (") || strings.Contains(html, "processors differ") {
		t.Error("machines that round alike, on the same processors, are cautioned against")
	}
	p.Sweep.Machines[2].CPU, p.Sweep.Machines[2].Rounding = "B", "bbbb"
	html = render(t, p)
	for _, want := range []string{"The rows were made with 2 roundings (aaaa, bbbb): compare them with care.", "Their processors differ"} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is missing", want)
		}
	}
}
