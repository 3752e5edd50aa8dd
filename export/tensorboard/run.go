package tensorboard

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"strconv"

	"flowsweep/export/tracked"
)

// The tags of losses and of what a run costs. Metrics have their own names.
const (
	trainTag   = "loss/train"
	heldOutTag = "loss/held-out"
	callsTag   = "cost/nfe"
	secondsTag = "cost/seconds"
)

// run returns the events of a run and of its fit: losses at their steps, and the rest at the last one.
func (t table) run(s tracked.Sweep, setting tracked.Setting, r tracked.Run, fit tracked.Fit, group string) (events []message, err error) {
	began, ended := fit.Start, r.End
	if began.IsZero() {
		began = r.Start
	}
	if ended.IsZero() {
		ended = fit.End
	}
	events = append(events, event(began, 0, t.start(group, began, setting), note("run", aboutRun(s, setting, r))))
	last := 0
	for _, l := range r.Losses {
		values := []message{scalar(trainTag, l.Train)}
		if !math.IsNaN(l.HeldOut) {
			values = append(values, scalar(heldOutTag, l.HeldOut))
		}
		events = append(events, event(l.Time, l.Step, values...))
		last = max(last, l.Step)
	}
	values, err := results(r)
	if err != nil {
		return nil, err
	}
	if r.State != "running" {
		values = append(values, end(statusOf(r.State), ended))
	}
	if len(values) > 0 {
		events = append(events, event(ended, last, values...))
	}
	return events, nil
}

// results returns what a run came to.
func results(r tracked.Run) (values []message, err error) {
	for _, m := range r.Metrics {
		values = append(values, scalar(m.Name, m.Value))
	}
	if r.State == "finished" {
		values = append(values, scalar(callsTag, r.NFE), scalar(secondsTag, r.Seconds))
	}
	if r.Picture == nil {
		return values, nil
	}
	file, err := r.Picture()
	if err != nil {
		return nil, fmt.Errorf("draw the samples of run %s: %w", r.Key, err)
	}
	if file == nil {
		return values, nil
	}
	size, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("draw the samples of run %s: %w", r.Key, err)
	}
	return append(values, picture("samples", strconv.Itoa(size.Width), strconv.Itoa(size.Height), file)), nil
}

// statusOf returns the status of a session in a state. One that was stopped early is neither a success nor a failure.
func statusOf(state string) uint64 {
	switch state {
	case "finished":
		return success
	case "failed", "killed", "lost":
		return failure
	default:
		return unknown
	}
}
