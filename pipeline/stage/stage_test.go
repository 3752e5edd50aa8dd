package stage

import (
	"context"
	"testing"
	"time"
)

// TestClock divides a known time: what goes on side by side shares it, and nothing is lost.
func TestClock(t *testing.T) {
	t.Parallel()
	now := 0.
	c := newClock(func() (wall, processor float64) { return now, 2 * now })
	ctx := With(t.Context(), c)
	now = 1 // other: 0 to 1
	first := Enter(ctx, Train)
	now = 4 // train: 1 to 4
	second, third := Enter(context.WithoutCancel(ctx), Train), Enter(ctx, Sample)
	now = 7 // train: 2 of 4 to 7, sample: 1
	first()
	now = 9 // both: 1
	second()
	third()
	now = 10 // other
	want := map[Stage]float64{Other: 2, Train: 6, Sample: 2}
	sum := 0.
	for _, s := range c.Spent() {
		// The numbers are small integers, of which thirds are taken and added again.
		if d := s.Seconds - want[s.Stage]; d < -1e-12 || d > 1e-12 || s.Processor != 2*s.Seconds {
			t.Errorf("%+v, want %g s", s, want[s.Stage])
		}
		sum += s.Seconds
	}
	if d := sum - 10; d < -1e-12 || d > 1e-12 {
		t.Errorf("the stages take %g s of 10", sum)
	}
}

// TestWithoutClock: nothing is timed, and nothing breaks.
func TestWithoutClock(t *testing.T) {
	t.Parallel()
	Enter(t.Context(), Page)()
}

// TestReadUsage: work takes processor time, and memory that was touched counts.
func TestReadUsage(t *testing.T) {
	t.Parallel()
	before := ReadUsage()
	if before == (Usage{}) {
		t.Skip("this system does not tell")
	}
	block := make([]byte, 64<<20)
	for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
		for i := 0; i < len(block); i += 4096 {
			block[i]++
		}
	}
	after := ReadUsage()
	// Others may run on the cores meanwhile, but not for all of the time.
	if after.Processor-before.Processor < .005 || after.Peak < 64<<20 {
		t.Errorf("%+v before and %+v after 50 ms of work on 64 MB", before, after)
	}
}
