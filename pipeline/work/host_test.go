package work

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/sweep/talk"
	"flowsweep/store"
)

// hostSpec is a sweep of quick fits.
const hostSpec = `name: a
target: moons
net: {width: 4, depth: 1}
train: {steps: 5, batch: 8}
seeds: 4
sample: {steps: 1, count: 50}
reference: {count: 50}
metrics: [mmd]
`

// strikes is how many fits a machine may fail that others do.
const strikes = 3

// hosted is a sweep that listens, at work.
type hosted struct {
	*testing.T
	db    *store.DB
	plan  experiments.Plan
	crew  *crew.Host
	file  string // of the store
	log   lines
	ended chan error
	fails []string // that the sweep ends with
	stop  context.CancelFunc
}

// listening starts a sweep of a spec that listens. Options change how.
func listening(t *testing.T, text string, options func(s *sweep.Sweep)) *hosted {
	t.Helper()
	folder := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	h := &hosted{T: t, plan: plan(t, text), ended: make(chan error, 1), stop: stop}
	h.log.to = t.Output()
	var err error
	if h.db, err = store.Open(ctx, filepath.Join(folder, "runs.db")); err != nil {
		t.Fatal(err)
	}
	h.crew, err = crew.Listen(ctx, crew.HostOptions{
		Listen: "127.0.0.1:0", Token: "word", Folder: folder, AckWait: time.Second, Tries: 5, MaxFile: 1 << 22,
	})
	if err := errors.Join(err, h.db.Lock(ctx, "test", time.Now, nil)); err != nil {
		t.Fatal(err)
	}
	h.file = filepath.Join(folder, "runs.db")
	s := sweep.Sweep{
		DB: h.db, File: h.file, Plan: h.plan, Engine: engine.Go, Workers: 1, Now: time.Now, Log: &h.log, Rounding: "even",
		Crew: &sweep.Crew{Host: h.crew, Silence: time.Second, Copies: time.Hour, Folder: folder},
	}
	if options != nil {
		options(&s)
	}
	go func() {
		h.ended <- s.Do(ctx, func(_ context.Context, failures []string) error { h.fails = failures; return nil })
	}()
	t.Cleanup(func() { stop(); h.crew.Close(); h.db.Close() })
	return h
}

// end waits for the end of the sweep.
func (h *hosted) end() {
	h.Helper()
	select {
	case err := <-h.ended:
		if err != nil {
			h.Fatal(err)
		}
	case <-time.After(time.Minute):
		h.Fatalf("the sweep does not end: %s", h.log.text.String())
	}
}

// says waits until the host has said something.
func (h *hosted) says(text string) {
	h.Helper()
	for start := time.Now(); !strings.Contains(strings.Join(h.log.list(), "\n"), text); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			h.Fatalf("the host does not say %q: %s", text, strings.Join(h.log.list(), "\n"))
		}
	}
}

// stored returns the states of all fits.
func (h *hosted) stored() (list []experiments.State) {
	h.Helper()
	for _, fit := range h.plan.Fits {
		f, err := h.db.Fit(h.Context(), fit.Key)
		if err != nil {
			h.Fatal(err)
		}
		list = append(list, f.State)
	}
	return list
}

// hand is a worker of a test, which does as it is told.
type hand struct {
	*testing.T
	*worker
	fits  map[string]experiments.Fit // of the plan, by key
	leave context.CancelFunc         // falls silent
}

// join lets a machine join.
func (h *hosted) join(name string) hand {
	h.Helper()
	folder := h.TempDir()
	c, err := crew.Join(h.Context(), h.crew.Address(), crew.WorkerOptions{Name: name, Patience: 10 * time.Second, Folder: folder})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { c.Close() })
	w := &worker{Worker: Worker{Crew: c, Name: name, Workers: 1, Cores: 1, Folder: folder, Rounding: even, Now: time.Now, Log: h.Output()}, desk: newDesk()}
	if err := w.prepare(h.Context()); err != nil {
		h.Fatal(err)
	}
	beating, stop := context.WithCancel(h.Context())
	go w.beats(beating)
	h.Cleanup(stop)
	fits := map[string]experiments.Fit{}
	for _, fit := range h.plan.Fits {
		fits[fit.Key] = fit
	}
	return hand{h.T, w, fits, stop}
}

// plan returns the plan of a spec.
func plan(t *testing.T, text string) experiments.Plan {
	t.Helper()
	spec, err := experiments.Parse("spec.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// even is how all machines of a test round.
func even(context.Context, engine.Engine) (string, error) { return "even", nil }

// next takes a job.
func (h hand) next() *crew.Job {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), 20*time.Second)
	defer cancel()
	j, err := h.Crew.Next(ctx)
	for errors.Is(err, crew.ErrNewHost) {
		j, err = h.Crew.Next(ctx)
	}
	if err != nil {
		h.Fatal(err)
	}
	return j
}

// about returns what is said of a job.
func (h hand) about(j *crew.Job) talk.About {
	return talk.About{Machine: h.worker.Name, Plan: h.offer.Plan, Job: j.Name}
}

// fail delivers a job as failed.
func (h hand) fail(j *crew.Job) talk.Verdict {
	h.Helper()
	ctx, path := h.Context(), h.scratch(j.Name)
	o, err := talk.Decode[talk.Order](j.Body)
	if err != nil {
		h.Fatal(err)
	}
	if _, err := h.fetch(ctx, h.about(j)); err != nil {
		h.Fatal(err)
	}
	db, err := store.OpenPart(ctx, path)
	if err != nil {
		h.Fatal(err)
	}
	err = errors.Join(db.Lock(ctx, "test", time.Now, nil), db.QueueFit(ctx, h.fits[o.Fit]))
	if err == nil {
		_, err = db.StartFit(ctx, o.Fit, h.units.Environment, time.Now())
	}
	err = errors.Join(err, db.EndFit(ctx, o.Fit, experiments.Failed, "its memory is bad", time.Now()), db.Close())
	if err != nil {
		h.Fatal(err)
	}
	return h.send(j, path, "fit "+o.Fit+" failed: its memory is bad")
}

// send delivers a file.
func (h hand) send(j *crew.Job, path string, failures ...string) talk.Verdict {
	h.Helper()
	answer, err := h.Crew.Ask(h.Context(), talk.AskDeliver, talk.Encode(talk.Delivery{About: h.about(j), Failures: failures}), path)
	h.sweepUp(j.Name)
	var said *crew.AnswerError
	if errors.As(err, &said) {
		j.Leave()
		return talk.Verdict{Stop: said.Error()}
	}
	if err != nil {
		h.Fatal(err)
	}
	end(j, answer)
	v, err := talk.Decode[talk.Verdict](answer.Body)
	if err != nil {
		h.Fatal(err)
	}
	return v
}

// do does a job as it should be done.
func (h hand) do(j *crew.Job) {
	h.Helper()
	if err := h.turn(h.Context(), j); err != nil {
		h.Fatal(err)
	}
}

// TestSecondOpinion: a fit that fails on one machine is tried by another. A machine that fails three fits that others do gets no more,
// and nothing of the sweep has failed.
func TestSecondOpinion(t *testing.T) {
	t.Parallel()
	h := listening(t, hostSpec, nil)
	bad, good := h.join("bad"), h.join("good")
	var jobs []*crew.Job
	for range strikes + 1 {
		jobs = append(jobs, bad.next())
	}
	for _, j := range jobs[:strikes] {
		if v := bad.fail(j); v.Stop != "" {
			t.Fatal(v.Stop)
		}
		good.do(good.next())
	}
	h.says("machine bad failed it, and good did it")
	j := jobs[strikes]
	if _, err := bad.fetch(t.Context(), bad.about(j)); err == nil || !strings.Contains(err.Error(), "this machine failed 3 fits that others did") {
		t.Errorf("the bad machine hears %v", err)
	}
	j.GiveBack()
	good.do(good.next())
	h.end()
	if states := fmt.Sprint(h.stored()); len(h.fails) > 0 || states != "[finished finished finished finished]" {
		t.Errorf("states %s, failures %q", states, h.fails)
	}
}

// TestBothFail: what fails on two machines has failed.
func TestBothFail(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), nil)
	one, two := h.join("one"), h.join("two")
	one.fail(one.next())
	two.fail(two.next())
	h.end()
	if states := fmt.Sprint(h.stored()); len(h.fails) != 1 || !strings.Contains(h.fails[0], "its memory is bad") || states != "[failed]" {
		t.Errorf("states %s, failures %q", states, h.fails)
	}
}

// TestNobodyElse: a fit that fails on the only machine has failed.
func TestNobodyElse(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), nil)
	one := h.join("one")
	one.fail(one.next())
	h.end()
	if states := fmt.Sprint(h.stored()); len(h.fails) != 1 || states != "[failed]" {
		t.Errorf("states %s, failures %q", states, h.fails)
	}
}

// TestNoMemory: a fit that no machine has the memory for is lost, in a sentence that says why; the others are done.
func TestNoMemory(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "width: 4", "width: [4, 512]", 1), nil)
	small := h.join("small")
	small.units.Memory = 16 * 4 * 512 // bytes for 512 parameters
	go small.work(t.Context())
	h.end()
	if states := fmt.Sprint(h.stored()); states != "[finished finished finished finished lost lost lost lost]" {
		t.Errorf("states %s", states)
	}
	if len(h.fails) != 4 || !strings.Contains(h.fails[0], "no machine that is here can do it: small: its 3074 parameters need") {
		t.Errorf("failures: %q", h.fails)
	}
}

// TestSecondLook: of fits that two machines do, other results are counted and said, the first ones are kept, and the sweep fails.
func TestSecondLook(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), func(s *sweep.Sweep) { s.Crew.Check = 1 })
	one, two := h.join("one"), h.join("two")
	one.do(one.next())
	first, err := h.db.Weights(t.Context(), h.plan.Fits[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	two.units = sweep.NewUnits(sweep.Sweep{Plan: h.plan, Engine: engine.ONNXRuntime, Machine: "two", Now: time.Now}) // which rounds differently
	two.unit = two.units.Do
	two.do(two.next())
	h.end()
	kept, err := h.db.Weights(t.Context(), h.plan.Fits[0].Key)
	if err != nil || string(kept) != string(first) {
		t.Errorf("the weights have changed (%v)", err)
	}
	if len(h.fails) != 1 || !strings.Contains(h.fails[0], "machine two got other results") {
		t.Errorf("failures: %q", h.fails)
	}
}

// TestNotAPart: what is no part of a store is refused and said, nothing of it is stored, and the fit is given out again.
func TestNotAPart(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), nil)
	one := h.join("one")
	j := one.next()
	path := one.scratch(j.Name)
	if err := os.WriteFile(path, []byte(strings.Repeat("SQLite format 3\x00", 500)), 0o644); err != nil {
		t.Fatal(err)
	}
	if v := one.send(j, path); !strings.Contains(v.Stop, "refused") {
		t.Errorf("the machine hears %q", v.Stop)
	}
	h.says("what machine one sent is not taken")
	one.do(one.next())
	h.end()
	if states := fmt.Sprint(h.stored()); len(h.fails) > 0 || states != "[finished]" {
		t.Errorf("states %s, failures %q", states, h.fails)
	}
}
