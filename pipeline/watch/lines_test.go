package watch

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
)

// TestLines: a line at once, then one at least every 10 s and when something has changed, and the end.
func TestLines(t *testing.T) {
	t.Parallel()
	now := noon
	tick := make(chan time.Time, 100)
	for range cap(tick) {
		tick <- noon
	}
	second := -1
	var at []int
	read := func(context.Context, string, []string) (Snapshot, error) {
		second++
		now = noon.Add(time.Duration(second) * time.Second)
		s := busySweep()
		s.At, s.Live.At = now, now
		if second == 0 { // it holds the lock and has not said anything yet
			s.Running, s.Live = false, live.Status{}
		}
		if second < 14 {
			s.Failures = s.Failures[:1]
		}
		if second == 40 {
			s.Running, s.State, s.Started, s.Finished = false, experiments.Finished, noon, now
		}
		return s, nil
	}
	b := counted{wrote: func() { at = append(at, second) }}
	if err := lines(t.Context(), read, func() time.Time { return now }, &b, tick); err != nil {
		t.Fatal(err)
	}
	got, gap := b.String(), 0
	if want := "two-moons: training 2 nets, sampling: 12,000 of 60,000 steps, 1,830 steps/s, 12 of 90 runs, about 32 s left\n"; !strings.HasPrefix(got, "two-moons: running\n") || !strings.Contains(got, want) {
		t.Errorf("it begins %q, want %q", got[:min(len(got), 200)], want)
	}
	for i := range at[1:] {
		gap = max(gap, at[i+1]-at[i])
	}
	if gap > 10 || gap < 8 {
		t.Errorf("it writes after %v s: the longest gap is %d s", at, gap)
	}
	for text, n := range map[string]int{"the loss is not finite": 2, "no such file": 2, "the best setting so far": 1, "two-moons: finished, after 40 s": 1, "the best setting:": 1} {
		if strings.Count(got, text) != n { // failures are listed at the end, too
			t.Errorf("%q is there %d times, want %d:\n%s", text, strings.Count(got, text), n, got)
		}
	}
}

// counted tells of each writing.
type counted struct {
	strings.Builder
	wrote func()
}

func (c *counted) Write(b []byte) (int, error) {
	c.wrote()
	return c.Builder.Write(b)
}

func TestLinesEnd(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	running := func(context.Context, string, []string) (Snapshot, error) { return busySweep(), nil }
	if err := lines(ctx, running, time.Now, &strings.Builder{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	broken := func(context.Context, string, []string) (Snapshot, error) { return Snapshot{}, errors.New("gone") }
	if err := lines(t.Context(), broken, time.Now, &strings.Builder{}, nil); err == nil {
		t.Error("no error of reading")
	}
}

func TestOnce(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := Once(busySweep(), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"two-moons: running, 3 min 5 s, about 32 s left, 2 failed\n",
		"1.9 of 2 cores, 104 MB of 25.3 GB, 1,830 steps/s, 2 machines (1 silent)\n",
		"fit 0000000000000000: width 8 · depth 3 · rate 0.003 · coupling sinkhorn, seed 0, on node17: step 2,000 of 6,000, 915 steps/s, about 4 s left, loss 1.00, held out 1.10\n",
		"the best setting so far: width 32 · depth 3 · rate 0.003 · heun · 1 steps (NFE 2): sliced-w2 0.0100 [0.0090, 0.0120], 3 of 3 seeds\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
