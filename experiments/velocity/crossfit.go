package velocity

import (
	"errors"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
)

// crossFit is the compiled nets of a Classifier. It is used from one goroutine at a time.
type crossFit struct {
	perceptrons
	step, odds engine.Program
	tensors    []engine.Tensor // points with a column of ones, their classes and their shares, as loss takes them
}

func compileCrossFit(e engine.Engine, p perceptrons) (f *crossFit, err error) {
	f = &crossFit{perceptrons: p}
	vector := func(name string) engine.Input { return engine.Input{Name: name, Dims: []int{p.folds, p.size()}} }
	state := []engine.Input{vector("weights"), vector("m"), vector("v"), {Name: "step", Dims: []int{p.folds, 1}}}
	batch := []engine.Input{
		{Name: "x", Dims: []int{p.folds, p.batch, p.dim + 1}},
		{Name: "class", Dims: []int{p.folds, p.batch}},
		{Name: "share", Dims: []int{p.folds, p.batch}},
	}
	f.step, err = e.Compile(func(in []*graph.Node) []*graph.Node {
		loss, gradient := p.loss(in[0], in[len(state)], in[len(state)+1], in[len(state)+2])
		adam := Optimizer{Rate: classifierRate}
		return append(adam.update(in[:len(state)], gradient, 0), loss)
	}, append(state, batch...)...)
	if err != nil {
		return nil, err
	}
	f.odds, err = e.Compile(func(in []*graph.Node) []*graph.Node {
		odds, _ := p.apply(p.split(in[0]), in[1])
		return []*graph.Node{odds}
	}, state[0], batch[0])
	if err != nil {
		return nil, errors.Join(err, f.step.Close())
	}
	for _, in := range batch {
		f.tensors = append(f.tensors, newTensor(in))
	}
	return f, nil
}

// Close frees what was compiled.
func (f *crossFit) Close() error { return errors.Join(f.step.Close(), f.odds.Close()) }

// learn trains the net of each fold on its set of points, whose order it changes, until the loss stops falling. It returns
// the weights of all nets, (folds, P).
func (f *crossFit) learn(x flow.Batch, classes []int, sets [][]int, seed uint64) (weights engine.Tensor, err error) {
	weights = f.init(seed)
	moments := func() engine.Tensor { return newTensor(engine.Input{Dims: weights.Dims}) }
	loop, err := f.step.Loop(weights, moments(), moments(), newTensor(engine.Input{Dims: []int{f.folds, 1}}))
	if err != nil {
		return weights, err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	nets := make([]progress, f.folds)
	stream := flow.NewStream(seed, "classifier order")
	for epoch := 0; slices.ContainsFunc(nets, progress.learning); epoch++ {
		for k, set := range sets {
			r := stream.At(uint64(epoch*f.folds + k))
			r.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
		}
		losses, err := f.epoch(loop, x, classes, sets)
		if err != nil {
			return weights, err
		}
		if err := f.keep(weights, loop, nets, losses); err != nil {
			return weights, err
		}
	}
	return weights, nil
}

// epoch takes the steps of one epoch and returns the mean loss of each net. All nets take as many steps, with batches that
// are equal in size up to one point.
func (f *crossFit) epoch(loop engine.Loop, x flow.Batch, classes []int, sets [][]int) ([]float64, error) {
	losses := make([]float64, f.folds)
	steps := 0
	for _, set := range sets {
		steps = max(steps, ceilDiv(len(set), f.batch))
	}
	for step := range steps {
		for k, set := range sets {
			f.fill(k, x, classes, set[step*len(set)/steps:(step+1)*len(set)/steps])
		}
		out, err := loop.Step(f.tensors...)
		if err != nil {
			return nil, err
		}
		for k, set := range sets {
			size := (step+1)*len(set)/steps - step*len(set)/steps
			losses[k] += float64(out[0].Data[k]) * float64(size) / float64(len(set))
		}
	}
	return losses, nil
}

// fill writes points, a part of the learning set of fold k, to the batch.
func (f *crossFit) fill(k int, x flow.Batch, classes []int, part []int) {
	points, class, share := f.tensors[0].Data, f.tensors[1].Data, f.tensors[2].Data
	for b := range f.batch {
		at := k*f.batch + b
		row := points[at*(f.dim+1) : (at+1)*(f.dim+1)]
		share[at] = 0 // of what fills the batch up
		if b < len(part) {
			flow.Narrow(row[:0], x.Row(part[b]))
			row[f.dim] = 1
			class[at] = float32(2*classes[part[b]] - 1)
			share[at] = 1 / float32(len(part))
		}
	}
}

// keep notes the losses of an epoch, and copies to weights those of the nets that end with it. These go on in step with
// the others, but what they learn then is not used.
func (f *crossFit) keep(weights engine.Tensor, loop engine.Loop, nets []progress, losses []float64) error {
	var state []engine.Tensor
	for k := range nets {
		if !nets[k].learning() {
			continue
		}
		if nets[k].note(losses[k]); nets[k].learning() {
			continue
		}
		if state == nil {
			var err error
			if state, err = loop.State(); err != nil {
				return err
			}
		}
		from, to := k*f.size(), (k+1)*f.size()
		copy(weights.Data[from:to], state[0].Data[from:to])
	}
	return nil
}

// progress is how far a net has come.
type progress struct {
	epochs, waits int     // epochs in all, and since the last one with a gain
	least         float64 // smallest loss of an epoch
}

// note notes the mean loss of an epoch.
func (p *progress) note(loss float64) {
	if p.epochs == 0 {
		p.least = math.Inf(1)
	}
	if p.waits++; !(loss > p.least-classifierGain) {
		p.waits = 0
	}
	p.least = min(p.least, loss)
	p.epochs++
}

// learning reports whether there is more to learn.
func (p progress) learning() bool { return p.waits <= classifierWait && p.epochs < classifierEpochs }

// predict returns the log odds of every point, (n), from the net of its fold.
func (f *crossFit) predict(weights engine.Tensor, x flow.Batch, folds []int) ([]float64, error) {
	heldOut := make([][]int, f.folds)
	for i, k := range folds {
		heldOut[k] = append(heldOut[k], i)
	}
	odds := make([]float64, x.Len())
	for {
		parts, left := make([][]int, f.folds), 0
		for k, all := range heldOut {
			n := min(len(all), f.batch)
			parts[k], heldOut[k] = all[:n], all[n:]
			f.fill(k, x, make([]int, x.Len()), parts[k])
			left += n
		}
		if left == 0 {
			return odds, nil
		}
		out, err := f.odds.Run(weights, f.tensors[0])
		if err != nil {
			return nil, err
		}
		for k, part := range parts {
			for b, i := range part {
				odds[i] = float64(out[0].Data[k*f.batch+b])
			}
		}
	}
}
