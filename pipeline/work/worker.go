// Package work does fits for the host of a sweep that runs on another machine: it asks for the offer, works the same plan out, and does one
// fit with its runs after another, each on a store of its own, which travels back.
//
//	err := work.Worker{Crew: joined, Name: "node17", Workers: 8, Cores: 8, ...}.Do(ctx)
package work

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/sweep/talk"
	"flowsweep/store"
)

// Worker is a machine that does fits for the host of a sweep.
type Worker struct {
	Crew    *crew.Worker
	Name    string // of the machine
	Host    string // for people
	Workers int    // fits done at once
	Cores   int    // used by all of them
	Folder  string // for the files of fits at work

	// Instead does units in place of the trainings, to measure hosts: the worker then takes the host's word for the plan and for how
	// all round. It is nil for a worker that helps.
	Instead func(ctx context.Context, unit sweep.Unit) (failures []string, err error)

	Rounding func(ctx context.Context, e engine.Engine) (string, error) // of this machine, see job.Rounding
	Now      func() time.Time
	Log      io.Writer
}

// worker is a Worker at work.
type worker struct {
	Worker
	offer talk.Offer
	pace  atomic.Pointer[talk.Offer] // of the latest host, which says how often it wants to hear
	units *sweep.Units
	unit  func(ctx context.Context, unit sweep.Unit) (failures []string, err error) // does one
	me    talk.Member
	desk  desk
}

// ended is the cause of the end of a context for a worker whose sweep is over.
type ended struct{ why string }

func (e *ended) Error() string { return e.why }

// Do does fits until the host says that the sweep is over, or the context ends; then it sends what it has. It returns a *talk.MismatchError
// if the host would not take its results.
func (w Worker) Do(ctx context.Context) error {
	d := &worker{Worker: w, desk: newDesk()}
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if err := d.prepare(ctx); err != nil {
		return err
	}
	if d.units != nil {
		defer d.units.Close()
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(w.Cores + 1)) // see sweeper.do
	fmt.Fprintf(w.Log, "%s: %d fits left, %d at once here, engine %s, rounding %s\n", w.Host, d.offer.Fits, w.Workers, d.offer.Engine, d.me.Environment.Rounding)
	group, working := errgroup.WithContext(inner)
	for range w.Workers {
		group.Go(func() error { return d.work(working) })
	}
	hearing, heard := context.WithCancel(inner)
	go d.hear(hearing, stop)
	go d.beats(hearing)
	err := group.Wait()
	heard()
	var over *ended
	if errors.As(err, &over) || errors.As(context.Cause(inner), &over) {
		fmt.Fprintf(w.Log, "the sweep is over: %s\n", problem.Printable(over.why))
		return nil
	}
	return err
}

// prepare asks for the offer, works the plan out, and joins.
func (w *worker) prepare(ctx context.Context) (err error) {
	if w.offer, err = w.askOffer(ctx); err != nil {
		return err
	}
	w.pace.Store(&w.offer)
	if w.unit = w.Instead; w.unit != nil {
		w.me = talk.Member{Machine: w.Name, Plan: w.offer.Plan, Slots: w.Workers, Environment: experiments.Environment{Rounding: w.offer.Rounding}}
		return w.join(ctx)
	}
	e, library, err := w.engine(ctx)
	if err != nil {
		return err
	}
	rounding, err := w.Rounding(ctx, e)
	if err != nil {
		return fmt.Errorf("find out how this machine rounds: %w", err)
	}
	caution, err := w.offer.CheckBits(library, rounding)
	if err != nil {
		return err
	}
	if caution != "" {
		fmt.Fprintln(w.Log, "caution:", caution)
	}
	plan, err := w.plan(ctx)
	if err != nil {
		return err
	}
	w.units = sweep.NewUnits(sweep.Sweep{
		Plan: plan, Engine: e, Checkpoints: w.offer.Checkpoints, Machine: w.Name, Rounding: rounding, Now: w.Now, Log: w.Log,
	})
	w.unit = w.units.Do
	w.me = talk.Member{Machine: w.Name, Plan: w.offer.Plan, Slots: w.Workers, Memory: w.units.Memory, Environment: w.units.Environment}
	return w.join(ctx)
}

// askOffer asks for the host's offer.
func (w *worker) askOffer(ctx context.Context) (talk.Offer, error) {
	answer, err := w.Crew.Ask(ctx, talk.AskOffer, talk.Encode(talk.Member{Machine: w.Name}), "")
	if err != nil {
		return talk.Offer{}, err
	}
	o, err := talk.Decode[talk.Offer](answer.Body)
	if err == nil {
		err = o.CheckProgram(sweep.Version, store.Version())
	}
	return o, err
}

// join tells the host that this machine has its plan.
func (w *worker) join(ctx context.Context) error {
	_, err := w.Crew.Ask(ctx, talk.AskJoin, talk.Encode(w.me), "")
	var refused *crew.AnswerError
	if errors.As(err, &refused) {
		return &talk.MismatchError{Why: refused.Error()}
	}
	return err
}

// engine returns the engine of the offer, with onnxruntime from the host if this machine has none, and the sha256 of that.
func (w *worker) engine(ctx context.Context) (e engine.Engine, library string, err error) {
	o := w.offer
	if o.Library != "" && o.Platform == runtime.GOOS+"/"+runtime.GOARCH {
		if err := ort.Receive(o.Library, func(path string) error { return w.Crew.Get(ctx, talk.LibraryName, path) }); err != nil {
			return e, "", fmt.Errorf("get onnxruntime from the host: %w", err)
		}
	}
	if e, _, err = engine.Pick(o.Engine); err != nil {
		return e, "", &talk.MismatchError{Why: fmt.Sprintf("the host uses the engine %s, which this machine lacks: %v", o.Engine, err)}
	}
	if o.Library != "" {
		runtime, err := ort.LoadRuntime()
		if err != nil {
			return e, "", err
		}
		library = runtime.SHA256
	}
	return e, library, nil
}

// plan gets the data files of the offer and works the plan out.
func (w *worker) plan(ctx context.Context) (experiments.Plan, error) {
	local := map[string]string{}
	for _, d := range w.offer.Data {
		path, err := d.Local(w.Folder)
		if err != nil {
			return experiments.Plan{}, err
		}
		if err := w.Crew.Get(ctx, d.Shared, path); err != nil {
			return experiments.Plan{}, fmt.Errorf("get %s from the host: %w", d.Path, err)
		}
		local[d.Path] = path
	}
	plan, err := w.offer.PlanWith(local)
	if err != nil {
		return plan, err
	}
	return plan, w.offer.CheckPlan(sweep.Version, plan)
}

// rejoin joins a host that has been started again, if its sweep is the same.
func (w *worker) rejoin(ctx context.Context) error {
	o, err := w.askOffer(ctx)
	if err != nil {
		return err
	}
	if o.Plan != w.offer.Plan {
		return &ended{"the host has another sweep now, start `flowsweep work` again for that"}
	}
	w.pace.Store(&o)
	w.desk.resume()
	return w.join(ctx)
}

// hear does what the host tells all workers.
func (w *worker) hear(ctx context.Context, stop context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-w.Crew.Heard():
			switch m.Topic {
			case talk.TellEnd:
				stop(&ended{string(m.Body)})
			case talk.TellPause:
				fmt.Fprintln(w.Log, "the host stops: its fits are given back; waiting for the next host")
				w.desk.pause()
			}
		}
	}
}

// beats tells the host that this machine is there, and how far it is.
func (w *worker) beats(ctx context.Context) {
	for {
		every := max(w.pace.Load().Silence/6, 10*time.Millisecond)
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
			brief, cancel := context.WithTimeout(ctx, every)
			_, _ = w.Crew.Ask(brief, talk.AskBeat, talk.Encode(talk.Beat{Machine: w.Name, Plan: w.offer.Plan, Steps: w.desk.steps()}), "") // the next one is due soon
			cancel()
		}
	}
}
