package serve

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
)

// readLive returns what the sweep does that works on a store now. What cannot be read is as if none did.
func readLive(file string) (live.Status, bool) {
	status, ok, err := live.Read(file)
	return status, ok && err == nil
}

// Progress is how a sweep goes, as the bar on its page shows it: the data of an event status of /sweep/NAME/events.
type Progress struct {
	State string   `json:"state"` // running, ended, waiting or problem
	Text  string   `json:"text"`
	Share *float64 `json:"share,omitempty"` // that is done, from 0 to 1; nil if it is not known
}

// ends say of a sweep that is over, or that does not say how it goes, what became of it.
var ends = map[experiments.State]string{
	experiments.Finished: "finished", experiments.Failed: "ended, some of it failed", experiments.Killed: "interrupted: the same command goes on",
	experiments.Lost: "its process died: the same command goes on", experiments.Running: "running", experiments.Queued: "not begun yet",
}

// progressOf returns how the sweep of a topic goes, from what a sweep at work says, if one works.
func progressOf(t *topic, status live.Status, working bool, unread error, now time.Time) Progress {
	p, _, _ := t.now()
	fault := t.failed()
	switch {
	case unread != nil:
		return Progress{State: "problem", Text: "the store cannot be read: " + unread.Error()}
	case fault != nil:
		return Progress{State: "problem", Text: "the page cannot be made: " + fault.Error()}
	case working && status.Sweep == t.name:
		return running(status, now)
	case p == nil:
		return Progress{State: "waiting", Text: "the page is being made"}
	}
	state := "ended"
	if p.sweep == experiments.Running || p.sweep == experiments.Queued {
		state = "waiting"
	}
	return Progress{State: state, Text: ends[p.sweep]}
}

// running says how a sweep at work goes: "training 2 nets · 61 % · about 2 min left".
func running(s live.Status, now time.Time) Progress {
	p := Progress{State: "running"}
	words := []string{s.Activity}
	if s.Activity == "" {
		words[0] = "running"
	}
	if share, ok := shareOf(s); ok {
		p.Share = &share
		words = append(words, fmt.Sprintf("%d %%", int(100*share)))
	}
	if left, ok := s.ETA(now); ok && left >= time.Second {
		words = append(words, about(left)+" left")
	}
	switch {
	case s.Failures == 1:
		words = append(words, "1 failed")
	case s.Failures > 1:
		words = append(words, fmt.Sprintf("%d failed", s.Failures))
	}
	p.Text = strings.Join(words, " · ")
	return p
}

// shareOf returns the share of the trainings and runs that is done, by the time that they take where that is known; not ok when none is left.
func shareOf(s live.Status) (share float64, ok bool) {
	step, run := s.StepSeconds, s.RunSeconds
	if step <= 0 || run <= 0 {
		step, run = 1, 0
		if s.Steps >= s.StepsTotal {
			step, run = 0, 1
		}
	}
	of := func(steps, runs int) float64 { return step*float64(steps) + run*float64(runs) }
	done, all := of(s.Steps, s.Runs), of(s.StepsTotal, s.RunsTotal)
	if share = done / all; !(share >= 0 && share < 1) {
		return 0, false
	}
	return share, true
}

// about returns a duration in words, with one unit.
func about(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 59.5:
		return fmt.Sprintf("about %d s", max(1, int(math.Round(s))))
	case s < 59.5*60:
		return fmt.Sprintf("about %d min", int(math.Round(s/60)))
	case s < 47.5*3600:
		return fmt.Sprintf("about %d h", int(math.Round(s/3600)))
	default:
		return fmt.Sprintf("about %d days", int(math.Round(s/86400)))
	}
}

func (p Progress) json() []byte {
	text, err := json.Marshal(p)
	if err != nil {
		panic("serve: " + err.Error()) // a share that is not finite
	}
	return text
}
