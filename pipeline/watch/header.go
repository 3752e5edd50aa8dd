package watch

import (
	"fmt"
	"strings"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
	"flowsweep/reports/number"
)

// header returns what is said of the sweep as a whole.
func header(s Snapshot, width int, p painter) []string {
	lines := []string{p.paint(bold, join(width, " · ", s.title()...)), s.bar(width, p)}
	if s.Running {
		lines = append(lines, short(s.Live.Activity, width))
		if machine := join(width, " · ", s.machine()...); machine != "" {
			lines = append(lines, p.paint(faint, machine))
		}
		return lines
	}
	for _, c := range s.Chosen {
		lines = append(lines, short("chosen: "+c, width))
	}
	if hint := s.hint(); hint != "" {
		lines = append(lines, wrap(hint, width)...)
	}
	return lines
}

// title returns the name, the state and the times of a sweep, the most important first.
func (s Snapshot) title() []string {
	list := []string{s.Sweep, string(s.State)}
	switch {
	case s.Running:
		list = append(list, live.Duration(s.At.Sub(s.Live.Started)))
		if left, ok := s.Live.ETA(s.At); ok {
			list = append(list, "about "+live.Duration(left)+" left")
		}
	case !s.Finished.IsZero():
		list = append(list, "after "+live.Duration(s.Finished.Sub(s.Started)), s.Finished.Local().Format("2006-01-02 15:04"))
	}
	if s.Failed() > 0 {
		list = append(list, fmt.Sprintf("%d failed", s.Failed()))
	}
	return list
}

// Failed returns how many fits and runs have failed.
func (s Snapshot) Failed() int {
	if s.Running {
		return max(s.Live.Failures, len(s.Failures))
	}
	return len(s.Failures)
}

// hint says what to do about a sweep that has not finished and does not run.
func (s Snapshot) hint() string {
	switch s.State {
	case experiments.Running:
		return "A process works on it that does not say, or not yet, what it does."
	case experiments.Lost:
		return "Its process died: the same `flowsweep sweep` goes on where it was."
	case experiments.Killed:
		return "It was interrupted: the same `flowsweep sweep` goes on where it was."
	case experiments.Queued:
		return "Some of its fits are left to do: `flowsweep sweep` does them."
	}
	return ""
}

// share returns how much of a sweep is done, from 0 to 1.
func (s Snapshot) share() float64 {
	l := s.Live
	if !s.Running || l.StepsTotal+l.RunsTotal == 0 { // it has just begun, or had nothing left to train and to sample
		return float64(s.Runs) / float64(max(s.Planned, 1))
	}
	step, run := l.StepSeconds, l.RunSeconds
	if step == 0 && l.StepsTotal > 0 { // nothing is known yet of what takes how long
		return 0
	}
	all := float64(l.StepsTotal)*step + float64(l.RunsTotal)*run
	if all == 0 {
		return 0
	}
	return min((float64(l.Steps)*step+float64(l.Runs)*run)/all, 1)
}

// maxBar is the width of the longest bar.
const maxBar = 40

// bar returns how much of a sweep is done as a drawing, and in numbers as far as there is room.
func (s Snapshot) bar(width int, p painter) string {
	share := s.share()
	text := []string{fmt.Sprintf("%d %%", int(100*share))}
	if l := s.Live; s.Running {
		if l.StepsTotal > 0 {
			text = append(text, fmt.Sprintf("%s of %s steps", number.Whole(l.Steps), number.Whole(l.StepsTotal)))
		}
		if l.RunsTotal > 0 {
			text = append(text, fmt.Sprintf("%s of %s runs", number.Whole(l.Runs), number.Whole(l.RunsTotal)))
		}
	}
	if !s.Running || s.Live.StepsTotal+s.Live.RunsTotal == 0 {
		text = append(text, fmt.Sprintf("%s of %s runs", number.Whole(s.Runs), number.Whole(s.Planned)))
	}
	room := min(maxBar, width/3)
	full := int(share * float64(room))
	words := join(width-room-len(gap), ", ", text...)
	return p.paint(busy, strings.Repeat("█", full)) + p.paint(faint, strings.Repeat("░", room-full)) + gap + words
}

// machine returns what the sweep has of its machine, and of others.
func (s Snapshot) machine() []string {
	l := s.Live
	list := []string{fmt.Sprintf("%.1f of %d cores", l.CPU, l.Cores), Bytes(l.Memory)}
	if l.MachineMemory > 0 {
		list[1] += " of " + Bytes(l.MachineMemory)
	}
	if rate := l.Rate(); rate > 0 {
		list = append(list, live.Rate(rate))
	}
	silent := 0
	for _, m := range l.Machines {
		if m.Silent {
			silent++
		}
	}
	if n := len(l.Machines); n > 0 {
		text := fmt.Sprintf("%d machines", n)
		if silent > 0 {
			text += fmt.Sprintf(" (%d silent)", silent)
		}
		list = append(list, text)
	}
	if age := s.At.Sub(l.At); age > stale {
		list = append([]string{"not heard of for " + live.Duration(age)}, list...)
	}
	return list
}

// stale is the age at which what a sweep says is old: it says something every second.
const stale = 10 * time.Second

// Bytes returns a size in words.
func Bytes(n int64) string {
	x, unit := float64(n), "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if x < 1000 {
			break
		}
		x, unit = x/1000, next
	}
	return number.Text(x) + " " + unit
}
