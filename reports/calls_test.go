package reports

import (
	"testing"

	"flowsweep/experiments"
)

func TestCalls(t *testing.T) {
	t.Parallel()
	for n, want := range map[experiments.Calls]string{1: "1 velocity call", 108.7: "108.7 velocity calls", 12345.6: "12,345.6 velocity calls"} {
		if got := callCount(n); got != want {
			t.Errorf("%v: got %q, want %q", n, got, want)
		}
	}
}
