package work

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"flowsweep/experiments/problem"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/sweep/talk"
)

// work takes jobs and does them, one after another, until the sweep is over.
func (w *worker) work(ctx context.Context) error {
	for {
		j, err := w.Crew.Next(ctx)
		if errors.Is(err, crew.ErrNewHost) {
			if err = w.rejoin(ctx); err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		if err := w.turn(ctx, j); err != nil {
			return err
		}
	}
}

// turn does a job and delivers it.
func (w *worker) turn(ctx context.Context, j *crew.Job) error {
	o, err := talk.Decode[talk.Order](j.Body)
	if err != nil {
		j.Leave()
		return err
	}
	of := talk.About{Machine: w.Name, Plan: w.offer.Plan, Job: j.Name}
	if of.Why = w.refusal(o); of.Why != "" {
		_, err := w.Crew.Ask(ctx, talk.AskRefuse, talk.Encode(of), "")
		j.Leave()
		return pastAnswers(err)
	}
	defer w.sweepUp(j.Name)
	if wanted, err := w.fetch(ctx, of); !wanted || err != nil {
		j.GiveBack()
		return err
	}
	doing, done := w.desk.put(ctx, j.Name)
	said := &lines{to: w.Log}
	failures, err := w.unit(doing, sweep.Unit{
		Fit: o.Fit, Store: w.scratch(j.Name), Cores: max(1, w.Cores/w.Workers), Log: said, Every: w.pace.Load().Copies,
		Stepped: func(n int) { w.desk.stepped(j.Name, n) },
		Save:    func(ctx context.Context, copied string, _ int) { w.save(ctx, of, o, copied) },
	})
	stopped := doing.Err() != nil
	done()
	if err != nil {
		return w.giveBack(ctx, of, o, j, err, stopped)
	}
	return w.deliver(ctx, talk.Delivery{About: of, Failures: failures, Said: said.list()}, j)
}

// refusal returns why this machine does not do a job, or "".
func (w *worker) refusal(o talk.Order) string {
	if slices.Contains(o.Not, w.Name) {
		return "it did this fit before, and another machine is to try it"
	}
	if w.units == nil {
		return ""
	}
	var small *sweep.TooLargeError
	if err := w.units.Check(o.Fit); errors.As(err, &small) {
		return err.Error()
	}
	return ""
}

// fetch gets what is stored of a fit, and reports whether the host still wants the job.
func (w *worker) fetch(ctx context.Context, of talk.About) (wanted bool, err error) {
	answer, err := w.Crew.Ask(ctx, talk.AskStart, talk.Encode(of), "")
	if err != nil {
		return false, pastAnswers(err)
	}
	if err := heed(answer); err != nil || answer.File == "" {
		return err == nil, err
	}
	return true, os.Rename(answer.File, w.scratch(of.Job))
}

// heed returns an error if an answer says that this machine must not work on.
func heed(answer crew.Answer) error {
	v, err := talk.Decode[talk.Verdict](answer.Body)
	if err == nil && v.Stop != "" {
		err = errors.New(problem.Printable(v.Stop))
	}
	return err
}

// save sends the host a copy of the store of a fit in training.
func (w *worker) save(ctx context.Context, of talk.About, o talk.Order, copied string) {
	defer os.Remove(copied)
	if !o.Again {
		_, _ = w.Crew.Ask(ctx, talk.AskSave, talk.Encode(of), copied) // the next one is due soon
	}
}

// How long a worker that is stopped tries to send what it has, and one whose host is about to leave.
const (
	lastTime = 20 * time.Second
	overTime = 2 * time.Second
)

// last returns the context, or one that lasts for a little while if it has ended.
func last(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return ctx, func() {}
	}
	limit := lastTime
	if over := new(ended); errors.As(context.Cause(ctx), &over) {
		limit = overTime
	}
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}

// giveBack sends what was done of a job that ends before its time, and returns the error that ends the worker, if any.
func (w *worker) giveBack(ctx context.Context, of talk.About, o talk.Order, j *crew.Job, err error, stopped bool) error {
	if !stopped {
		of.Why = err.Error()
	}
	sending, cancel := last(ctx)
	defer cancel()
	file := w.scratch(of.Job)
	if _, missing := os.Stat(file); missing != nil || o.Again || !stopped {
		file = ""
	}
	if answer, err := w.Crew.Ask(sending, talk.AskBack, talk.Encode(of), file); err == nil {
		end(j, answer)
	} else {
		j.Leave()
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case stopped:
		return nil // the host pauses
	default:
		return err
	}
}

// deliver sends the results of a job.
func (w *worker) deliver(ctx context.Context, d talk.Delivery, j *crew.Job) error {
	sending, cancel := last(ctx)
	defer cancel()
	answer, err := w.Crew.Ask(sending, talk.AskDeliver, talk.Encode(d), w.scratch(d.Job))
	if err != nil {
		j.Leave()
		if said := pastAnswers(err); said != nil {
			return said
		}
		fmt.Fprintf(w.Log, "fit %s is not taken: %s\n", d.Job, problem.Printable(err.Error()))
		return nil
	}
	end(j, answer)
	return heed(answer)
}

// end ends a job as the host's answer says. One that the host has given out again must not be done with: another worker may have been
// given it before this one lets go of it, and then the crew takes both for the same.
func end(j *crew.Job, answer crew.Answer) {
	if v, err := talk.Decode[talk.Verdict](answer.Body); err == nil && v.Again {
		j.GiveBack()
		return
	}
	j.Done()
}

// pastAnswers returns the error unless it is an answer of the host: that the job is not wanted any more.
func pastAnswers(err error) error {
	var said *crew.AnswerError
	if errors.As(err, &said) {
		return nil
	}
	return err
}

// lines passes lines on and remembers them. It is safe for concurrent use.
type lines struct {
	mu   sync.Mutex
	to   io.Writer
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	return l.to.Write(b)
}

func (l *lines) list() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.FieldsFunc(l.text.String(), func(r rune) bool { return r == '\n' })
}
