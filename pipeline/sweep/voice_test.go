package sweep

import (
	"strings"
	"testing"
	"time"

	"flowsweep/pipeline/live"
	"flowsweep/pipeline/stage"
)

// TestBreakSilence: a sweep speaks when nobody else has for 9 seconds, looked at every second, and so at least every 10.
func TestBreakSilence(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	now := start
	clock := func() time.Time { return now }
	stages := stage.NewClock()
	ctx := stage.With(t.Context(), stages)
	var said strings.Builder
	p := &progress{w: newVoice(&said, clock), account: live.NewTracker(live.Status{}, stages, clock)}
	defer stage.Enter(ctx, stage.Page)()
	var spoke []int
	for second := 1; second <= 40; second++ {
		now = start.Add(time.Duration(second) * time.Second)
		if second == 12 {
			p.line("fit a: done")
		}
		before := said.Len()
		p.breakSilence(now)
		if said.Len() > before {
			spoke = append(spoke, second)
		}
	}
	if want := []int{9, 21, 30, 39}; len(spoke) != len(want) || spoke[1] != want[1] || spoke[3] != want[3] || spoke[0] != want[0] {
		t.Errorf("it spoke after %v s, want %v", spoke, want)
	}
	if got := said.String(); strings.Count(got, "writing the page\n") != 4 {
		t.Errorf("it said %q", got)
	}
	if listenEvery+maxSilence > 10*time.Second {
		t.Errorf("there may be nothing for %v", listenEvery+maxSilence)
	}
}
