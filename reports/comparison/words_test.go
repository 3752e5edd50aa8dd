package comparison

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"flowsweep/experiments"
)

func interval(mean, low, high float64) experiments.Interval {
	return experiments.Interval{Mean: experiments.Number(mean), Low: experiments.Number(low), High: experiments.Number(high)}
}

func ExampleContrast_Words() {
	for _, ratio := range []experiments.Interval{interval(.88, .82, .95), interval(.97, .88, 1.07), interval(3.2, 2, 5)} {
		fmt.Println(Contrast{Ratio: &ratio}.Words())
	}
	fmt.Println(Contrast{Difference: interval(-.0012, -.0018, -.0005)}.Words())
	// Output:
	// 12 % lower (5 to 18 %)
	// 3 % lower (12 % lower to 7 % higher)
	// 3.20 times as high (2.00 to 5.00 times)
	// 0.00120 lower (0.000500 to 0.00180)
}

// example is a comparison with rows of all findings.
func example(finding string) Comparison {
	lower, none := interval(.88, .82, .95), interval(1, .9, 1.1)
	row := func(setting, finding string, ratio experiments.Interval) Row {
		r := Row{Setting: setting, Metric: "sliced-w2", A: Mean{Interval: interval(.1, .09, .11)}, B: Mean{Interval: interval(.088, .08, .1)}, Finding: finding}
		if finding == Untested {
			r.Why = "the targets differ"
			return r
		}
		r.Versus = &Contrast{Difference: interval(-.012, -.018, -.005), Ratio: &ratio, Paired: true, Seeds: 5}
		return r
	}
	side := func(name string) Side {
		return Side{Sweep: name, Settings: 2, Points: []Point{{Setting: "<1 step>", NFE: 1, Mean: .2}, {Setting: "2 steps", NFE: 2, Mean: .1, Chosen: true}}}
	}
	return Comparison{
		A: side("a"), B: side("b<script>"), Differences: []Field{{"coupling", []string{"independent"}, []string{"<ot>"}}},
		Metrics: []Metric{{"sliced-w2", []Row{row("<1 step>", Better, lower), row("2 steps", NoneSeen, none)}}},
		Choices: []Choices{{A: &Chosen{Setting: "x", NFE: 8}, B: &Chosen{Setting: "y", NFE: 4}, Rows: []Row{row("", finding, lower)}}},
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	for finding, want := range map[string]string{
		Better:   "b<script>’s choice is better: sliced-w2 12 % lower (5 to 18 %), at half the calls (4 instead of 8). Of 2 settings that both have, b<script> is better in 1 and worse in 0.",
		NoneSeen: "No difference seen between the choices: sliced-w2 12 % lower (5 to 18 %) in b<script>, at half",
		Equal:    "No difference: the choices have the same sliced-w2 to the last digit, at half",
		Untested: "The choices cannot be compared by sliced-w2: the targets differ.",
	} {
		if got := example(finding).Words("sliced-w2"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want %q", finding, got, want)
		}
	}
	c := example(Better)
	c.Choices[0].B, c.Choices[0].WhyB = nil, "no setting finished"
	if got := c.Words("sliced-w2"); !strings.HasPrefix(got, "b<script> has no choice to compare: no setting finished.") {
		t.Errorf("without a choice: %q", got)
	}
}

// TestRender: the page has both figures, loads nothing, escapes what people name, and is the same each time.
func TestRender(t *testing.T) {
	t.Parallel()
	c := example(Better)
	c.Sentence = c.Words("sliced-w2")
	page, err := Render(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Render(example(Better))
	if err != nil || bytes.Equal(page, again) {
		t.Errorf("without its sentence it is the same page, %v", err)
	}
	if again, err = Render(c); err != nil || !bytes.Equal(page, again) {
		t.Errorf("the page differs the second time, %v", err)
	}
	text := string(page)
	for _, want := range []string{"sliced-w2: difference by setting", "sliced-w2 against velocity calls", "&lt;ot&gt;", "b is better", "no difference seen", "default-src &#39;none&#39;"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, bad := range []string{"b<script>", "<ot>", "http://", "https://", ">NaN"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}
