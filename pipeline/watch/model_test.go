package watch

import (
	"errors"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"flowsweep/experiments"
)

// typed presses keys, by their names or as texts, and returns the model and whether it quits.
func typed(m Model, keys ...string) (Model, bool) {
	codes := map[string]tea.Key{
		"tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "end": {Code: tea.KeyEnd}, "home": {Code: tea.KeyHome}, "pgdown": {Code: tea.KeyPgDown},
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "backspace": {Code: tea.KeyBackspace}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl},
	}
	for _, k := range keys {
		list := []tea.Key{codes[k]}
		if _, named := codes[k]; !named {
			list = nil
			for _, r := range k {
				list = append(list, tea.Key{Code: r, Text: string(r)})
			}
		}
		for _, key := range list {
			next, cmd := m.Update(tea.KeyPressMsg(key))
			m = next.(Model)
			if cmd != nil {
				if _, quits := cmd().(tea.QuitMsg); quits {
					return m, true
				}
			}
		}
	}
	return m, false
}

func TestKeys(t *testing.T) {
	t.Parallel()
	start := sized(busySweep(), 80, 40)
	for _, c := range []struct {
		name string
		keys []string
		ok   func(m Model) bool
	}{
		{"tab", []string{"tab"}, func(m Model) bool { return m.pane == paneBest }},
		{"round", []string{"tab", "tab", "tab"}, func(m Model) bool { return m.pane == paneFits }},
		{"back", []string{"shift+tab"}, func(m Model) bool { return m.pane == paneFailures }},
		{"arrows", []string{"right", "right", "left"}, func(m Model) bool { return m.pane == paneBest }},
		{"sort fits by loss", []string{"s"}, func(m Model) bool { return m.fits()[0].Loss == 1 && strings.Contains(shown(m), "Fits (30), by loss") }},
		{"and round again", []string{"s", "s", "s", "s"}, func(m Model) bool { return m.fits()[0].State == experiments.Running }},
		{"sort settings", []string{"tab", "s", "s"}, func(m Model) bool { return strings.Contains(shown(m), "by label") && m.sort[paneFits] == 0 }},
		{"failures have one order", []string{"shift+tab", "s"}, func(m Model) bool { return m.sort[paneFailures] == 0 }},
		{"scroll", []string{"down", "down", "down", "up"}, func(m Model) bool { return m.offset[paneFits] == 2 }},
		{"to the end", []string{"end"}, func(m Model) bool {
			return strings.Contains(shown(m), " to 30 of 30") && strings.Contains(shown(m), "finished")
		}},
		{"no further", []string{"end", "down", "pgdown"}, func(m Model) bool { return strings.Contains(shown(m), " to 30 of 30") }},
		{"and back", []string{"end", "home", "up"}, func(m Model) bool { return m.offset[paneFits] == 0 }},
		{"help", []string{"?"}, func(m Model) bool { return strings.Contains(shown(m), "quit; the sweep goes on") }},
		{"help and back", []string{"?", "?"}, func(m Model) bool { return shown(m) == shown(start) }},
		{"filter", []string{"/", "width = q", "backspace", "8", "enter"}, func(m Model) bool { return m.filter == "width = 8" && !m.editing }},
		{"while it is typed", []string{"/", "q s?"}, func(m Model) bool { return strings.HasSuffix(shown(m), "/q s?▏") && !m.help }},
		{"dropped", []string{"/", "a", "esc"}, func(m Model) bool { return m.filter == "" && !m.editing }},
		{"dropped later", []string{"/", "a", "enter", "esc"}, func(m Model) bool { return m.filter == "" }},
		{"changed", []string{"/", "a", "enter", "/", "b", "enter"}, func(m Model) bool { return m.filter == "ab" }},
	} {
		if m, quits := typed(start, c.keys...); quits || !c.ok(m) {
			t.Errorf("%s: %q do something else (quits: %v)\n%s", c.name, c.keys, quits, shown(m))
		}
	}
	for _, keys := range [][]string{{"q"}, {"ctrl+c"}, {"?", "q"}, {"/", "a", "ctrl+c"}} {
		if _, quits := typed(start, keys...); !quits {
			t.Errorf("%q do not quit", keys)
		}
	}
}

// TestResize: another size is another screen, at once.
func TestResize(t *testing.T) {
	t.Parallel()
	m := sized(busySweep(), 80, 40)
	for _, size := range [][2]int{{40, 10}, {200, 60}, {80, 40}} {
		next, _ := m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		m = next.(Model)
		if got, want := shown(m), shown(sized(busySweep(), size[0], size[1])); got != want {
			t.Errorf("%v: got\n%s\nwant\n%s", size, got, want)
		}
	}
}

// TestReadings: what is read is shown, with the filter of the time; an error is shown above the last that is known, until it is over.
func TestReadings(t *testing.T) {
	t.Parallel()
	var asked string
	var seen []string
	m := Model{width: 80, height: 20, filter: "width = 8", read: func(filter string, visible []string) (Snapshot, error) {
		asked, seen = filter, visible
		return busySweep(), nil
	}}
	if !strings.Contains(shown(m), "reading the store") {
		t.Errorf("at first it shows %q", shown(m))
	}
	next, cmd := m.Update(m.Init()())
	m = next.(Model)
	if asked != "width = 8" || len(seen) != 0 || cmd == nil || !strings.Contains(shown(m), "two-moons") {
		t.Errorf("it asked for %q and %q, and shows %q", asked, seen, shown(m))
	}
	if m.reading()(); !slices.Contains(seen, "0000000000000000") || len(seen) > 20 {
		t.Errorf("it asks for the curves of %q", seen)
	}
	next, _ = m.Update(got{err: errors.New("the disk is gone")})
	m = next.(Model)
	if text := shown(m); !strings.Contains(text, "the disk is gone") || !strings.Contains(text, "two-moons") {
		t.Errorf("after an error it shows %q", text)
	}
	next, _ = m.Update(got{snap: busySweep()})
	if text := shown(next.(Model)); strings.Contains(text, "the disk is gone") {
		t.Errorf("the error stays: %q", text)
	}
}
