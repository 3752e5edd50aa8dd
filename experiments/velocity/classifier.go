package velocity

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
)

// What a Classifier is, besides its folds. All are the defaults of scikit-learn's MLPClassifier except for the layers,
// which are those of sbibm (Lueckmann et al. 2021, arXiv 2101.04653), and the epochs.
const (
	classifierWidth  = 10   // units of a hidden layer, per dimension of the points
	classifierRate   = 1e-3 // of Adam
	classifierDecay  = 1e-4 // weight of the squared weights in the loss
	classifierBatch  = 200  // most points of a step
	classifierEpochs = 1000 // at most
	classifierGain   = 1e-4 // by which the loss must fall below the smallest so far
	classifierWait   = 10   // epochs without such a gain after which the next one is the last
)

// Classifier learns to tell two classes of points apart. It is safe for use by several goroutines. Close it after use.
type Classifier struct {
	engine engine.Engine
	mu     sync.Mutex
	idle   map[perceptrons][]*crossFit // compiled, and not in use
}

// NewClassifier returns a classifier that learns on one thread of the engine, so that results do not depend on the number
// of processors.
func NewClassifier(e engine.Engine) *Classifier {
	return &Classifier{engine: e.WithThreads(1), idle: map[perceptrons][]*crossFit{}}
}

// LogOdds returns the log odds that each point of x, (n, d), is of class 1 rather than 0, (n), according to a perceptron
// that learned the classes, (n), of the points of all other folds. Folds, (n), are numbered from 0. Points should be
// standardised: they are rounded to 32 bits. Results depend only on the arguments and the engine.
func (c *Classifier) LogOdds(x flow.Batch, classes, folds []int, seed uint64) (odds []float64, err error) {
	sets, err := learningSets(x.Len(), classes, folds)
	if err != nil {
		return nil, fmt.Errorf("classify points: %w", err)
	}
	f, err := c.take(sizesOf(x.Dim, sets))
	if err != nil {
		return nil, fmt.Errorf("compile the classifier: %w", err)
	}
	defer func() { err = errors.Join(err, c.give(f)) }()
	l := f.lessons(x, classes, sets, seed)
	weights, err := f.learn(l, seed)
	if err != nil {
		return nil, fmt.Errorf("train the classifier: %w", err)
	}
	return f.predict(weights, l, folds)
}

// learningSets returns for each fold the points of all others.
func learningSets(n int, classes, folds []int) ([][]int, error) {
	if len(classes) != n || len(folds) != n || n == 0 {
		return nil, fmt.Errorf("%d points with %d classes and %d folds", n, len(classes), len(folds))
	}
	if slices.Min(classes) < 0 || slices.Max(classes) > 1 || slices.Min(folds) < 0 {
		return nil, errors.New("classes must be 0 and 1, and folds must not be negative")
	}
	sets := make([][]int, slices.Max(folds)+1)
	for k := range sets {
		for i, fold := range folds {
			if fold != k {
				sets[k] = append(sets[k], i)
			}
		}
		if len(sets[k]) == 0 {
			return nil, errors.New("there must be at least two folds")
		}
	}
	return sets, nil
}

// sizesOf returns the nets for the learning sets.
func sizesOf(dim int, sets [][]int) perceptrons {
	largest := 0
	for _, set := range sets {
		largest = max(largest, len(set))
	}
	steps := ceilDiv(largest, classifierBatch)
	return perceptrons{folds: len(sets), dim: dim, width: classifierWidth * dim, batch: ceilDiv(largest, steps)}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// take returns compiled nets that nobody else uses.
func (c *Classifier) take(p perceptrons) (*crossFit, error) {
	c.mu.Lock()
	if idle := c.idle[p]; len(idle) > 0 {
		last := len(idle) - 1
		c.idle[p] = idle[:last]
		c.mu.Unlock()
		return idle[last], nil
	}
	c.mu.Unlock()
	return compileCrossFit(c.engine, p)
}

// give keeps compiled nets for the next to use, or frees them if the classifier is closed.
func (c *Classifier) give(f *crossFit) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle == nil {
		return f.Close()
	}
	c.idle[f.perceptrons] = append(c.idle[f.perceptrons], f)
	return nil
}

// Close frees what was compiled.
func (c *Classifier) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, idle := range c.idle {
		for _, f := range idle {
			errs = append(errs, f.Close())
		}
	}
	c.idle = nil
	return errors.Join(errs...)
}
