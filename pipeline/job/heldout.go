package job

import (
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/target"
	"flowsweep/experiments/velocity"
)

// curveRows is the number of pairs behind a point of the held-out curve. A compiled net takes as many at once.
const curveRows = 768

// heldOut is the loss of a net on rows that training never uses. It has the same pairs and times at every step, so its
// curve is smooth, and those of the training's own law, so it compares with the training loss.
type heldOut struct {
	model *velocity.Model
	t     []float64
	xt, u flow.Batch
}

// newHeldOut returns the held-out loss of a fit: on held-out rows, or for a student on pairs of its teacher that are not among its
// lessons, which are nil for other fits. It is nil if there is neither.
func newHeldOut(e engine.Engine, fit experiments.Fit, l *lessons) (h *heldOut, err error) {
	r := fit.Recipe
	var x0, x1 flow.Batch
	switch {
	case l != nil:
		x0, x1 = l.heldX0, l.heldX1
	case r.Target.Held.Len() > 0:
		rows := make([]int, curveRows)
		for i := range rows {
			rows[i] = i % r.Target.Held.Len()
		}
		x1 = r.Target.Held.Take(flow.Batch{}, rows)
		if x0, err = noisy(r, fit.Seed, x1, 0); err != nil {
			return nil, err
		}
		drop(fit, x1, 0)
	default:
		return nil, nil
	}
	if err := r.DataErr(); err != nil {
		return nil, err
	}
	h = &heldOut{t: make([]float64, curveRows), xt: x1.Like(x1.Dim), u: x1.Like(x1.Dim)}
	r.Train.Times.Fill(h.t, flow.NewStream(fit.Seed, "held-out times"), 0)
	r.Path.Interpolate(h.xt, h.u, h.t, x0, x1)
	net := r.VelocityNet()
	h.model, err = velocity.Compile(e, net, velocity.Init(net, fit.Seed))
	return h, err
}

// noisy adds to the rows x1, in place, the noise of the training's data, and returns starting points paired with them as in
// training, batch by batch. They are a part of more rows, of which the first is that number, a multiple of a batch. It is an error for a
// coupling whose pairs a teacher makes: none of them has these rows.
func noisy(r experiments.Recipe, seed uint64, x1 flow.Batch, first int) (x0 flow.Batch, err error) {
	if r.Coupling.Taught {
		return x0, fmt.Errorf("the coupling %s does not pair given rows with noise", r.Coupling.Name)
	}
	if r.Target.Noise > 0 {
		noise := x1.Like(x1.Dim)
		flow.NewStream(seed, "held-out jitter").Normal(noise, uint64(first))
		for i, z := range noise.Data {
			x1.Data[i] += r.Target.Noise * z
		}
	}
	blur(r.Target, x1, flow.NewStream(seed, "held-out grains"), first)
	x0 = x1.Like(x1.Dim)
	r.Source.Fill(x0, flow.NewStream(seed, "held-out starts"), uint64(first))
	coupled := flow.NewStream(seed, "held-out coupling")
	for from := 0; from < x1.Len(); from += r.Train.Batch {
		to := min(from+r.Train.Batch, x1.Len())
		if err := r.Coupling.Within(coupled.At(uint64(first+from)), x0.Slice(from, to), x1.Slice(from, to)); err != nil {
			return x0, err
		}
	}
	return x0, nil
}

// blur adds to rows of the data, in place, the noise of their whole numbers that training adds. Row i is that of id first + i.
func blur(t target.Target, rows flow.Batch, stream *flow.Stream, first int) {
	for i := range rows.Len() {
		t.Blur(stream.At(uint64(first+i)), rows.Row(i))
	}
}

// loss returns the loss of the net with these weights, a mean over pairs and dimensions.
func (h *heldOut) loss(weights []float32) (float64, error) {
	h.model.Load(weights)
	losses, err := squaredErrors(h.model.RowField(), h.t, h.xt, h.u)
	if err != nil {
		return 0, err
	}
	sum := 0.
	for _, l := range losses {
		sum += l
	}
	return sum / float64(len(losses)), nil
}

// close frees the net. It may be called on nil.
func (h *heldOut) close() error {
	if h == nil {
		return nil
	}
	return h.model.Close()
}

// squaredErrors returns the mean over the dimensions of the squared distance of a field from u, (n).
func squaredErrors(v flow.RowField, t []float64, xt, u flow.Batch) ([]float64, error) {
	got, err := v(t, xt)
	if err != nil {
		return nil, err
	}
	if err := flow.CheckLike(got, u); err != nil {
		return nil, err
	}
	losses := make([]float64, len(t))
	for i := range losses {
		for j, want := range u.Row(i) {
			d := got.Row(i)[j] - want
			losses[i] += d * d / float64(u.Dim)
		}
	}
	return losses, nil
}

// pairNumbers is about how many numbers of pairs rowLosses holds of each kind at a time: 16 MiB.
const pairNumbers = 1 << 21

// rowLosses returns the loss of each row, (n), a mean over draws of a time and of noise, which are the same for equal
// places in two lists. The times of a row are evenly distributed.
func (f *Fitted) rowLosses(rows flow.Batch, draws int) ([]float64, error) {
	batch := f.fit.Recipe.Train.Batch
	return f.rowLossesInParts(rows, draws, max(1, pairNumbers/rows.Dim/batch)*batch)
}

// rowLossesInParts works out the losses of as many pairs at a time as part says, a multiple of a batch. They do not depend on it.
func (f *Fitted) rowLossesInParts(rows flow.Batch, draws, part int) ([]float64, error) {
	n := rows.Len()
	if n == 0 {
		return nil, errors.New("no rows are held out: set holdout of the target")
	}
	means := make([]float64, n)
	for first := 0; first < n*draws; first += part {
		order := make([]int, min(part, n*draws-first))
		for i := range order {
			order[i] = (first + i) / draws
		}
		losses, err := f.pairLosses(rows.Take(flow.Batch{}, order), draws, first)
		if err != nil {
			return nil, err
		}
		for i, l := range losses {
			means[order[i]] += l / float64(draws)
		}
	}
	return means, nil
}

// pairLosses returns the losses of a part of the pairs of rowLosses, of which the first has that number.
func (f *Fitted) pairLosses(x1 flow.Batch, draws, first int) ([]float64, error) {
	r := f.fit.Recipe
	x0, err := noisy(r, f.seed, x1, first)
	if err != nil {
		return nil, err
	}
	t := make([]float64, x1.Len())
	flow.NewStream(f.seed, "held-out row times").Uniform(t, uint64(first))
	for i := range t {
		t[i] = (float64((first+i)%draws) + t[i]) / float64(draws)
	}
	xt, u := x1.Like(x1.Dim), x1.Like(x1.Dim)
	r.Path.Interpolate(xt, u, t, x0, x1)
	return squaredErrors(f.model.RowField(), t, xt, u)
}
