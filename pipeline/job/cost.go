package job

import (
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/velocity"
)

// Multiplications is about how many one training of the recipe takes, up to a factor common to all.
func Multiplications(r experiments.Recipe) float64 {
	net, err := NetOf(r)
	if err != nil {
		return 0
	}
	return float64(net.Size()) * float64(r.Train.Batch) * float64(r.Train.Steps)
}

// StepFlops counts the floating-point operations of the matrix products of a step: one forward and two backward in each
// layer, but for the gradient of the inputs, which nobody needs.
func StepFlops(net velocity.Net, batch int) float64 {
	products := 0
	for i, p := range net.Params() {
		if len(p.Dims) != 2 {
			continue
		}
		products += 3 * p.Size()
		if i == 0 {
			products -= p.Size()
		}
	}
	if name := net.Architecture.Name; name == velocity.Attention.Name || name == velocity.Conv.Name {
		products *= net.Dim // their weights serve every coordinate
	}
	return 2 * float64(batch) * float64(products)
}

// threadsPay is the floating-point operations of a training step above which a second thread pays: below, threads wait
// for each other longer than they work (`flowsweep bench train`).
const threadsPay = 200e6

// EngineFor returns the engine with that many threads for the fit, if its steps are large enough to use them.
func EngineFor(e engine.Engine, fit experiments.Fit, threads int) engine.Engine {
	net, err := NetOf(fit.Recipe)
	if err != nil || StepFlops(net, fit.Recipe.Train.Batch) < threadsPay {
		return e
	}
	return e.WithThreads(threads)
}

// Megabytes returns about how much memory a fit takes: weights, moments and their next values; of every layer the inputs,
// outputs and gradients of a batch; and the samples of one run, of that many points, and the reference.
func Megabytes(r experiments.Recipe, samples int) float64 {
	net, err := NetOf(r)
	if err != nil {
		return 0
	}
	state, layers := 10*net.Size(), 6*r.Train.Batch*net.Width*(net.Depth+1)
	return (4*float64(state+layers) + 8*float64(8*samples*net.Dim)) / 1e6
}

// checkMemory returns an error where the numbers of a training alone, weights, gradient and two moments, do not fit into a
// memory of so many bytes; 0 stands for one that is not known. A Go program that asks for more than there is does not get
// an error: it dies, and the other fits with it.
func checkMemory(net velocity.Net, have float64) error {
	need := 4 * 4 * float64(net.Size())
	if have > 0 && need > have {
		return fmt.Errorf("its %d parameters need %.1f GB to be trained, and this machine has %.1f: lower the width or the depth",
			net.Size(), need/1e9, have/1e9)
	}
	return nil
}
