package job

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// lessons are pairs that the teacher of a fit made, (n, d) each: those that training draws its batches from, and others, which
// it never uses.
type lessons struct {
	x0, x1         flow.Batch
	heldX0, heldX1 flow.Batch
}

// lessons asks the teacher of a fit for its pairs. They are nil for a fit without a teacher. Pair i starts from the point with id
// i of the fit's own stream of the round, so it depends on the seed and the teacher alone.
func (j Job) lessons(ctx context.Context) (l *lessons, err error) {
	r := j.Fit.Recipe
	c, ok := r.Reflow()
	if !ok {
		return nil, nil
	}
	if j.Teacher == nil {
		return nil, fmt.Errorf("the weights of its teacher, fit %s, are missing", j.Fit.Teacher)
	}
	teacher, err := velocity.Compile(j.Engine, r.VelocityNet(), j.Teacher)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, teacher.Close()) }()
	return lessonsOf(j.Fit, c, stopping(ctx, teacher.Field()))
}

// lessonsOf asks a teacher, given by its velocity, for the pairs of a fit.
func lessonsOf(fit experiments.Fit, c ode.Reflow, teacher flow.Field) (l *lessons, err error) {
	carried := func(stream string, count int) (x0, x1 flow.Batch) {
		if err != nil {
			return x0, x1
		}
		x0 = flow.NewBatch(count, fit.Recipe.Target.Dim())
		fit.Recipe.Source.Fill(x0, flow.NewStream(fit.Seed, fmt.Sprintf("%s %d", stream, c.Rounds)), 0)
		if x0.Given = conditions(fit.Recipe, "", fit.Seed, stream, count); x0.Given != nil {
			drop(fit, x0, 0) // the pairs of none are those of the teacher's velocity given none
		}
		x1, err = c.Carry(teacher, x0)
		return x0, x1
	}
	l = &lessons{}
	l.x0, l.x1 = carried("reflow noise", c.Pairs)
	l.heldX0, l.heldX1 = carried("held-out reflow noise", curveRows)
	if err != nil {
		return nil, fmt.Errorf("make the pairs of fit %s: %w", fit.Key, err)
	}
	return l, nil
}

// pairs returns the batches of the training: those of Pairs or, of a teacher's pairs, random ones. Row i of step k has id
// (k - 1) batch + i in its streams.
func (t *training) pairs(l *lessons) velocity.Pairs {
	if l == nil {
		return Pairs(t.Fit)
	}
	fit := t.Fit
	chosen := flow.NewStream(fit.Seed, "training pairs")
	times := flow.NewStream(fit.Seed, "training times")
	return func(step int, ts []float64, x0, x1 flow.Batch) error {
		first := uint64(step-1) * uint64(len(ts))
		for i := range ts {
			k := chosen.At(first + uint64(i)).IntN(l.x0.Len())
			copy(x0.Row(i), l.x0.Row(k))
			copy(x1.Row(i), l.x1.Row(k))
			copy(x1.GivenTo(i), l.x0.GivenTo(k))
		}
		fit.Recipe.Train.Times.Fill(ts, times, first)
		return nil
	}
}
