package job

import (
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/net"
)

// Multiplications estimates the multiplications of one training, up to a common factor. Those of a pair of a batch and of its
// gradient are three times those of a velocity, which making the pairs of a reflow takes.
func Multiplications(r experiments.Recipe) float64 {
	net := r.VelocityNet()
	return float64(net.Size()) * (float64(r.Train.Batch)*float64(r.Train.Steps) + Lessons(r)/3)
}

// Lessons returns how many velocity calls of one point it takes to make the pairs of a reflow; 0 for other couplings.
func Lessons(r experiments.Recipe) float64 {
	c, ok := r.Reflow()
	if !ok {
		return 0
	}
	return float64(c.Pairs+curveRows) * float64(c.Calls())
}

// threadsPay is the number of floating-point operations per training step above which a second thread pays. Below it,
// threads spend longer waiting than working (`flowsweep bench train`).
const threadsPay = 200e6

// EngineFor returns the engine for a fit, with that many threads if its steps are large enough to use them.
func EngineFor(e engine.Engine, fit experiments.Fit, threads int) engine.Engine {
	if fit.Recipe.VelocityNet().StepFlops(fit.Recipe.Train.Batch) < threadsPay {
		return e
	}
	return e.WithThreads(threads)
}

// Megabytes estimates the memory that a fit takes: weights, moments and their updates; inputs, outputs and gradients of each
// layer for a batch; and the reference and the samples of one run.
func Megabytes(r experiments.Recipe, samples int) float64 {
	net := r.VelocityNet()
	state, layers := 10*net.Size(), 6*r.Train.Batch*net.Width*(net.Depth+1)
	rows := 8 * samples
	if c, ok := r.Reflow(); ok {
		rows += 2 * c.Pairs
	}
	return (4*float64(state+layers) + 8*float64(rows*net.Dim())) / 1e6
}

// Stored returns the bytes of the results of a fit: its weights, and the samples of a run with that many. A checkpoint has the weights,
// the two moments of Adam, and the average of the weights if there is one.
func Stored(r experiments.Recipe, samples int) (weights, checkpoint, run float64) {
	net := r.VelocityNet()
	weights = 4 * float64(net.Size())
	checkpoint = 3 * weights
	if r.Train.EMA > 0 {
		checkpoint += weights
	}
	return weights, checkpoint, 8 * float64(samples) * float64(net.Dim())
}

// CheckMemory returns an error if weights, gradient and the two moments of Adam alone exceed the memory, in bytes; 0 means
// unknown. A Go program that runs out of memory gets no error: it dies, and takes the other fits with it.
func CheckMemory(n net.Net, have float64) error {
	need := 4 * 4 * float64(n.Size())
	if have > 0 && need > have {
		return fmt.Errorf("its %d parameters need %.1f GB to be trained, and this machine has %.1f: lower the width or the depth",
			n.Size(), need/1e9, have/1e9)
	}
	return nil
}
