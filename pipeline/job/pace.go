package job

import "time"

// savingShare bounds the cost of checkpoints: after one that took a second, training continues for at least this many.
const savingShare = 50

// pace decides when a checkpoint is due. That has no effect on its content, nor on the weights.
type pace struct {
	every time.Duration // 0: never
	now   func() time.Time
	since time.Time     // the start, or the end of the last save
	began time.Time     // of the save that is due
	took  time.Duration // by the last save
}

func newPace(every time.Duration, now func() time.Time) *pace {
	return &pace{every: every, now: now, since: now()}
}

// due reports whether it is time to save. If so, call saved afterwards.
func (p *pace) due() bool {
	if p.every == 0 {
		return false
	}
	p.began = p.now()
	return p.began.Sub(p.since) >= max(p.every, savingShare*p.took)
}

func (p *pace) saved() {
	p.since = p.now()
	p.took = p.since.Sub(p.began)
}
