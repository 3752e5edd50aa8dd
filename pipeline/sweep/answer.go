package sweep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/sweep/talk"
	"flowsweep/store"
)

// answer answers a question of a worker.
func (h *host) answer(ctx context.Context, q crew.Question) (crew.Answer, error) {
	switch q.Topic {
	case talk.AskOffer:
		return crew.Answer{Body: talk.Encode(h.offer)}, nil
	case talk.AskJoin:
		m, err := talk.Decode[talk.Member](q.Body)
		if err != nil {
			return crew.Answer{}, err
		}
		return crew.Answer{}, h.join(q.Worker, m)
	case talk.AskBeat:
		b, err := talk.Decode[talk.Beat](q.Body)
		if err == nil && b.Plan == h.offer.Plan {
			err = h.beat(q.Worker, b)
		}
		return crew.Answer{}, err
	}
	d, err := talk.Decode[talk.Delivery](q.Body)
	if err != nil {
		return crew.Answer{}, err
	}
	d.Worker, d.Why = q.Worker, d.Why[:min(len(d.Why), maxLine)]
	if err := h.admit(q.Worker, d.Machine); err != nil {
		return crew.Answer{}, err
	}
	if d.Plan != h.offer.Plan {
		return crew.Answer{}, errors.New("the host has another sweep now")
	}
	switch q.Topic {
	case talk.AskStart:
		return h.start(ctx, d.About)
	case talk.AskSave:
		return crew.Answer{}, h.checkpoint(ctx, d.About, q.File)
	case talk.AskBack:
		return answerOf(h.back(ctx, d.About, q.File))
	case talk.AskRefuse:
		h.refuse(ctx, d.About)
		return crew.Answer{}, nil
	case talk.AskDeliver:
		return answerOf(h.deliver(ctx, d, q.File))
	default:
		return crew.Answer{}, fmt.Errorf("a worker asks %q, which this host does not know", q.Topic)
	}
}

// answerOf returns a verdict as an answer.
func answerOf(v talk.Verdict, err error) (crew.Answer, error) {
	return crew.Answer{Body: talk.Encode(v)}, err
}

// join takes a worker into the crew. It is an error if its results would have other bits.
func (h *host) join(worker string, m talk.Member) error {
	if m.Plan != h.offer.Plan || m.Environment.Rounding != h.offer.Rounding && !h.offer.Mixed {
		return errors.New("its plan or its rounding is not that of the host")
	}
	if err := h.admit(worker, m.Machine); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	known := h.machines[worker]
	h.machines[worker] = &machine{name: m.Machine, slots: m.Slots, joined: h.Now(), seen: time.Now()}
	if known != nil {
		h.machines[worker].done = known.done
	}
	if known != nil && known.slots > 0 {
		return nil
	}
	h.show.line("machine %s joins: %s, %d at once", problem.Printable(m.Machine), clip(m.Environment.CPU), m.Slots)
	if m.Environment.Rounding != h.offer.Rounding {
		h.show.line("machine %s rounds differently: its rows say %s", problem.Printable(m.Machine), clip(m.Environment.Rounding))
	}
	return nil
}

// beat notes that a worker is there, and how far it is.
func (h *host) beat(worker string, b talk.Beat) error {
	if err := h.admit(worker, b.Machine); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.see(worker, b.Machine)
	for name, steps := range b.Steps {
		if a := h.jobs[name]; a != nil && !a.again {
			now := min(max(a.steps, steps), h.stepsOf(a))
			h.show.advance(a.t.fit.Key, now-a.steps, 0)
			a.steps = now
		}
	}
	return nil
}

// start notes that a machine begins to work on a job, and returns what it needs of the store.
func (h *host) start(ctx context.Context, d talk.About) (crew.Answer, error) {
	h.mu.Lock()
	h.see(d.Worker, d.Machine)
	a := h.jobs[d.Job]
	if a != nil && a.at != "" && a.at != d.Worker {
		h.abandoned(ctx, a)
		a = h.jobs[d.Job]
	}
	if a == nil || h.pausing {
		h.mu.Unlock()
		return crew.Answer{}, errors.New("the fit is not wanted any more")
	}
	if v := h.verdictOn(d); v.Stop != "" {
		h.open(ctx, a) // with fresh tries
		h.mu.Unlock()
		return crew.Answer{Body: talk.Encode(v)}, nil
	}
	a.at, a.since = d.Worker, h.Now()
	fit, again := *a.t.fit, a.again
	ended := a.failed != "" || slices.Contains([]experiments.State{experiments.Failed, experiments.Killed, experiments.Lost}, a.t.state)
	h.mu.Unlock()
	if ended && !again { // what has failed would take in no checkpoint
		if err := h.DB.Requeue(ctx, fit.Key); err != nil {
			return crew.Answer{}, h.broken(ctx, err)
		}
	}
	answer, err := h.partOf(ctx, fit, again)
	return answer, h.broken(ctx, err)
}

// broken ends the sweep for an error that is one of this machine, whoever asks.
func (h *host) broken(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil {
		h.stop(err)
	}
	return err
}

// partOf returns what a machine needs of the store to do a fit, perhaps again from nothing.
func (h *host) partOf(ctx context.Context, fit experiments.Fit, again bool) (crew.Answer, error) {
	answer := crew.Answer{Body: talk.Encode(talk.Verdict{})}
	var keys []string
	if !again {
		keys = append(keys, fit.Key)
	}
	if fit.Teacher != "" {
		keys = append(keys, fit.Teacher)
	}
	if len(keys) == 0 {
		return answer, nil
	}
	path := h.partial.Path(fmt.Sprintf("part-%d.db", h.parts.Add(1)))
	empty, err := h.DB.Part(ctx, path, keys...)
	if empty || err != nil {
		return answer, err
	}
	answer.File = path
	return answer, nil
}

// checkpoint takes in a checkpoint, unless too many others wait for that: the next one is due soon.
func (h *host) checkpoint(ctx context.Context, d talk.About, file string) error {
	defer h.saving.Add(-1)
	if h.saving.Add(1) > maxSaving {
		return nil
	}
	return h.save(ctx, d, file)
}

// maxSaving is how many checkpoints are taken in or wait for it. Many large ones would keep the host from hearing of its machines.
const maxSaving = 4

// save takes in a checkpoint.
func (h *host) save(ctx context.Context, d talk.About, file string) error {
	h.mu.Lock()
	h.see(d.Worker, d.Machine)
	h.mu.Unlock()
	fit, ok := h.fitOf(d.Job) // perhaps not given out yet by this host, but by the one before
	if !ok || file == "" || strings.HasSuffix(d.Job, againSuffix) {
		return nil
	}
	_, err := h.take(ctx, fit, file)
	return err
}

// back takes in what a machine did of a job before it stopped, and gives the job to another.
func (h *host) back(ctx context.Context, d talk.About, file string) (talk.Verdict, error) {
	err := h.save(ctx, d, file)
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.jobs[d.Job]
	if a == nil {
		return talk.Verdict{}, err
	}
	why := ""
	if d.Why != "" {
		why = ": " + d.Why
	}
	h.show.line("fit %s: machine %s gives it back%s", a.t.fit.Key, problem.Printable(d.Machine), problem.Printable(why))
	at := a.at
	h.open(ctx, a)
	if at != d.Worker {
		a.at = at // another one took it over meanwhile, and keeps it
	}
	return talk.Verdict{Again: !h.pausing}, err
}

// take takes in the results of a fit, and its teacher's, which went with the job.
func (h *host) take(ctx context.Context, fit experiments.Fit, file string) (store.Taken, error) {
	h.taking.Lock()
	defer h.taking.Unlock()
	keys := []string{fit.Key}
	if fit.Teacher != "" {
		keys = append(keys, fit.Teacher)
	}
	return h.DB.Take(context.WithoutCancel(ctx), file, keys...)
}

// fitOf returns the fit that a job is about.
func (h *host) fitOf(job string) (experiments.Fit, bool) {
	t, ok := h.wanted[strings.TrimSuffix(job, againSuffix)]
	if !ok {
		return experiments.Fit{}, false
	}
	return *t.fit, true
}

// againSuffix ends the name of a job that does again what is done.
const againSuffix = "-again"
