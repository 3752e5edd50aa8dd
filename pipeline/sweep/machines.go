package sweep

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"flowsweep/experiments/problem"
	"flowsweep/pipeline/live"
	"flowsweep/pipeline/sweep/talk"
)

// machine is a worker of the crew. There may be several on a machine.
type machine struct {
	name   string
	slots  int // fits that it does at once; 0 where that is not known
	joined time.Time
	seen   time.Time
	silent bool // it was said that it is
	told   bool // that it gets no more
	done   int  // fits
}

// The most machines that a host remembers, and bytes of the name of one.
const (
	maxMachines = 100_000
	maxName     = 255
)

// admit returns an error for a worker of which the host can keep nothing.
func (h *host) admit(worker, machine string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case len(machine) > maxName || len(worker) > 2*maxName:
		return fmt.Errorf("a machine's name has more than %d bytes: use `flowsweep work --name` with a shorter one", maxName)
	case h.machines[worker] == nil && len(h.machines) >= maxMachines:
		return fmt.Errorf("%d machines have worked on this sweep, and it can keep no more apart: start it again", maxMachines)
	}
	return nil
}

// maxStrikes is how many fits a machine may fail that others do.
const maxStrikes = 3

// see notes that a worker is there. It is called with the lock.
func (h *host) see(worker, name string) *machine {
	m := h.machines[worker]
	if m == nil { // it joined an earlier host of this sweep
		m = &machine{name: name, joined: h.Now()}
		h.machines[worker] = m
	}
	m.seen = time.Now()
	if m.silent {
		m.silent = false
		h.show.line("machine %s is back", problem.Printable(name))
	}
	return m
}

// live reports whether a worker was heard of lately. It is called with the lock.
func (h *host) live(worker string) bool {
	m := h.machines[worker]
	return m != nil && time.Since(m.seen) < h.Crew.Silence && h.strikes[m.name] < maxStrikes
}

// others returns the workers that are there, but for those on one machine. It is called with the lock.
func (h *host) others(than string) (workers []string) {
	for worker, m := range h.machines {
		if m.name != than && h.live(worker) {
			workers = append(workers, worker)
		}
	}
	return workers
}

// verdictOn returns whether a worker may work on. It is called with the lock.
func (h *host) verdictOn(d talk.About) talk.Verdict {
	strikes := h.strikes[d.Machine]
	if strikes < maxStrikes {
		return talk.Verdict{}
	}
	if m := h.see(d.Worker, d.Machine); !m.told {
		m.told = true
		h.show.line("machine %s failed %d fits that others did: it gets no more", problem.Printable(d.Machine), strikes)
	}
	return talk.Verdict{Stop: fmt.Sprintf("this machine failed %d fits that others did: run `flowsweep doctor` on it", strikes)}
}

// listen hears of lost jobs, looks after silent machines and says how far the sweep is, until the context ends.
func (h *host) listen(ctx context.Context) {
	look := time.NewTicker(max(h.Crew.Silence/4, 50*time.Millisecond))
	defer look.Stop()
	say := time.NewTicker(sayEvery)
	defer say.Stop()
	last, looked := "", time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case name := <-h.crew.Lost():
			h.mu.Lock()
			if a := h.jobs[name]; a != nil && !h.pausing {
				h.lose(ctx, a, noResult)
			}
			h.mu.Unlock()
		case <-look.C:
			// If this machine slept, the others had nobody to speak to.
			h.lookAfter(ctx, time.Since(looked) > h.Crew.Silence/2)
			looked = time.Now()
		case <-say.C:
			if text := h.summary(); text != last && text != "" {
				h.show.line("%s", text)
				last = text
			}
		}
	}
}

// sayEvery is how often a host says how far it is.
const sayEvery = 30 * time.Second

// noResult says why a fit is lost that was given out as often as it may be.
var noResult = fmt.Sprintf("%d machines took it, and none sent a result", tries)

// lookAfter notes which machines have fallen silent, unless this one slept.
func (h *host) lookAfter(ctx context.Context, slept bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, worker := range slices.Sorted(maps.Keys(h.machines)) {
		m := h.machines[worker]
		if slept {
			m.seen = time.Now()
		}
		if m.silent || time.Since(m.seen) < h.Crew.Silence {
			continue
		}
		m.silent = true
		had := h.at(worker)
		text := fmt.Sprintf("machine %s is silent", problem.Printable(m.name))
		if len(had) > 0 {
			text += fmt.Sprintf(": others go on with its fits (%d)", len(had))
		}
		h.show.line("%s", text)
		for _, a := range had {
			h.abandoned(ctx, a)
		}
	}
	h.skipSecond(ctx)
}

// at returns the jobs that are at a worker.
func (h *host) at(worker string) (list []*task) {
	for _, job := range slices.Sorted(maps.Keys(h.jobs)) {
		if h.jobs[job].at == worker {
			list = append(list, h.jobs[job])
		}
	}
	return list
}

// abandoned notes that a machine took a job and fell silent. The crew gives it to another. It is called with the lock.
func (h *host) abandoned(ctx context.Context, a *task) {
	a.at = ""
	if a.tries++; a.tries >= tries && !h.pausing {
		h.lose(ctx, a, noResult)
	}
}

// does returns the fits that machines have now, and the machines.
func (h *host) does() (fits []live.Fit, machines []live.Machine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	busy := map[string]int{}
	for _, a := range h.jobs {
		m := h.machines[a.at]
		if m == nil {
			continue
		}
		busy[a.at]++
		f := live.Fit{
			Key: a.t.fit.Key, Label: h.labels[a.t.fit.Key], Machine: problem.Printable(m.name), Seed: a.t.fit.Seed,
			Step: a.steps, Steps: a.t.fit.Recipe.Train.Steps, Since: a.since,
		}
		if !a.t.train {
			f.Step = f.Steps
		}
		fits = append(fits, f)
	}
	for worker, m := range h.machines {
		machines = append(machines, live.Machine{
			Name: problem.Printable(m.name), Slots: m.slots, Fits: busy[worker], Done: m.done, Silent: m.silent, Seen: m.seen,
		})
	}
	slices.SortFunc(machines, func(a, b live.Machine) int { return cmp.Compare(a.Name, b.Name) })
	return fits, machines
}

// summary says how far the sweep is, and which machines do how much.
func (h *host) summary() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []string
	done := 0
	for _, m := range slices.SortedFunc(maps.Values(h.machines), func(a, b *machine) int { return cmp.Compare(a.name, b.name) }) {
		done += m.done
		text := fmt.Sprintf("%s %d", problem.Printable(m.name), m.done)
		if hours := h.Now().Sub(m.joined).Hours(); m.done > 0 && hours > 0 {
			text += fmt.Sprintf(" (%.3g an hour)", float64(m.done)/hours)
		}
		if m.silent {
			text += " (silent)"
		}
		list = append(list, text)
	}
	if len(list) == 0 {
		return fmt.Sprintf("%d fits wait for machines: start `flowsweep work` on some", len(h.jobs))
	}
	if len(list) > maxListed {
		list = append(list[:maxListed], fmt.Sprintf("and %d more", len(list)-maxListed))
	}
	return fmt.Sprintf("%d of %d fits done: %s", done, len(h.left.fits), strings.Join(list, ", "))
}
