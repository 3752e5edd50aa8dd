package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"flowsweep/experiments"
)

// checkpoint is what an interrupted training goes on from: what the net and its optimiser need, and how far the point of
// the loss curve and the clock had come. In the store it is a line of JSON, and then the net's part.
type checkpoint struct {
	Fit     string  `json:"fit"`     // its key
	Engine  string  `json:"engine"`  // the bits of another one are others
	Sum     float64 `json:"sum"`     // of the losses since the last point of the curve
	Count   int     `json:"count"`   // of these losses
	Seconds float64 `json:"seconds"` // of training, over all its attempts
	step    int     // after which it was made
	net     []byte  // as velocity made it
}

func (c checkpoint) encode() ([]byte, error) {
	line, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return append(append(line, '\n'), c.net...), nil
}

// decodeCheckpoint returns what was encoded, after comparing it with the fit and the engine that are to go on.
func decodeCheckpoint(fit experiments.Fit, engine string, step int, content []byte) (*checkpoint, error) {
	line, net, ok := bytes.Cut(content, []byte("\n"))
	if !ok {
		return nil, errors.New("it is damaged: its first line has no end")
	}
	c := &checkpoint{step: step, net: net}
	if err := json.Unmarshal(line, c); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	switch {
	case c.Fit != fit.Key:
		return nil, fmt.Errorf("it is of fit %q", c.Fit)
	case c.Engine != engine:
		return nil, fmt.Errorf("it was made with engine %s, and this is %s, which rounds otherwise", c.Engine, engine)
	case c.Count != step%curveSteps(fit):
		return nil, fmt.Errorf("it holds the losses of %d steps after the last point of the curve, not of %d", c.Count, step%curveSteps(fit))
	}
	return c, nil
}

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

// checkpointOf returns what the training of a fit can go on from, or nil. What cannot be used is dropped, and said.
func (s *sweeper) checkpointOf(ctx context.Context, fit experiments.Fit, engine string) (*checkpoint, error) {
	ctx = context.WithoutCancel(ctx) // an interrupt is no damage
	step, content, ok, err := s.db.Checkpoint(ctx, fit.Key)
	if err == nil && !ok {
		return nil, nil
	}
	var c *checkpoint
	if err == nil {
		c, err = decodeCheckpoint(fit, engine, step, content)
	}
	if err != nil {
		return nil, s.dropCheckpoint(ctx, fit, err)
	}
	return c, nil
}

// dropCheckpoint lets the training of a fit start from nothing, and says why.
func (s *sweeper) dropCheckpoint(ctx context.Context, fit experiments.Fit, why error) error {
	s.show.line("fit %s: its checkpoint is not used, training starts from nothing: %v", fit.Key, why)
	return s.db.DropCheckpoint(context.WithoutCancel(ctx), fit.Key)
}

// saveCheckpoint stores a checkpoint, interrupted or not. One that cannot be stored is said and does no harm to the fit:
// what went wrong will end it if it lasts.
func (s *sweeper) saveCheckpoint(ctx context.Context, c checkpoint) {
	content, err := c.encode()
	if err == nil {
		err = s.db.SaveCheckpoint(context.WithoutCancel(ctx), c.Fit, c.step, content)
	}
	if err != nil {
		s.show.line("fit %s: no checkpoint at step %d: %v", c.Fit, c.step, err)
	}
}
