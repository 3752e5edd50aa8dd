package watch

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
	"flowsweep/reports/number"
)

// sayEvery is how often a line is written.
const sayEvery = 10 * time.Second

// Lines writes what a sweep does, at least every 10 seconds, and what has changed, until it ends: then how. If none runs, it writes
// only that.
func Lines(ctx context.Context, source *Source, w io.Writer) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	return lines(ctx, source.Read, source.Now, w, tick.C)
}

func lines(ctx context.Context, read func(context.Context, string, []string) (Snapshot, error), now func() time.Time, w io.Writer, tick <-chan time.Time) error {
	var last time.Time
	told, best := 0, ""
	for {
		s, err := read(ctx, "", nil)
		if err != nil {
			return err
		}
		if !s.Running && s.State != experiments.Running {
			return Once(s, w)
		}
		var say []string
		for _, f := range s.Failures[min(told, len(s.Failures)):] {
			say = append(say, f.What+": "+f.Why)
		}
		told = max(told, len(s.Failures))
		if text := s.bestLine(); text != best && text != "" {
			say, best = append(say, text), text
		}
		if len(say) > 0 || now().Sub(last) >= sayEvery-every {
			doing := s.Sweep + ": " + string(s.State)
			if s.Running {
				doing = s.Sweep + ": " + s.Live.Sentence(s.At)
			}
			say = append([]string{doing}, say...)
			last = now()
		}
		if err := write(w, say); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick:
		}
	}
}

// Once writes all that is known of a sweep.
func Once(s Snapshot, w io.Writer) error {
	list := []string{strings.Join(s.title(), ", ")}
	list[0] = s.Sweep + ": " + strings.TrimPrefix(list[0], s.Sweep+", ")
	if s.Running {
		list = append(list, s.Live.Sentence(s.At), strings.Join(s.machine(), ", "))
	} else {
		list = append(list, fmt.Sprintf("%s of %s runs are finished", number.Whole(s.Runs), number.Whole(s.Planned)))
	}
	if hint := s.hint(); hint != "" && !s.Running {
		list = append(list, hint)
	}
	for _, f := range s.Fits {
		if f.State == experiments.Running {
			list = append(list, f.line())
		}
	}
	for _, f := range s.Failures {
		list = append(list, f.What+": "+f.Why)
	}
	for _, c := range s.Chosen {
		list = append(list, "chosen: "+c)
	}
	if text := s.bestLine(); text != "" {
		list = append(list, text)
	}
	return write(w, list)
}

// line returns what is known of a fit at work.
func (f Fit) line() string {
	parts := []string{fmt.Sprintf("step %s of %s", number.Whole(f.Step), number.Whole(f.Steps))}
	if f.Rate > 0 && f.Step < f.Steps {
		parts = append(parts, live.Rate(f.Rate))
	}
	if left := f.left(); left != "" {
		parts = append(parts, "about "+left+" left")
	}
	if len(f.Losses) > 0 {
		parts = append(parts, "loss "+number.Text(f.Loss))
	}
	if len(f.Held) > 0 {
		parts = append(parts, "held out "+number.Text(f.HeldOut))
	}
	at := ""
	if f.Machine != "" {
		at = ", on " + f.Machine
	}
	return fmt.Sprintf("fit %s: %s, seed %d%s: %s", f.Key, f.Label, f.Seed, at, strings.Join(parts, ", "))
}

// bestLine returns the best setting; empty as long as there is none.
func (s Snapshot) bestLine() string {
	if len(s.Best) == 0 {
		return ""
	}
	b := s.Best[0]
	of := "the best setting"
	if s.State == experiments.Running {
		of += " so far"
	}
	if b.Seeds == 0 || !finite(b.Mean) {
		return ""
	}
	return fmt.Sprintf("%s: %s (NFE %s): %s %s, %d of %d seeds", of, b.Label, experiments.Calls(b.NFE), s.Metric, number.Interval(b.Mean, b.Low, b.High), b.Seeds, b.Planned)
}

// write writes lines, none of which an error or a label can break.
func write(w io.Writer, list []string) error {
	for _, line := range list {
		if _, err := fmt.Fprintln(w, clean(line)); err != nil {
			return err
		}
	}
	return nil
}
