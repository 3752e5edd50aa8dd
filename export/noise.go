package export

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/export/roles"
)

// Noise returns n seeded standard normal points, rounded to 32 bits as a sampler takes them.
func Noise(dim, n int, seed uint64) flow.Batch {
	x := flow.NewBatch(n, dim)
	flow.NewStream(seed, "verify noise").Normal(x, 0)
	for i, v := range x.Data {
		x.Data[i] = float64(float32(v))
	}
	return x
}

// SDE says that a sampler adds noise on the way, as ode.SolveSDE does along the path of the steps. The file draws none: it takes
// the standard normal numbers of every step as its second input, step_noise[steps,batch,d].
type SDE struct {
	ode.SDE
	Path flow.Path // of the steps
}

// stepNoise is the input for the noise of the steps.
const stepNoise = roles.StepNoise

// input returns the input step_noise of a file with that many steps of points of a shape.
func (s *SDE) input(steps int, shape []int) onnx.ValueInfo {
	return onnx.ValueInfo{Name: stepNoise, Dims: slices.Concat([]int{steps}, pointsOf(shape)), Doc: "standard normal numbers, which every step adds to the points on the way"}
}

// sdeNoise is the property that holds c of ode.SDE.
const sdeNoise = "sde_noise"

// sdeIn returns the noise of a file, or nil if it adds none, given what leads to the path of its steps.
func sdeIn(m onnx.Model, along *flow.PathConversion) (*SDE, error) {
	text, ok := m.Metadata[sdeNoise]
	if !ok {
		return nil, nil
	}
	noise, err := strconv.ParseFloat(text, 64)
	if err != nil || !(noise > 0) || !flow.Finite(noise) {
		return nil, fmt.Errorf("its %s %.40q is no positive number", sdeNoise, text)
	}
	if along != nil {
		return &SDE{ode.SDE{Noise: noise}, along.To}, nil
	}
	path, err := flow.ParsePath(m.Metadata["path"])
	if err != nil {
		return nil, fmt.Errorf("its path: %w", err)
	}
	return &SDE{ode.SDE{Noise: noise}, path}, nil
}

// carry is ode.Trajectory, with the noise of the SDE, if there is one.
func (s Steps) carry(noise flow.Batch) ([]flow.Batch, error) {
	if s.SDE == nil {
		xs, _, err := ode.Trajectory(s.Field, s.Solver, s.Times, noise)
		return xs, err
	}
	xs, _, err := ode.TrajectorySDE(s.Field, s.SDE.Path, s.Solver, s.Times, s.SDE.SDE, verifyStepNoise, noise)
	return xs, err
}

// verifyStepNoise is the noise of the steps with which files are compared, in 32-bit floats.
func verifyStepNoise(step int, dst flow.Batch) {
	ode.NewStepNoise(0, "verify step noise", 0)(step, dst)
	for i, v := range dst.Data {
		dst.Data[i] = float64(float32(v))
	}
}

// stepNoise returns the noise of every step for n points of dim coordinates, (n, dim) each; none without an SDE.
func (s Steps) stepNoise(n, dim int) (list []flow.Batch) {
	if s.SDE == nil {
		return nil
	}
	for i := range len(s.Times) - 1 {
		list = append(list, flow.NewBatch(n, dim))
		verifyStepNoise(i, list[i])
	}
	return list
}

// increment writes the increment of a step, given the names of its index and of its standard deviation.
func (w *writer) increment(at, index, deviation string) string {
	return w.node(at+"increment", "Mul", nil, w.node(at+"z", "Gather", nil, stepNoise, index), deviation)
}

// checkNoise returns an error for noise that the solver or the outputs of a file do not allow.
func (o SamplerOptions) checkNoise(s ode.Solver) error {
	switch {
	case o.SDE == nil:
		return nil
	case o.LogProb:
		return errors.New("samples with noise on the way have no log density that their path tells: export without log densities")
	default:
		return o.SDE.Check(s)
	}
}

// deviations returns the standard deviation of the noise of every step.
func (w *writer) deviations() []float32 {
	list := make([]float32, len(w.times)-1)
	for i := range list {
		list[i] = float32(w.sde.Deviation(w.sde.Path, w.solver, w.times[i], w.times[i+1]))
	}
	return list
}

// recommendedNoise is the property that says with how much noise on the way a net is to be sampled.
const recommendedNoise = "recommended_sde_noise"

// noiseUsage explains the second input of a sampler with noise on the way.
func (a About) noiseUsage(file string) string {
	if a.Properties[recommendedNoise] == "" {
		return ""
	}
	switch unsuffixed(file) {
	case "velocity.onnx":
		return "\n\nThe run was not sampled so, but with noise on the way: dx = (v + eps s) dt + sqrt(2 eps) dW, eps = " + a.Properties[recommendedNoise] +
			" sigma(t), with the score\ns = (alpha v - alpha' x) / (sigma (alpha' sigma - alpha sigma')) of the path. `flowsweep sample --model` does that."
	case "sampler.onnx", "sampler-portable.onnx":
		return "\n\nThis one adds noise on the way and draws none itself: it also takes `step_noise[steps,batch,d]`, standard normal numbers that are\n" +
			"new in every call and independent of the noise. It has no `ts`."
	default:
		return ""
	}
}
