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
	engine  engine.Engine
	steps   []engine.Program // of 1, 2 and so on up to all nets side by side; nil until needed
	odds    engine.Program
	tensors []engine.Tensor // points with a column of ones, their classes and their shares, as loss takes them
}

func compileCrossFit(e engine.Engine, p perceptrons) (f *crossFit, err error) {
	f = &crossFit{perceptrons: p, engine: e, steps: make([]engine.Program, p.folds)}
	f.odds, err = e.Compile(func(in []*graph.Node) []*graph.Node {
		odds, _ := p.apply(p.split(in[0]), in[1])
		return []*graph.Node{odds}
	}, p.vector("weights"), p.lesson()[0])
	for _, in := range p.lesson() {
		f.tensors = append(f.tensors, newTensor(in))
	}
	return f, err
}

// vector is an input of a number for each weight.
func (p perceptrons) vector(name string) engine.Input {
	return engine.Input{Name: name, Dims: []int{p.folds, p.size()}}
}

// state is what changes in a step.
func (p perceptrons) state() []engine.Input {
	return []engine.Input{p.vector("weights"), p.vector("m"), p.vector("v"), {Name: "step", Dims: []int{p.folds, 1}}}
}

// lesson is what a step learns from.
func (p perceptrons) lesson() []engine.Input {
	return []engine.Input{
		{Name: "x", Dims: []int{p.folds, p.batch, p.dim + 1}},
		{Name: "class", Dims: []int{p.folds, p.batch}},
		{Name: "share", Dims: []int{p.folds, p.batch}},
	}
}

// step returns the program that takes a step of some nets. A net has the same bits beside any number of others.
func (f *crossFit) step(nets int) (engine.Program, error) {
	if f.steps[nets-1] == nil {
		p := f.perceptrons
		p.folds = nets
		state := p.state()
		program, err := f.engine.Compile(func(in []*graph.Node) []*graph.Node {
			loss, gradient := p.loss(in[0], in[len(state)], in[len(state)+1], in[len(state)+2])
			adam := Optimizer{Rate: classifierRate}
			return append(adam.update(in[:len(state)], gradient, 0), loss)
		}, append(state, p.lesson()...)...)
		if err != nil {
			return nil, err
		}
		f.steps[nets-1] = program
	}
	return f.steps[nets-1], nil
}

// Close frees what was compiled.
func (f *crossFit) Close() error {
	err := f.odds.Close()
	for _, step := range f.steps {
		if step != nil {
			err = errors.Join(err, step.Close())
		}
	}
	return err
}

// lessons are what the nets of all folds learn.
type lessons struct {
	rows   []float32 // the points with a column of ones, (n, dim + 1)
	labels []float32 // their classes, 1 or -1
	sets   [][]int   // the points of each fold, in the order of the last epoch
	steps  int       // of an epoch
	order  *flow.Stream
}

func (p perceptrons) lessons(x flow.Batch, classes []int, sets [][]int, seed uint64) lessons {
	l := lessons{sets: sets, order: flow.NewStream(seed, "classifier order")}
	for i := range x.Len() {
		l.rows = append(flow.Narrow(l.rows, x.Row(i)), 1)
		l.labels = append(l.labels, float32(2*classes[i]-1))
	}
	for _, set := range sets {
		l.steps = max(l.steps, ceilDiv(len(set), p.batch))
	}
	return l
}

// part returns the points of a fold in one step of an epoch. The parts are equal in size up to one point.
func (l lessons) part(k, step int) []int {
	set := l.sets[k]
	return set[step*len(set)/l.steps : (step+1)*len(set)/l.steps]
}

// learn trains the net of each fold until its loss stops falling, and returns the weights of all nets, (folds, P). A net
// that has learned leaves the others, so that their steps take less time.
func (f *crossFit) learn(l lessons, seed uint64) (weights engine.Tensor, err error) {
	weights = f.init(seed)
	state := []engine.Tensor{f.init(seed)}
	for _, in := range f.state()[1:] {
		state = append(state, newTensor(in))
	}
	nets, left := make([]progress, f.folds), make([]int, f.folds)
	for k := range left {
		left[k] = k
	}
	for len(left) > 0 {
		if state, err = f.learnTogether(left, state, nets, l); err != nil {
			return weights, err
		}
		var places []int
		for i, k := range left {
			if nets[k].learning() {
				places = append(places, i)
			} else {
				copy(weights.Data[k*f.size():(k+1)*f.size()], state[0].Data[i*f.size():])
			}
		}
		for i, t := range state {
			state[i] = rowsOf(t, places)
		}
		left = slices.DeleteFunc(left, func(k int) bool { return !nets[k].learning() })
	}
	return weights, nil
}

// rowsOf returns some rows of a matrix.
func rowsOf(t engine.Tensor, rows []int) engine.Tensor {
	columns := t.Dims[1]
	out := engine.Tensor{Dims: []int{len(rows), columns}}
	for _, i := range rows {
		out.Data = append(out.Data, t.Data[i*columns:(i+1)*columns]...)
	}
	return out
}

// learnTogether trains the nets of the folds that are left until one of them or more have learned. The state has a row for
// each of them, in the same order.
func (f *crossFit) learnTogether(left []int, state []engine.Tensor, nets []progress, l lessons) (after []engine.Tensor, err error) {
	step, err := f.step(len(left))
	if err != nil {
		return nil, err
	}
	loop, err := step.Loop(state...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	for {
		losses, err := f.epoch(loop, left, nets[left[0]].epochs, l)
		if err != nil {
			return nil, err
		}
		ended := false
		for i, k := range left {
			nets[k].note(losses[i])
			ended = ended || !nets[k].learning()
		}
		if ended {
			return loop.State()
		}
	}
}

// epoch takes the steps of one epoch of the nets that are left, and returns the mean loss of each.
func (f *crossFit) epoch(loop engine.Loop, left []int, epoch int, l lessons) ([]float64, error) {
	for _, k := range left {
		set := l.sets[k]
		r := l.order.At(uint64(epoch*f.folds + k))
		r.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
	}
	tensors := slices.Clone(f.tensors)
	for i, t := range tensors {
		size := len(t.Data) / f.folds
		tensors[i] = engine.Tensor{Dims: append([]int{len(left)}, t.Dims[1:]...), Data: t.Data[:len(left)*size]}
	}
	losses := make([]float64, len(left))
	for step := range l.steps {
		for i, k := range left {
			f.fill(i, l, l.part(k, step))
		}
		out, err := loop.Step(tensors...)
		if err != nil {
			return nil, err
		}
		for i, k := range left {
			losses[i] += float64(out[0].Data[i]) * float64(len(l.part(k, step))) / float64(len(l.sets[k]))
		}
	}
	return losses, nil
}

// fill writes points, a part of what a net learns, to its place in the batch.
func (f *crossFit) fill(place int, l lessons, part []int) {
	columns, from := f.dim+1, place*f.batch
	points := f.tensors[0].Data[from*columns : (from+f.batch)*columns]
	class, share := f.tensors[1].Data[from:from+f.batch], f.tensors[2].Data[from:from+f.batch]
	for b, i := range part {
		copy(points[b*columns:(b+1)*columns], l.rows[i*columns:])
		class[b], share[b] = l.labels[i], 1/float32(len(part))
	}
	for b := len(part); b < f.batch; b++ {
		copy(points[b*columns:(b+1)*columns], l.rows) // to fill the batch up, with a share of nothing
		share[b] = 0
	}
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
func (f *crossFit) predict(weights engine.Tensor, l lessons, folds []int) ([]float64, error) {
	heldOut := make([][]int, f.folds)
	for i, k := range folds {
		heldOut[k] = append(heldOut[k], i)
	}
	odds := make([]float64, len(folds))
	for {
		parts, left := make([][]int, f.folds), 0
		for k, all := range heldOut {
			n := min(len(all), f.batch)
			parts[k], heldOut[k] = all[:n], all[n:]
			f.fill(k, l, parts[k])
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
