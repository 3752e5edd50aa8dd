package sweep

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/sweep/talk"
	"flowsweep/store"
)

// deliver takes in the results of a job.
func (h *host) deliver(ctx context.Context, d talk.Delivery, file string) (talk.Verdict, error) {
	fit, ok := h.fitOf(d.Job)
	if !ok || file == "" {
		return talk.Verdict{}, fmt.Errorf("a delivery of %q, which is no fit of the plan, or without a file", d.Job)
	}
	taken, err := h.take(ctx, fit, file)
	if err != nil {
		return talk.Verdict{}, h.notTaken(ctx, d.About, err)
	}
	left, err := h.remaining(ctx, fit)
	if err != nil {
		return talk.Verdict{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.see(d.Worker, d.Machine)
	h.compare(fit, d.Machine, taken.Differ)
	if a := h.jobs[d.Job]; a != nil && a.again {
		h.compared(a, d, taken)
	} else if a != nil {
		h.settle(ctx, a, d, left)
	}
	v := h.verdictOn(d.About)
	v.Again = h.jobs[d.Job] != nil && !h.pausing
	return v, nil
}

// notTaken gives a job out again whose results were no part of a store. Any other error is one of this machine, and ends the sweep.
func (h *host) notTaken(ctx context.Context, d talk.About, err error) error {
	var refused *store.RefusedError
	if !errors.As(err, &refused) {
		h.stop(err)
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.jobs[d.Job]
	if a == nil {
		return err
	}
	h.show.line("fit %s: what machine %s sent is not taken: %s", a.t.fit.Key, problem.Printable(d.Machine), problem.Printable(err.Error()))
	h.retry(ctx, a, "what was sent of it was not taken")
	return err
}

// compare says that a machine has got other results than the stored ones. It is called with the lock.
func (h *host) compare(fit experiments.Fit, machine string, differ []string) {
	if len(differ) == 0 {
		return
	}
	h.differ++
	text := clip(differ[0])
	if len(differ) > 1 {
		text += fmt.Sprintf(", and %d more differences", len(differ)-1)
	}
	err := fmt.Errorf("machine %s got other results: %s", problem.Printable(machine), text)
	if err := h.failed("fit", fit.Key, err); err != nil {
		h.stop(err)
	}
}

// said prints what a machine said of a fit, which comes over the net.
func (h *host) said(d talk.Delivery) {
	for i, line := range d.Said {
		if i == maxSaid {
			return
		}
		h.show.line("%s, on %s", clip(line), problem.Printable(d.Machine))
	}
}

// The most lines that are printed of a delivery, and bytes of each.
const (
	maxSaid = 4
	maxLine = 400
)

// clip returns a text that came over the net as a terminal may show it: on one line, which is not long.
func clip(text string) string { return problem.Printable(text[:min(len(text), maxLine)]) }
