package sweep

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"flowsweep/pipeline/live"
)

// progress shows how far a sweep is: as bars on a terminal, as plain lines elsewhere. It is safe for concurrent use.
type progress struct {
	w     io.Writer
	steps *mpb.Bar // training steps
	runs  *mpb.Bar

	account *live.Tracker          // is told of all progress; nil for none
	stepped func(steps int)        // is told of steps too; nil for nobody
	doing   atomic.Pointer[string] // what the sweep does, for the bars: they must not ask, as whoever prints a line waits for them

	mu    sync.Mutex
	bars  *mpb.Progress // nil where there are plain lines
	total int           // of steps

	totalRuns int
}

// start shows the progress of this many training steps and runs, until stop is called.
func (p *progress) start(steps, runs int) (stop func()) {
	p.account.Plan(steps, runs)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total, p.totalRuns = steps, runs
	if !movesCursor(p.w, os.Getenv) {
		return func() {}
	}
	p.bars = mpb.New(mpb.WithOutput(terminalOf(p.w)), mpb.WithWidth(40))
	p.doing.Store(new(string))
	activity := p.bars.New(0, mpb.NopStyle(), mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return *p.doing.Load() })))
	p.steps = p.bar("training steps", steps)
	p.runs = p.bar("runs", runs)
	return func() { p.stop(activity, p.steps, p.runs) }
}

func (p *progress) bar(name string, total int) *mpb.Bar {
	if total == 0 {
		return nil
	}
	return p.bars.AddBar(int64(total),
		mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR), decor.CountersNoUnit("%d / %d", decor.WCSyncSpace)),
		mpb.AppendDecorators(decor.Percentage(decor.WCSyncSpace), decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace)))
}

// advance counts training steps and runs of a fit as done.
func (p *progress) advance(fit string, steps, runs int) {
	p.account.Advance(fit, steps, runs)
	if p.stepped != nil {
		p.stepped(steps)
	}
	if p.steps != nil {
		p.steps.IncrBy(steps)
	}
	if p.runs != nil {
		p.runs.IncrBy(runs)
	}
}

// skip removes training steps of a fit done by an earlier sweep: they say nothing about the time left.
func (p *progress) skip(fit string, steps int) {
	p.account.Resume(fit, steps)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total -= steps
	if p.steps != nil {
		p.steps.SetTotal(int64(p.total), false)
	}
}

// drop removes training steps and runs of a fit that stops early: nobody does them.
func (p *progress) drop(steps, runs int) {
	p.account.Drop(steps, runs)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total -= steps
	p.totalRuns -= runs
	if p.steps != nil {
		p.steps.SetTotal(int64(p.total), false)
	}
	if p.runs != nil {
		p.runs.SetTotal(int64(p.totalRuns), false)
	}
}

// line prints a line, above the bars if there are any.
func (p *progress) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...) + "\n"
	if bars := p.shown(); bars != nil {
		if _, err := io.WriteString(bars, text); err == nil {
			return
		}
	}
	io.WriteString(p.w, text)
}

// shown returns the bars, or nil.
func (p *progress) shown() *mpb.Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bars
}

// stop removes the bars and leaves the lines.
func (p *progress) stop(all ...*mpb.Bar) {
	for _, b := range all {
		if b != nil {
			b.Abort(true)
		}
	}
	p.shown().Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bars, p.steps, p.runs = nil, nil, nil
}

// movesCursor reports whether w is a terminal on which bars can be drawn, and whose user has not asked for plain text.
func movesCursor(w io.Writer, getenv func(string) string) bool {
	kind := getenv("TERM") // Windows sets none
	dumb := kind == "dumb" || kind == "" && runtime.GOOS != "windows"
	return IsTerminal(terminalOf(w)) && !dumb && getenv("NO_COLOR") == ""
}

// terminalOf returns what a voice writes to.
func terminalOf(w io.Writer) io.Writer {
	if v, ok := w.(*voice); ok {
		return v.w
	}
	return w
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
