package sweep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

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

func TestLongestFirst(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nnet: {width: [8, 64, 32]}\ntrain: {steps: 10}\n")
	var fits []*todo
	for i, fit := range p.Fits {
		fits = append(fits, &todo{fit: &fit, train: true})
		if i == 1 {
			other := fit
			other.Key = "another"
			fits = append(fits, &todo{fit: &other}) // trained already
		}
	}
	var order []string
	for _, f := range newQueue(fits).waiting {
		order = append(order, fmt.Sprint(f.fit.Recipe.Net.Width, f.train))
	}
	if got, want := strings.Join(order, ", "), "64 true, 32 true, 8 true, 64 false"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
}

// TestPairingCounts: the fits of ot, whose pairing takes longer than the steps of a small net, come before those of a larger net.
func TestPairingCounts(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nzip: [{net: {width: 128}}, {net: {width: 16}, coupling: ot}]\ntrain: {steps: 10, batch: 512}\n")
	first := newQueue([]*todo{{fit: &p.Fits[0], train: true}, {fit: &p.Fits[1], train: true}}).waiting[0]
	if got := first.fit.Recipe.Coupling.Name; got != "ot" {
		t.Errorf("the first fit is of %s", got)
	}
}

// TestStudentsWait checks that a student is not started before the training of its teacher has ended, that fits whose teacher is
// trained are started meanwhile, and that a teacher counts as long as all that waits for it.
func TestStudentsWait(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nzip: [{coupling: {reflow: {rounds: 2, pairs: 10, steps: 1}}}, {coupling: ot, train: {batch: 8}}]\n"+
		"train: {steps: 10}\nsample: {count: 50}\n")
	byRounds := map[int]experiments.Fit{}
	var fits []*todo
	for _, fit := range p.Fits {
		c, _ := fit.Recipe.Reflow()
		if fit.Recipe.Coupling.Name != "ot" {
			byRounds[c.Rounds] = fit
		}
		fits = append(fits, &todo{fit: &fit, train: true})
	}
	q := newQueue(fits)
	next := func(want string) {
		t.Helper()
		if got, ok := q.next(t.Context()); !ok || got.fit.Key != want {
			t.Errorf("next is %+v (%v), want %s", got, ok, want)
		}
	}
	next(byRounds[0].Key)
	next(p.Fits[1].Key)
	ended, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if got, ok := q.next(ended); ok {
		t.Errorf("%s does not wait for its teacher", got.fit.Key)
	}
	q.end(byRounds[0].Key)
	q.end(byRounds[0].Key)
	next(byRounds[1].Key)
	go q.end(byRounds[1].Key)
	next(byRounds[2].Key)
	if _, ok := q.next(t.Context()); ok {
		t.Error("there is more than the plan has")
	}
}

// TestAFitKilledUnderItsRunsIsTrainedAgain: its runs are all there, but the net that would be exported is not known to
// be.
func TestAFitKilledUnderItsRunsIsTrainedAgain(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nmetrics: mmd\nsample: {steps: [1, 2]}\n")
	ctx, now := t.Context(), time.Now()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fit := p.Fits[0]
	errs := []error{
		db.Lock(ctx, "test", time.Now, nil),
		db.StartSweep(ctx, p, experiments.Environment{}, now), db.FinishFit(ctx, fit.Key, 1, 1, []byte("w"), now),
	}
	for _, run := range slices.Concat(fit.Runs, fit.Dense) {
		errs = append(errs, db.FinishRun(ctx, run.Key, experiments.Environment{}, store.Sampled{NFE: 1, NFEMax: 1, Seconds: 1}, now),
			db.SaveMetrics(ctx, run.Key, run.Reference, []experiments.Value{{Name: "mmd", Value: 1}}))
	}
	if w, err := Remaining(ctx, db, p); err != nil || len(w.fits) != 0 {
		t.Fatalf("left of a finished plan: %+v (%v, %v)", w, err, errors.Join(errs...))
	}
	if err := db.EndFit(ctx, fit.Key, experiments.Killed, "interrupted", now); err != nil {
		t.Fatal(err)
	}
	w, err := Remaining(ctx, db, p)
	if err != nil || w.ToTrain != 1 || w.ToSample != 0 || len(w.fits) != 1 {
		t.Errorf("left after the fit was killed: %+v (%v), want its training alone", w, err)
	}
}
