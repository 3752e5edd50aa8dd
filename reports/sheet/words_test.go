package sheet

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/reports/number"
)

// tryNumbers leaves in the page which cases differ.
const tryNumbers = `
const { text, plusMinus, p } = flowsweep.number, wrong = [];
const compare = (list, write) => { for (const c of list) if (write(c) !== c.Want) wrong.push(c.X + " ± " + c.SE + ": got " + write(c) + ", want " + c.Want); };
compare(cases.Text, (c) => text(c.X));
compare(cases.PlusMinus, (c) => plusMinus(c.X, c.SE));
compare(cases.P, (c) => p(c.X));
const special = [text(NaN), text(Infinity), text(-Infinity)].join();
document.body.textContent = "BEGIN" + JSON.stringify({ wrong, special, csv: flowsweep.data.parse(cases.CSV) }) + "END";
`

// TestNumbersInABrowser: scripts write numbers as the page does, and read CSV as it is written.
func TestNumbersInABrowser(t *testing.T) {
	t.Parallel()
	type pair struct {
		X, SE float64
		Want  string
	}
	var cases struct {
		Text, PlusMinus, P []pair
		CSV                string
	}
	for _, x := range []float64{0, 1, -1, .5, 9.99, 9.999, 99.95, 123.4, 1234.5, 99999, 123456, 999999, 1234567, 1e-3, -2.5e-4, 9.99e-5, 1e-5, 3.14159e-12, 1e21, -7e30, 2e-300, 12.5, .0555, 1e5, .125, .375, -2.5} {
		cases.Text = append(cases.Text, pair{X: x, Want: number.Text(x)})
		for _, se := range []float64{1e-6, .0042, .5, 12, 4e8} {
			cases.PlusMinus = append(cases.PlusMinus, pair{x, se, number.PlusMinus(x, se)})
		}
	}
	for _, p := range []float64{0, 1e-5, .0034, .0099, .01, .017, .05, .5, 1} {
		cases.P = append(cases.P, pair{X: p, Want: number.P(p)})
	}
	records := [][]string{{"run", "error", "x"}, {"a", "he said \"no\"", ""}, {"b", "two\nlines, and a comma", "1"}, {"", "", ""}, {"ü", `""`, "😀"}, {"c", "", "\""}}
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(records); err != nil {
		t.Fatal(err)
	}
	cases.CSV = b.String()
	raw, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	page := `<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><script>` + joined("start", "names", "query", "data", "number") +
		`const cases = ` + string(raw) + ";" + tryNumbers + `</script></body></html>`
	var got struct {
		Wrong   []string
		Special string
		CSV     [][]string
	}
	answer(t, page, &got)
	for _, w := range got.Wrong {
		t.Error(w)
	}
	if want := strings.Join([]string{number.Text(math.NaN()), number.Text(math.Inf(1)), number.Text(math.Inf(-1))}, ","); got.Special != want {
		t.Errorf("not finite: got %s, want %s", got.Special, want)
	}
	if !slices.EqualFunc(got.CSV, records, slices.Equal[[]string]) {
		t.Errorf("the CSV is read as %q, want %q", got.CSV, records)
	}
}
