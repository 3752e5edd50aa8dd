package sweep

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/sweep/talk"
)

// settle decides what becomes of a job whose results were taken in, given what is left of its fit. It is called with the lock.
func (h *host) settle(ctx context.Context, a *task, d talk.Delivery, left *todo) {
	switch {
	case !left.train && left.runs.len()+left.dense.len() == 0 && len(d.Failures) == 0:
		h.said(d)
		h.succeed(ctx, a, d.About)
	case len(d.Failures) > 0:
		h.fail(ctx, a, d)
	default:
		h.show.line("fit %s: machine %s sent it without all of its runs: it is given out again", a.t.fit.Key, problem.Printable(d.Machine))
		h.retry(ctx, a, "the results had something missing")
	}
}

// retry gives a job out again that has had no usable result, unless that was the last try. It is called with the lock.
func (h *host) retry(ctx context.Context, a *task, why string) {
	if a.tries++; a.tries >= tries {
		h.lose(ctx, a, fmt.Sprintf("it was done %d times, and %s", a.tries, why))
		return
	}
	h.open(ctx, a)
}

// succeed closes a job that is done. A machine that failed it has failed what others do.
func (h *host) succeed(ctx context.Context, a *task, by talk.About) {
	h.see(by.Worker, by.Machine).done++
	if a.failed != "" && a.failed != by.Machine {
		h.strikes[a.failed]++
		h.show.line("fit %s: machine %s failed it, and %s did it", a.t.fit.Key, problem.Printable(a.failed), problem.Printable(by.Machine))
	}
	if h.chosen(a.t.fit.Key) && len(h.others(by.Machine)) > 0 {
		h.open(ctx, &task{name: a.name + againSuffix, t: a.t, again: true, not: []string{by.Machine}})
	}
	h.close(a)
}

// fail gives a job that failed on one machine to another, and believes the second.
func (h *host) fail(ctx context.Context, a *task, d talk.Delivery) {
	if a.failed == d.Machine {
		return // it says so again, as it has heard no answer
	}
	if a.failed == "" && !h.FailFast && len(h.others(d.Machine)) > 0 {
		a.failed, a.why, a.not, a.refused = d.Machine, d.Failures, []string{d.Machine}, nil
		h.show.line("fit %s failed on machine %s, another one tries it: %s", a.t.fit.Key, problem.Printable(d.Machine), clip(d.Failures[0]))
		h.open(ctx, a)
		return
	}
	h.accept(a, d.Failures)
}

// accept notes the failures of a job, and closes it.
func (h *host) accept(a *task, failures []string) {
	for _, f := range failures {
		text := clip(f)
		h.note(text)
		if h.FailFast {
			h.stop(fmt.Errorf("%s", text))
		}
	}
	h.close(a)
}

// refuse hears that a machine cannot or must not do a job. If that holds for all that are there, and nothing else is being done, it
// is given up.
func (h *host) refuse(ctx context.Context, d talk.About) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.see(d.Worker, d.Machine)
	a := h.jobs[d.Job]
	if a == nil {
		return
	}
	if a.refused == nil {
		a.refused = map[string]string{}
	}
	if _, before := a.refused[d.Worker]; !before {
		h.show.line("fit %s: not on machine %s: %s", a.t.fit.Key, problem.Printable(d.Machine), problem.Printable(d.Why))
	}
	a.refused[d.Worker] = d.Machine + ": " + d.Why
	a.at = ""
	if !slices.ContainsFunc(slices.Collect(maps.Values(h.jobs)), h.hopeful) && !slices.ContainsFunc(h.left.fits, h.comes) {
		h.giveUp(ctx, a)
		return
	}
	h.openLater(ctx, a)
}

// hopeful reports whether a job is being done, or may still be by a worker that is there. It is called with the lock.
func (h *host) hopeful(a *task) bool {
	return a.at != "" || slices.ContainsFunc(h.others(""), func(worker string) bool { return a.refused[worker] == "" })
}

// comes reports whether a fit is about to be given out: one that was not yet, and whose teacher is not being trained or waiting to
// be. It is called with the lock.
func (h *host) comes(t *todo) bool {
	teacher := h.wanted[t.fit.Teacher]
	return !h.given[t.fit.Key] && (teacher == nil || !teacher.train || h.given[teacher.fit.Key] && h.jobs[teacher.fit.Key] == nil)
}

// giveUp ends a job that no machine takes.
func (h *host) giveUp(ctx context.Context, a *task) {
	switch {
	case a.again:
		h.show.line("fit %s is not compared: no other machine is there", a.t.fit.Key)
		h.close(a)
	case a.failed != "":
		h.accept(a, a.why)
	default:
		why := slices.Compact(slices.Sorted(maps.Values(a.refused)))
		h.lose(ctx, a, "no machine that is here can do it: "+strings.Join(why, "; "))
	}
}

// lose gives a fit up, or the runs that are left of one that is trained. It is called with the lock.
func (h *host) lose(ctx context.Context, a *task, why string) {
	if a.again {
		h.show.line("fit %s is not compared: %s", a.t.fit.Key, problem.Printable(why))
		h.close(a)
		return
	}
	kept := context.WithoutCancel(ctx)
	if err := h.markLost(kept, *a.t.fit, why); err != nil {
		h.stop(err)
		return
	}
	text := fmt.Sprintf("fit %s is lost: %s", a.t.fit.Key, problem.Printable(why))
	h.note(text)
	if h.FailFast {
		h.stop(fmt.Errorf("%s", text))
	}
	h.close(a)
}

// markLost stores that a fit is lost, or the runs that are left of one that is trained.
func (h *host) markLost(ctx context.Context, fit experiments.Fit, why string) error {
	left, err := h.remaining(ctx, fit)
	if err != nil {
		return err
	}
	if left.train {
		return h.DB.EndFit(ctx, fit.Key, experiments.Lost, why, h.Now())
	}
	for _, run := range slices.Concat(left.dense.sample, left.runs.sample) {
		if err := h.DB.EndRun(ctx, run.Key, h.env, experiments.Lost, why, h.Now()); err != nil {
			return err
		}
	}
	return nil
}

// orphaned notes that a fit has failed because its teacher is not trained, as it would at any machine. It is called with the lock.
func (h *host) orphaned(ctx context.Context, a *task, why error) {
	h.jobs[a.name] = a
	key := a.t.fit.Key
	err := h.DB.EndFit(context.WithoutCancel(ctx), key, experiments.Failed, why.Error(), h.Now())
	if err = errors.Join(err, h.failed("fit", key, why)); err != nil {
		h.stop(err)
	}
	h.close(a)
}
