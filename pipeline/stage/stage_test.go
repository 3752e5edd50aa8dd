package stage

import (
	"context"
	"slices"
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

// TestOpen: what goes on is told in the order of a sweep, with how far it is, until it ends.
func TestOpen(t *testing.T) {
	t.Parallel()
	c := NewClock()
	ctx := With(t.Context(), c)
	if Of(ctx) != c || Of(t.Context()) != nil {
		t.Error("the clock of a context is not the one it was given")
	}
	nulls, first, second := Enter(ctx, Nulls), Enter(ctx, Train), Enter(ctx, Train)
	Step(ctx, Train) // which nobody counts
	Count(ctx, Nulls, 2, 12)
	Step(ctx, Nulls)
	if got, want := c.Open(), []Open{{Train, 2, 0, 0}, {Nulls, 1, 3, 12}}; !slices.Equal(got, want) {
		t.Errorf("open: %v, want %v", got, want)
	}
	first()
	second()
	nulls()
	leave := Enter(ctx, Nulls)
	if got, want := c.Open(), []Open{{Nulls, 1, 0, 0}}; !slices.Equal(got, want) {
		t.Errorf("open again: %v, want %v, without the count of before", got, want)
	}
	leave()
	if got := c.Open(); len(got) > 0 {
		t.Errorf("%v is open after the end", got)
	}
}

// TestWithoutClock: nothing is timed, and nothing breaks.
func TestWithoutClock(t *testing.T) {
	t.Parallel()
	Enter(t.Context(), Page)()
	Count(t.Context(), Page, 1, 2)
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
