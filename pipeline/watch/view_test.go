package watch

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
	"flowsweep/pipeline/table"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// escapes are what a style writes.
var escapes = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// busySweep is a sweep in the middle, with everything that can be shown, and texts of any length.
func busySweep() Snapshot {
	s := Snapshot{
		At: noon.Add(3*time.Minute + 5*time.Second), Sweep: "two-moons", State: experiments.Running, Running: true, Metric: "sliced-w2", Settings: 40,
		Live: live.Status{
			Sweep: "two-moons", Started: noon, At: noon.Add(3*time.Minute + 5*time.Second), Activity: "training 2 nets, sampling", Steps: 12_000, StepsTotal: 60_000,
			Runs: 12, RunsTotal: 90, Failures: 2, StepSeconds: .0005, RunSeconds: .1, Cores: 2, CPU: 1.87, Memory: 104_370_176, MachineMemory: 25_276_059_648,
			Machines: []live.Machine{{Name: "node17"}, {Name: "node18", Silent: true}},
		},
	}
	for i := range 30 {
		f := newFit()
		f.Key, f.Label, f.Seed, f.Steps, f.State = fmt.Sprintf("%016x", i), fmt.Sprintf("width %d · depth 3 · rate 0.003 · coupling sinkhorn", 8<<(i%4)), uint64(i/4), 6000, experiments.Queued
		f.Planned = 18
		switch {
		case i < 2:
			f.State, f.Step, f.Rate, f.Machine, f.Since = experiments.Running, 2000*(i+1), 915, "node17", noon
			for k := range 400 {
				f.Losses, f.Held = append(f.Losses, 1+1/float64(k+1)), append(f.Held, 1.1+1/float64(k+1))
			}
			f.Loss, f.HeldOut = 1.0025, 1.1025
		case i == 2:
			f.State, f.Error, f.Losses, f.Loss = experiments.Failed, "the loss is not finite at step 812", []float64{1, 3, 9, math.NaN()}, math.NaN()
		case i < 10:
			f.State, f.Runs, f.Losses, f.Loss = experiments.Finished, 18, []float64{3, 2, 1}, 1
		}
		if f.State == experiments.Running {
			s.Live.Fits = append(s.Live.Fits, f.Fit)
		}
		s.Fits = append(s.Fits, f)
	}
	for i := range 40 {
		s.Best = append(s.Best, Best{
			Label: fmt.Sprintf("width 32 · depth 3 · rate 0.003 · heun · %d steps", i+1), Mean: .01 * float64(i+1), Low: .009 * float64(i+1), High: .012 * float64(i+1),
			Seeds: 3, Planned: 3, NFE: float64(2 * (i + 1)),
		})
	}
	s.Best[1].Low, s.Best[1].High, s.Best[1].Seeds = math.NaN(), math.NaN(), 1
	s.Failures = []Failure{
		{"fit 0000000000000002 (width 32 · depth 3 · 1 step, seed 0)", "failed: the loss is not finite at step 812: lower the rate, or clip the gradient"},
		{"run 00000000000000aa (图像 · 1 step, seed 1)", "failed: open /a/path/that/is/long/enough/to/be/wider/than/forty/columns: no such file"},
	}
	return s
}

// shown returns the screen of a model without its styles.
func shown(m Model) string { return escapes.ReplaceAllString(m.screen(), "") }

func sized(s Snapshot, width, height int) Model {
	return Model{snap: s, have: true, width: width, height: height, paint: painter{colours: true}}
}

// TestScreenFits: no line is wider than the terminal, and there are as many as it has, whatever its size and whatever is shown.
func TestScreenFits(t *testing.T) {
	t.Parallel()
	ended := busySweep()
	ended.Running, ended.State, ended.Finished, ended.Started = false, experiments.Finished, noon.Add(time.Hour), noon
	ended.Chosen = []string{"width 32 · depth 3 · rate 0.003 · heun · 4 steps"}
	lost := ended
	lost.State, lost.Chosen, lost.Fits, lost.Best, lost.Failures = experiments.Lost, nil, nil, nil, nil
	filtered := busySweep()
	filtered.filter(experiments.Sweep{}, "sinkhorn")
	wrong := busySweep()
	wrong.filter(experiments.Sweep{}, "no such field < 3")
	for name, s := range map[string]Snapshot{"running": busySweep(), "ended": ended, "lost": lost, "filtered": filtered, "a filter with a mistake": wrong} {
		for _, width := range []int{10, 20, 40, 41, 57, 80, 99, 120, 160, 200} {
			for _, height := range []int{1, 3, 8, 15, 24, 50, 100} {
				m := sized(s, width, height)
				for _, change := range []func(){
					func() {}, func() { m.pane = paneBest }, func() { m.pane = paneFailures }, func() { m.help = true },
					func() { m.help, m.editing, m.typed = false, true, strings.Repeat("width = 64 and ", 20) },
					func() { m.err = fmt.Errorf("open store: %s", strings.Repeat("very ", 30)) },
				} {
					change()
					lines := strings.Split(shown(m), "\n")
					if len(lines) != height {
						t.Fatalf("%s, %d x %d: %d lines", name, width, height, len(lines))
					}
					for _, line := range lines {
						if got := runewidth.StringWidth(line); got > width {
							t.Fatalf("%s, %d x %d: a line is %d wide: %q", name, width, height, got, line)
						}
					}
				}
			}
		}
	}
}

// TestScreenSays: what matters most is there on a narrow terminal, and more on a wider one.
func TestScreenSays(t *testing.T) {
	t.Parallel()
	narrow := []string{"two-moons · running", "18 %", "width 8", "33 %", "training", "4 s", "Best settings so far (40)", "Failures (2)", "0.01"}
	for _, c := range []struct {
		width int
		want  []string
		not   []string
	}{
		{40, narrow, []string{"steps/s", "0000000000000001", "node17"}},
		{80, append([]string{"about 32 s left", "12,000 of 60,000 steps", "1.9 of 2 cores · 104 MB of 25.3 GB", "seed", "915"}, narrow...), []string{"0000000000000001"}},
		{120, append([]string{"2 machines (1 silent)", "2,000 of 6,000", "held out", "0.00900 to 0.0120", "3 of 3"}, narrow[:2]...), nil},
		{200, []string{"node17", "1.00", "NaN", "×", "18/18", "width 16 · depth 3 · rate 0.003 · coupling sinkhorn", "0000000000000001"}, []string{"…"}},
	} {
		got := shown(sized(busySweep(), c.width, 60))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%d columns: no %q in\n%s", c.width, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%d columns: %q in\n%s", c.width, not, got)
			}
		}
	}
}

// TestNoCutWords: apart from paths, which have none, words are whole at every width.
func TestNoCutWords(t *testing.T) {
	t.Parallel()
	s := busySweep()
	s.Failures = s.Failures[:1]
	known := map[string]bool{}
	for _, word := range strings.Fields(shown(sized(s, 1000, 200))) {
		known[word] = true
	}
	for width := 40; width <= 200; width++ {
		text := shown(sized(s, width, 200))
		for _, line := range strings.Split(text, "\n") {
			if got := runewidth.StringWidth(line); got > width {
				t.Fatalf("%d columns: a line is %d wide: %q", width, got, line)
			}
		}
		for _, word := range strings.Fields(text) {
			if strings.ContainsAny(word, "█░▁▂▃▄▅▆▇×") || word == "…" || known[word] {
				continue
			}
			if !known[strings.TrimRight(word, ",")] && !known[word+","] {
				t.Fatalf("%d columns: %q is no whole word of what is shown in 1000", width, word)
			}
		}
	}
}

// TestNoColours: a user who wants none gets none, but the same text.
func TestNoColours(t *testing.T) {
	t.Parallel()
	m := sized(busySweep(), 80, 30)
	with := m.screen()
	m.paint.colours = false
	without := m.screen()
	colour := regexp.MustCompile(`\x1b\[[0-9;]*[34][0-9]`)
	if !colour.MatchString(with) || colour.MatchString(without) {
		t.Error("colours are not where they are wanted, or where they are not")
	}
	if escapes.ReplaceAllString(with, "") != escapes.ReplaceAllString(without, "") {
		t.Error("the text depends on the colours")
	}
}

// TestHostile: nothing in a label or an error moves the cursor.
func TestHostile(t *testing.T) {
	t.Parallel()
	s := busySweep()
	s.Fits[0].Label, s.Failures[0].Why, s.Sweep = "a\x1b[2Jb", "c\x1b[2J\nd", "e\x1b]0;f\a"
	if got := shown(sized(s, 120, 40)); strings.ContainsAny(got, "\x1b\a") {
		t.Errorf("%q", got)
	}
	var b strings.Builder
	if err := Once(s, &b); err != nil || strings.ContainsAny(b.String(), "\x1b\a") {
		t.Errorf("%q", b.String())
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	const label = "width 32 · depth 3 · heun · 4 steps"
	for width, want := range map[int]string{
		100: label, 35: label, 34: "width 32 · depth 3 … 4 steps", 25: "width 32 … heun · 4 steps", 24: "width 32 … 4 steps", 17: "width 32 …", 9: "width …", 5: "wi…ps",
	} {
		if got := ends(label, width); table.Wide(got) > width {
			t.Errorf("%d columns: %q", width, got)
		} else if got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}

// TestFit: columns never take more than there is, those of the lowest ranks come first, and what is left is used.
func TestFit(t *testing.T) {
	t.Parallel()
	columns := []cells{
		{name: "label", least: 8, text: []string{"width 32 · depth 3"}},
		{name: "c", rank: 3, text: []string{"333"}},
		{name: "a", rank: 1, text: []string{"1"}},
		{name: "line", rank: 2, draw: func(int, int) string { return "" }, least: 5, most: 10},
		{name: "none", rank: 1, text: []string{""}},
	}
	for width, want := range map[int]string{
		7: "c a", 8: "label", 10: "label", 11: "label a", 17: "label c a", 18: "label a line", 22: "label a line", 23: "label c a line", 100: "label c a line",
	} {
		shown, widths := fit(columns, width)
		var names []string
		used := -len(gap)
		for i, c := range shown {
			names, used = append(names, c.name), used+len(gap)+widths[i]
		}
		if got := strings.Join(names, " "); got != want || used > width {
			t.Errorf("%d columns: %q in %d, want %q", width, got, used, want)
		}
		if wide := 18 + 2 + 3 + 2 + 1 + 2 + 10; width > wide && used != wide {
			t.Errorf("%d columns: %d are used, want %d", width, used, wide)
		}
	}
}
