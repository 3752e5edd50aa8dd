package show

import (
	"fmt"
	"strings"
	"testing"

	"flowsweep/experiments"
)

func TestKeyLosses(t *testing.T) {
	t.Parallel()
	var losses []shownLoss
	for step := range 11 {
		losses = append(losses, shownLoss{Step: step})
	}
	for state, want := range map[experiments.State]string{experiments.Finished: "0 5 10", experiments.Failed: "0 6 7 8 9 10"} {
		var got []string
		for _, l := range keyLosses(losses, state) {
			got = append(got, fmt.Sprint(l.Step))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: losses of steps %v, want %s", state, got, want)
		}
	}
	if got := keyLosses(losses[:2], experiments.Finished); len(got) != 2 {
		t.Errorf("of two losses: %v", got)
	}
	if losses[1].Step != 1 {
		t.Error("the losses themselves are changed")
	}
}
