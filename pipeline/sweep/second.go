package sweep

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/problem"
	"flowsweep/pipeline/sweep/talk"
	"flowsweep/store"
)

// chosen reports whether a second machine does a fit again: as many as the share says, by their keys, and at least one.
func (h *host) chosen(key string) bool {
	if h.Crew.Check <= 0 {
		return false
	}
	first := slices.MinFunc(h.left.fits, func(a, b *todo) int { return strings.Compare(a.fit.Key, b.fit.Key) }).fit.Key
	head, err := strconv.ParseUint(key[:min(8, len(key))], 16, 64)
	return key == first || err == nil && float64(head) < h.Crew.Check*(1<<32)
}

// sayChecked says how many fits two machines did, and whether their results were the same.
func (h *host) sayChecked() {
	if h.Crew.Check <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch n := len(h.checked); {
	case n == 0:
		h.show.line("two machines did none of the fits")
	case h.differ == 0:
		h.show.line("two machines did %d of the fits, with the same bits", n)
	}
}

// compared notes the end of a job that did a fit again. It is called with the lock.
func (h *host) compared(a *task, d talk.Delivery, taken store.Taken) {
	if len(d.Failures) > 0 || taken.Same+len(taken.Differ) == 0 {
		h.show.line("fit %s is not compared: it failed on machine %s", a.t.fit.Key, problem.Printable(d.Machine))
	} else {
		h.checked = append(h.checked, a.t.fit.Key)
	}
	h.close(a)
}

// skipSecond ends a sweep in which all is done, but for fits that only machines that have left could do again. It is called with the
// lock.
func (h *host) skipSecond(ctx context.Context) {
	if len(h.given) < len(h.wanted) {
		return
	}
	for _, a := range h.jobs {
		if !a.again || a.at != "" || len(h.others(a.not[0])) > 0 {
			return
		}
	}
	for _, a := range h.at("") {
		h.giveUp(ctx, a)
	}
}
