package merge

import (
	"testing"

	"flowsweep/experiments"
)

// TestDecideRun: the table of decideRun, for weights that are alike and for others.
func TestDecideRun(t *testing.T) {
	t.Parallel()
	state := func(name string) half {
		if name == "unknown" {
			return half{}
		}
		if name, ok := map[string]string{"finished A": "A", "finished B": "B"}[name]; ok {
			return half{known: true, state: experiments.Finished, result: name}
		}
		return half{known: true, state: experiments.State(name)}
	}
	theirs := [...]string{"queued", "running", "lost", "failed", "finished A", "finished B"}
	for _, row := range []struct {
		ours          string
		alike, others [len(theirs)]act
	}{
		{"unknown", [6]act{add, add, add, add, add, add}, [6]act{add, add, add, add, add, add}},
		{"queued", [6]act{keep, keep, keep, replace, replace, replace}, [6]act{keep, keep, keep, keep, keep, keep}},
		{"killed", [6]act{keep, keep, keep, replace, replace, replace}, [6]act{keep, keep, keep, keep, keep, keep}},
		{"failed", [6]act{keep, keep, keep, keep, replace, replace}, [6]act{keep, keep, keep, keep, keep, keep}},
		{"running", [6]act{keep, keep, keep, keep, keep, keep}, [6]act{keep, keep, keep, keep, keep, keep}},
		{"finished A", [6]act{keep, keep, keep, keep, same, differs}, [6]act{keep, keep, keep, keep, keep, keep}},
	} {
		for i, name := range theirs {
			for alike, want := range map[bool]act{true: row.alike[i], false: row.others[i]} {
				if got := decideRun(state(row.ours), state(name), alike); got != want {
					t.Errorf("ours %s, theirs %s, weights alike %v: got %s, want %s", row.ours, name, alike, got, want)
				}
			}
		}
	}
}
