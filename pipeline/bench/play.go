package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/stage"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/work"
)

// toPlay says what a process of `flowsweep bench crew` does that plays workers.
type toPlay struct {
	Address  string // of the host, with its token
	Spec     string // text
	Template string // path of a part
	Beside   string // where there is room for files of fits at work
	Number   int    // of the process
	Workers  int
}

// played is what the workers of a process did.
type played struct {
	Fits        int
	Processor   float64   // seconds of all cores together
	First, Last time.Time // when the first fit was begun, and the last one made
}

// play plays the workers that a file describes, until the sweep is over.
func play(ctx context.Context, path string) (done played, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return done, err
	}
	var p toPlay
	if err := json.Unmarshal(text, &p); err != nil {
		return done, err
	}
	at, err := crew.ParseAddress(p.Address)
	if err != nil {
		return done, err
	}
	plan, err := planOf(p.Spec)
	if err != nil {
		return done, err
	}
	folder, err := disk.NewPartial(p.Beside)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	t, err := openTemplate(ctx, p.Template, plan.Fits[0], folder.Path("empty.db"))
	if err != nil {
		return done, err
	}
	all := player{template: t, fits: map[string]experiments.Fit{}}
	for _, fit := range plan.Fits {
		all.fits[fit.Key] = fit
	}
	group, inner := errgroup.WithContext(ctx)
	for i := range p.Workers {
		group.Go(func() error { return all.work(inner, at, folder.Path(""), fmt.Sprintf("worker-%d-%d", p.Number, i)) })
	}
	err = group.Wait()
	all.done.Processor = stage.ReadUsage().Processor
	return all.done, err
}

// player does the units of workers.
type player struct {
	template *template
	fits     map[string]experiments.Fit

	mu   sync.Mutex
	done played
}

// work plays one worker.
func (p *player) work(ctx context.Context, at crew.Address, folder, name string) error {
	w, err := crew.Join(ctx, at, crew.WorkerOptions{Name: name, Patience: time.Minute, Folder: folder})
	if err != nil {
		return err
	}
	defer w.Close()
	return work.Worker{
		Crew: w, Name: name, Host: at.Redacted(), Workers: 1, Cores: runtime.GOMAXPROCS(0), Folder: folder, Now: time.Now, Log: io.Discard, Instead: p.unit,
	}.Do(ctx)
}

// unit makes the part of a fit.
func (p *player) unit(ctx context.Context, u sweep.Unit) ([]string, error) {
	p.mu.Lock()
	if p.done.Fits++; p.done.Fits == 1 {
		p.done.First = time.Now()
	}
	p.mu.Unlock()
	err := p.template.write(ctx, u.Store, p.fits[u.Fit])
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done.Last = time.Now()
	return nil, err
}
