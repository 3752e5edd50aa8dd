package sweep

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// progress shows how far a sweep is: as bars on a terminal, as plain lines elsewhere. It is safe for concurrent use.
type progress struct {
	w     io.Writer
	bars  *mpb.Progress // nil where there are plain lines
	steps *mpb.Bar      // training steps
	runs  *mpb.Bar

	stepped func(steps int) // is told of steps too; nil for nobody

	mu    sync.Mutex
	total int // of steps
}

// newProgress starts to show the progress of this many training steps and runs.
func newProgress(w io.Writer, steps, runs int) *progress {
	p := &progress{w: w, total: steps}
	if !movesCursor(w, os.Getenv) {
		return p
	}
	p.bars = mpb.New(mpb.WithOutput(w), mpb.WithWidth(40))
	p.steps = p.bar("training steps", steps)
	p.runs = p.bar("runs", runs)
	return p
}

func (p *progress) bar(name string, total int) *mpb.Bar {
	if total == 0 {
		return nil
	}
	return p.bars.AddBar(int64(total),
		mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR), decor.CountersNoUnit("%d / %d", decor.WCSyncSpace)),
		mpb.AppendDecorators(decor.Percentage(decor.WCSyncSpace), decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace)))
}

// advance counts training steps and runs as done.
func (p *progress) advance(steps, runs int) {
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

// skip removes training steps done by an earlier sweep: they say nothing about the time left.
func (p *progress) skip(steps int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total -= steps
	if p.steps != nil {
		p.steps.SetTotal(int64(p.total), false)
	}
}

// line prints a line, above the bars if there are any.
func (p *progress) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...) + "\n"
	if p.bars != nil {
		io.WriteString(p.bars, text)
		return
	}
	io.WriteString(p.w, text)
}

// close removes the bars and leaves the lines.
func (p *progress) close() {
	for _, b := range []*mpb.Bar{p.steps, p.runs} {
		if b != nil {
			b.Abort(true)
		}
	}
	if p.bars != nil {
		p.bars.Wait()
	}
}

// movesCursor reports whether w is a terminal on which bars can be drawn, and whose user has not asked for plain text.
func movesCursor(w io.Writer, getenv func(string) string) bool {
	kind := getenv("TERM") // Windows sets none
	dumb := kind == "dumb" || kind == "" && runtime.GOOS != "windows"
	return IsTerminal(w) && !dumb && getenv("NO_COLOR") == ""
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
