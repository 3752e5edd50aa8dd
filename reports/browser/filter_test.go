package browser_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/pipeline"
	"flowsweep/reports/browser"
)

// conditions of what all runs of a setting have in common are tried in both filters of the page, and by the command line on the same
// store, which applies them to runs also where it prints settings.
var conditions = []string{
	`nfe <= 4`, `solver = "heun"`, `solver ~ "eu" and not steps > 2`, `width = 8 or nfe = 16`, `not (solver = "heun" or width = 16)`,
	`net.width >= 16 and steps != 4`, `target = "moons"`, `solver != 'euler'`, `nfe < 0`, `metrics.mmd = nan`, `train.rate = 3e-3`, `params > 200`,
	`tag = "good"`, `solver ~ "un" or nfe > 1e1`, `NOT nfe=1 AND (width=16 OR nfe=2)`,
	`witdh = 3`, `nfe <`, `solver = heun`, `nfe = "3"`, `(nfe = 1`, `nfe = 1.2.3`, `zzzz = 1`, `nfe ! 1`, `metrics.mdm < 1`,
}

// ofRuns are conditions in which the runs of a setting differ.
var ofRuns = []string{`seed = 1 and steps = 1`, `sliced-w2 < 0.3`, `metrics.mmd > 0.005 and nfe > 2`, `not mmd > 0.01`, `state = "finished"`, `error = ""`}

// TestFilterIsThatOfRuns types conditions into the filters of the leaderboard and of all runs, and compares what is left, or the error,
// with what `runs --where` prints for the same sweep.
func TestFilterIsThatOfRuns(t *testing.T) {
	t.Parallel()
	s := sweeps[0]
	page := s.page(t)
	tab := open(t, page, desk)
	value[bool](t, tab, `document.querySelector("#all-runs").open = true`)
	for _, f := range []struct {
		box, flag string
		more      []string
	}{{"#leaderboard", "--by-setting", nil}, {"#all-runs", "", ofRuns}} {
		matched := 0
		for _, where := range append(f.more, conditions...) {
			want, problem := commandSays(t, s, where, f.flag)
			got := filtered(t, tab, f.box, where)
			if problem != "" {
				wrong, _, _ := strings.Cut(got.Wrong, " (have ") // runs and settings have other fields
				if wrong == "" || !strings.Contains(problem, wrong) {
					t.Errorf("%s: %s: the page says %q, the command %q", f.box, where, got.Wrong, problem)
				}
				continue
			}
			if got.Wrong != "" || got.Matches != want {
				t.Errorf("%s: %s: %d match in the page %q, and %d by the command", f.box, where, got.Matches, got.Wrong, want)
			}
			if want > 0 {
				matched++
			}
		}
		if matched < 8 {
			t.Errorf("%s: only %d conditions match anything", f.box, matched)
		}
	}
	if bad := tab.Messages(); len(bad) > 0 {
		t.Errorf("the console has %q", bad)
	}
}

type filter struct {
	Matches int
	Wrong   string
}

// filtered types a text into a filter and returns what the page makes of it.
func filtered(t *testing.T, tab *browser.Tab, box, text string) filter {
	t.Helper()
	got, err := browser.Apply[filter](tab, `async (box, text) => {
		const input = document.querySelector(box + " input[type=search]");
		input.value = text;
		input.dispatchEvent(new Event("input", { bubbles: true }));
		await new Promise((done) => setTimeout(done, 250)); // it waits until one has typed
		const said = document.querySelector(box + " .said").textContent, wrong = document.querySelector(box + " .wrong");
		return { Matches: Number(/^([\d,]+) of/.exec(said)?.[1].replaceAll(",", "") ?? -1), Wrong: wrong.hidden ? "" : wrong.textContent.split("\n")[0] };
	}`, box, text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// commandSays returns how many rows `runs --where` prints, or what it says is wrong.
func commandSays(t *testing.T, s sweep, where, flag string) (int, string) {
	t.Helper()
	args := []string{"runs", "--db", filepath.Join(room, s.name, "runs.db"), "--json", "--where", where}
	if flag != "" {
		args = append(args, flag)
	}
	var out, problem bytes.Buffer
	if code := pipeline.Main(args, strings.NewReader(""), &out, &problem); code != 0 {
		return 0, problem.String()
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
		t.Fatal(err)
	}
	return len(rows), ""
}
