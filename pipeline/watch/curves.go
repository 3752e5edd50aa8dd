package watch

import (
	"context"
	"slices"

	"flowsweep/experiments"
	"flowsweep/store"
)

// curves are the loss curves of fits that are or were shown, by key.
type curves map[string]*curve

// curve is what is kept of a loss curve: enough for any width.
type curve struct {
	losses, held []float64
	each, many   int // a point of losses is the mean of each losses, the last one as yet of many
	last         experiments.Loss
	heldOut      float64
	since        int64 // when the fit began to be trained
	whole        bool  // it has ended
}

// maxPoints is how many points are kept of a curve, and wholeCurves how many whole ones are read at a time.
const (
	maxPoints   = 1024
	wholeCurves = 4
)

// read adds the curves of fits at work, of which it reads what is new, and of the others that are visible.
func (c *curves) read(ctx context.Context, db *store.DB, s *Snapshot, visible []string) error {
	if *c == nil {
		*c = curves{}
	}
	show := map[string]bool{}
	for _, key := range visible {
		show[key] = true
	}
	whole := 0
	for i := range s.Fits {
		f := &s.Fits[i]
		at := (*c)[f.Key]
		var err error
		switch running := f.State == experiments.Running && s.Running; {
		case running:
			err = c.follow(ctx, db, f)
		case f.State != experiments.Queued && show[f.Key] && (at == nil || !at.whole) && whole < wholeCurves:
			whole++
			err = c.load(ctx, db, f)
		}
		if err != nil {
			return err
		}
		if at := (*c)[f.Key]; at != nil && at.last.Step > 0 {
			f.Losses, f.Held, f.Loss = slices.Clone(at.losses), slices.Clone(at.held), at.last.Value
			if len(at.held) > 0 {
				f.HeldOut = at.heldOut
			}
		}
	}
	return nil
}

// follow reads the new losses of a fit at work.
func (c curves) follow(ctx context.Context, db *store.DB, f *Fit) error {
	at := c[f.Key]
	if at == nil || at.since != f.Since.UnixNano() {
		at = &curve{each: 1, since: f.Since.UnixNano()}
		c[f.Key] = at
	}
	losses, err := db.LossesAfter(ctx, f.Key, at.last.Step)
	for _, l := range losses {
		at.add(l)
	}
	return err
}

// load reads the curve of a fit that has ended.
func (c curves) load(ctx context.Context, db *store.DB, f *Fit) error {
	at := &curve{each: 1, whole: true}
	losses, err := db.Curve(ctx, f.Key, maxPoints/4)
	if store.Damaged(err) {
		err = nil // which the sweep repairs, and `flowsweep db check` tells
	}
	for _, l := range losses {
		at.add(l)
	}
	c[f.Key] = at
	return err
}

// add adds a loss. Once there are many points, two become one.
func (c *curve) add(l experiments.Loss) {
	c.last = l
	if c.many == 0 {
		c.losses = append(c.losses, 0)
	}
	c.many++
	end := &c.losses[len(c.losses)-1]
	*end += (l.Value - *end) / float64(c.many)
	if c.many == c.each {
		c.many = 0
	}
	if l.HeldOut != 0 {
		c.heldOut = l.HeldOut
		if c.held = append(c.held, l.HeldOut); len(c.held) > maxPoints {
			c.held = parts(c.held, maxPoints/2)
		}
	}
	if len(c.losses) >= maxPoints && c.many == 0 {
		c.losses, c.each = parts(c.losses, maxPoints/2), 2*c.each
	}
}
