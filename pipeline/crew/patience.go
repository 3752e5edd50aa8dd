package crew

import (
	"context"
	"math/rand/v2"
	"time"
)

// patience measures for how long nothing has succeeded. What it counts of one attempt is limited, as a process that was suspended
// has not tried in the meantime.
type patience struct {
	limit time.Duration
	spent time.Duration
	last  time.Time
	tries int
}

func newPatience(limit time.Duration) *patience { return &patience{limit: limit, last: time.Now()} }

// most is the longest time that one attempt counts.
const most = 15 * time.Second

// ok says that something succeeded.
func (p *patience) ok() { p.spent, p.last, p.tries = 0, time.Now(), 0 }

// pause waits before the next attempt, a little longer each time. It reports false if the patience has ended.
func (p *patience) pause(ctx context.Context) (bool, error) {
	if p.count(); p.spent >= p.limit {
		return false, nil
	}
	wait := min(50*time.Millisecond<<min(p.tries, 6), 2*time.Second)
	p.tries++
	wait = min(wait/2+rand.N(wait), p.limit-p.spent)
	if err := sleep(ctx, wait); err != nil {
		return false, err
	}
	p.count()
	return true, nil
}

func (p *patience) count() {
	now := time.Now()
	p.spent += min(now.Sub(p.last), most)
	p.last = now
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
