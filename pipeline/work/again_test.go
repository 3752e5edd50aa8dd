package work

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/sweep/talk"
)

// waiting lets a machine work as a worker does, and returns once it waits for jobs.
func (h hand) waiting() {
	h.Helper()
	go h.work(h.Context())
	time.Sleep(100 * time.Millisecond)
}

// back gives a job back without having done anything.
func (h hand) back(j *crew.Job) {
	h.Helper()
	if err := h.giveBack(h.Context(), h.about(j), talk.Order{}, j, errPaused, true); err != nil {
		h.Fatal(err)
	}
}

// TestGivenToWhoWaits: what failed on a machine, or was given back by it, is done by another one that was waiting for a job meanwhile.
func TestGivenToWhoWaits(t *testing.T) {
	t.Parallel()
	for name, let := range map[string]func(h hand, j *crew.Job){
		"failed":     func(h hand, j *crew.Job) { h.fail(j) },
		"given back": func(h hand, j *crew.Job) { h.back(j) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), nil)
				one, two := h.join("one"), h.join("two")
				j := one.next()
				two.waiting()
				let(one, j)
				h.end()
				if states := fmt.Sprint(h.stored()); len(h.fails) > 0 || states != "[finished]" {
					t.Errorf("states %s, failures %q", states, h.fails)
				}
			}
		})
	}
}
