package job

import "time"

// savingShare bounds what checkpoints cost: after one that took a second, training goes on for so many.
const savingShare = 50

// pace says when a checkpoint is due. What is saved, and what comes of it, does not depend on when.
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

// due reports whether it is time to save. If so, saved is to be called afterwards.
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
