package export

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/export/guided"
)

// vectorCount is the number of test vectors: enough to catch a faulty runtime, and few enough to read.
const vectorCount = 64

// vectors is the content of vectors.json: inputs and Go's outputs for them, one row per point.
type vectors struct {
	Comment string      `json:"comment"`
	Shape   []int       `json:"shape,omitempty"` // of a point, whose rows are flat, unless it is a vector
	T       [][]float32 `json:"t"`
	X       [][]float32 `json:"x"`
	guided.Vectors
	V         [][]float32     `json:"v"`
	Tolerance float64         `json:"tolerance"`
	Sampler   *samplerVectors `json:"sampler,omitempty"`
	Density   *densityVectors `json:"density,omitempty"`
}

type samplerVectors struct {
	Comment string      `json:"comment"`
	Noise   [][]float32 `json:"noise"`
	guided.Vectors
	StepNoise [][][]float32 `json:"step_noise,omitempty"` // of every step, if it adds any
	Samples   [][]float32   `json:"samples"`
	Tolerance float64       `json:"tolerance"`
	Unit      []float64     `json:"unit,omitempty"` // of differences in each coordinate, if not 1

	Trajectory       [][][]float32 `json:"trajectory,omitempty"` // at every time, the tolerance that of samples
	LogProb          []float32     `json:"log_prob,omitempty"`
	LogProbTolerance float64       `json:"log_prob_tolerance,omitempty"` // in nats
}

type densityVectors struct {
	Comment          string      `json:"comment"`
	Data             [][]float32 `json:"data"`
	Noise            [][]float32 `json:"noise"`
	LogProb          []float32   `json:"log_prob"`
	Tolerance        float64     `json:"tolerance"` // of noise
	LogProbTolerance float64     `json:"log_prob_tolerance"`
}

// Steps is what a sampler file computes: it follows a field with a solver over a grid of times.
type Steps struct {
	Field  flow.Field
	Solver ode.Solver
	Times  []float64
	Units  flow.Units // of the samples, or of their codes
	Code   kinds.Code // of the samples, if they are rows of a table

	Density    flow.DivField // Field with its divergence, if the file returns log densities
	Trajectory bool          // the file returns trajectories
	SDE        *SDE          // the noise that it adds on the way; nil for none

	Conditional guided.Model                     // what samples are conditional on; Field has the default guidance then
	Guide       func(w flow.Guidance) flow.Field // Field with another guidance, of a file that takes one

	// Along, if not nil, leads from the path of the net in a lower precision to that of the steps. Otherwise Field is along that already.
	Along *flow.PathConversion
}

// under returns noise with what its points are given to compare files.
func (s Steps) under(noise flow.Batch) flow.Batch {
	noise.Given = s.Conditional.Rows(noise.Len())
	return noise
}

// guidedBy returns the steps under another guidance.
func (s Steps) guidedBy(w flow.Guidance) Steps {
	s.Field, s.Conditional.Guidance = s.Guide(w), w
	return s
}

// on returns the steps with the field of a net, along their path.
func (s Steps) on(net flow.Field) Steps {
	s.Field = net
	if s.Along != nil {
		s.Field = flow.Reschedule(net, s.Along.From, s.Along.To)
	}
	return s
}

// Vectors returns vectors.json, for tests in other runtimes: seeded inputs of velocity.onnx and Go's outputs, and, if sampler
// is not nil, the same for sampler.onnx, and if density is not nil for logp.onnx, whose steps are those from noise to data.
func Vectors(n net.Net, g guided.Model, reference flow.RowField, sampler, density *Steps) ([]byte, error) {
	p := Points(n, vectorCount, 1).Under(g)
	v, err := reference.Guide(g.Guidance)(p.T, p.X)
	if err != nil {
		return nil, fmt.Errorf("compute test vectors: %w", err)
	}
	largest := 0.
	for _, a := range v.Data {
		largest = max(largest, a, -a)
	}
	out := vectors{
		Comment: "velocity.onnx must give v for t and x, to within tolerance",
		T:       split(p.T, 1), X: split(p.X.Data, n.Dim()), V: split(v.Data, n.Dim()),
		Tolerance: tolerance * (1 + largest),
	}
	out.Vectors = g.Vectors(p.X.Given)
	if !g.Empty() {
		out.Comment = "velocity.onnx must give v for t, x and what the points are given, to within tolerance"
	}
	if len(n.Shape) > 1 {
		out.Comment += "; every row is a point of that shape, its numbers in a row"
		out.Shape = n.Shape
	}
	if sampler != nil {
		if out.Sampler, err = sampler.vectors(n.Dim()); err != nil {
			return nil, fmt.Errorf("compute test vectors: %w", err)
		}
	}
	if density != nil {
		if out.Density, err = density.densityVectors(n.Dim()); err != nil {
			return nil, fmt.Errorf("compute test vectors: %w", err)
		}
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write test vectors: %w", err)
	}
	return append(text, '\n'), nil
}

// vectors returns noise and Go's samples for it. The tolerance is measured on this noise, as the flow may spread it more than
// the noise that the file was verified with.
func (s Steps) vectors(dim int) (*samplerVectors, error) {
	got, err := s.solveVectors(dim)
	if err != nil {
		return nil, err
	}
	rows := func(x flow.Batch) [][]float32 {
		return split(s.Code.Decode(s.Units.Apply(x)).Data, widthOf(s.Code, dim))
	}
	out := &samplerVectors{
		Comment: "sampler.onnx must give samples for noise, to within tolerance",
		Noise:   split(got.noise.Data, dim), Vectors: s.Conditional.Vectors(got.noise.Given), Samples: rows(got.trajectory[len(s.Times)-1]),
		Tolerance: got.tolerance(), Unit: got.rowUnit(),
	}
	for _, z := range got.steps {
		out.StepNoise = append(out.StepNoise, split(z.Data, dim))
	}
	if s.Trajectory {
		for _, x := range got.trajectory {
			out.Trajectory = append(out.Trajectory, rows(x))
		}
	}
	if s.Density != nil {
		out.LogProb, out.LogProbTolerance = flow.Narrow(nil, got.logp), got.trial("").logTolerance
	}
	return out, nil
}

// densityVectors returns samples, as data, and Go's noise and log densities for them.
func (s Steps) densityVectors(dim int) (*densityVectors, error) {
	data, _, err := ode.Solve(s.Field, s.Solver, s.Times, Noise(dim, vectorCount, 1))
	if err != nil {
		return nil, err
	}
	got, err := score(s.Density, s.Solver, s.Times, s.Units, data)
	if err != nil {
		return nil, err
	}
	return &densityVectors{
		Comment: "logp.onnx must give noise and log_prob for data, to within the tolerances",
		Data:    split(got.data.Data, dim), Noise: split(got.noise.Data, dim), LogProb: flow.Narrow(nil, got.logp),
		Tolerance: got.tolerance(), LogProbTolerance: got.trial("", s.Times).logTolerance,
	}, nil
}

// split returns the rows of a batch, rounded to 32 bits.
func split(flat []float64, dim int) [][]float32 {
	return slices.Collect(slices.Chunk(flow.Narrow(nil, flat), dim))
}

// Test vectors of rows of a table must not be rounded the other way by another runtime, so that they can be compared one by one: points
// that are nearly another whole number or category are passed over.

// solveVectors returns the solution for the noise of the test vectors.
func (s Steps) solveVectors(dim int) (solution, error) {
	noise := s.under(Noise(dim, vectorCount, 1))
	if s.Code.Identity() || s.Trajectory { // there are hardly any points that keep away from edges on all of their way
		return solve(s, s.Density, noise)
	}
	many, err := solve(s, nil, s.under(Noise(dim, 4*vectorCount, 1)))
	if err != nil {
		return many, err
	}
	var clear []int
	codes := s.Units.Apply(many.trajectory[len(s.Times)-1])
	for i := 0; i < codes.Len() && len(clear) < vectorCount; i++ {
		if many.clear(codes.Row(i)) {
			clear = append(clear, i)
		}
	}
	if len(clear) == 0 {
		return solve(s, nil, noise)
	}
	return solve(s, nil, many.noise.Take(flow.Batch{}, clear))
}

// moved calls each with the value of every column at a point of codes, (w), and where one of its coordinates is moved by twice the
// tolerance.
func (s solution) moved(point []float64, each func(column int, before, after float64)) {
	unit := s.codeUnit()
	at := flow.Batch{Dim: len(point), Data: point}
	before := s.code.Decode(at).Data
	for j, c := range s.code.Columns() {
		for k := s.code.At(j); k < s.code.At(j)+c.Width(); k++ {
			for _, sign := range []float64{-1, 1} {
				there := at.Clone()
				there.Data[k] += sign * 2 * s.tolerance() * unit[k]
				each(j, before[j], s.code.Decode(there).Data[j])
			}
		}
	}
}

// clear reports whether no whole number or category changes where a point of codes, (w), moves within the tolerance.
func (s solution) clear(point []float64) bool {
	ok := true
	s.moved(point, func(column int, before, after float64) {
		ok = ok && (before == after || !s.code.Columns()[column].Kind.Discrete)
	})
	return ok
}

// codeUnit is unit with a number for every coordinate.
func (s solution) codeUnit() []float64 {
	if unit := s.unit(); unit != nil {
		return unit
	}
	unit := make([]float64, s.noise.Dim)
	for j := range unit {
		unit[j] = 1
	}
	return unit
}

// rowUnit is unit for the columns of rows: how far values move where points move by 1, at most, with room for their rounding.
func (s solution) rowUnit() []float64 {
	if s.code.Identity() {
		return s.unit()
	}
	unit := make([]float64, s.code.Dim())
	codes := s.units.Apply(s.trajectory[len(s.trajectory)-1])
	for i := range codes.Len() {
		s.moved(codes.Row(i), func(column int, before, after float64) {
			if !s.code.Columns()[column].Kind.Discrete {
				unit[column] = max(unit[column], math.Abs(after-before)/s.tolerance())
			}
		})
	}
	for i, x := range s.code.Decode(codes).Data {
		j := i % len(unit)
		unit[j] = max(unit[j], shiftRounding*math.Abs(x)/s.tolerance(), shiftRounding)
	}
	return unit
}
