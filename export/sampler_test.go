package export

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// drawn returns n points of standard normal noise, of a shape.
func drawn(n int, shape ...int) ort.Tensor {
	x := flow.NewBatch(n, elements(shape))
	flow.NewStream(7, "noise").Normal(x, 0)
	t := ort.Tensor{Dims: slices.Concat([]int{n}, shape), Data: make([]float32, len(x.Data))}
	for i, v := range x.Data {
		t.Data[i] = float32(v)
	}
	return t
}

func sampler(t *testing.T, n net.Net, s ode.Solver, ts []float64, o SamplerOptions) []byte {
	t.Helper()
	file, err := Sampler(n, velocity.Init(n, 3), s, ts, About{Version: "test", Doc: "samples", Properties: map[string]string{"run": "abc"}}, o)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func open(t *testing.T, file []byte, o ort.SessionOptions) *ort.Session {
	t.Helper()
	s, err := ort.Open(file, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func run(t *testing.T, s *ort.Session, inputs ...ort.Tensor) []ort.Tensor {
	t.Helper()
	out, err := s.Run(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// solved returns what ode.Solve makes of the noise, with the net in the Go backend.
func solved(t *testing.T, n net.Net, s ode.Solver, ts []float64, noise ort.Tensor) []float64 {
	t.Helper()
	m, err := velocity.Compile(engine.Go, n, velocity.Init(n, 3))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	x0 := flow.NewBatch(noise.Dims[0], n.Dim())
	for i, v := range noise.Data {
		x0.Data[i] = float64(v)
	}
	x, _, err := ode.Solve(m.Field(), s, ts, x0)
	if err != nil {
		t.Fatal(err)
	}
	return x.Data
}

// near allows differences of 1e-5 (1 + max |x|). In each of 64 steps the state is rounded to 32 bits, with a relative error of
// up to 6e-8, and the velocities differ by as much. In a random walk of 64 such steps the errors add up to a tenth of that.
func near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	maxAbs, worst := 0., 0.
	for i, w := range want {
		maxAbs = max(maxAbs, math.Abs(w))
		worst = max(worst, math.Abs(float64(got[i])-w)) // NaN stays
	}
	if !(worst <= 1e-5*(1+maxAbs)) {
		t.Errorf("%s: differs by %.3g, more than the %.3g allowed", what, worst, 1e-5*(1+maxAbs))
	}
}

func TestSamplerIsTheSolver(t *testing.T) {
	t.Parallel()
	ts := ode.Uniform(64)
	compare := func(n net.Net, s ode.Solver) {
		noise := drawn(7, n.Shape...)
		got := run(t, open(t, sampler(t, n, s, ts, SamplerOptions{}), ort.SessionOptions{Optimise: ort.All}), noise)
		near(t, fmt.Sprintf("%s, %s", n, s.Name), got[0].Data, solved(t, n, s, ts, noise))
	}
	for i, a := range net.Activations {
		for j, s := range []ode.Solver{ode.Euler, ode.Midpoint, ode.Heun, ode.RK4} {
			compare(net.Spec{Architecture: net.MLP, Width: 5 + 4*i, Depth: 1 + (i+j)%3, Activation: a}.On(2), s)
		}
	}
	for _, s := range ode.Solvers {
		compare(net.Spec{Architecture: net.MLP, Width: 6, Depth: 2, Activation: net.SiLU}.On(2), s)
	}
	for _, a := range net.Architectures {
		compare(fitting(net.Spec{Architecture: a, Width: 6, Depth: 1, Activation: net.SiLU}.On(2)), ode.Heun)
	}
}

// TestSamplerOnOtherGrids passes ts: other numbers of steps, uneven steps, part of the way, and backwards.
func TestSamplerOnOtherGrids(t *testing.T) {
	t.Parallel()
	noise := drawn(7, 2)
	for _, s := range []ode.Solver{ode.Euler, ode.Heun, ode.RK4} {
		session := open(t, sampler(t, example, s, ode.Uniform(8), SamplerOptions{}), ort.SessionOptions{Optimise: ort.All, Defaults: []string{"ts"}})
		for _, ts := range [][]float64{ode.Uniform(20), {0, .1, .5, .55, 1}, {0, 1}, {.25, .5}, {1, .5, 0}} {
			grid, err := narrowed(ts)
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, session, noise, ort.Tensor{Dims: []int{len(ts)}, Data: grid})
			near(t, fmt.Sprint(s.Name, ts), got[0].Data, solved(t, example, s, ts, noise))
		}
		// A grid of one time has no steps.
		if got := run(t, session, noise, ort.Tensor{Dims: []int{1}, Data: []float32{.5}}); !slices.Equal(got[0].Data, noise.Data) {
			t.Errorf("%s: a grid without steps moves the noise", s.Name)
		}
	}
}

// stepped computes the steps of a sampler in Go, in the order that Sampler documents, with velocities from onnxruntime. The
// conversions keep Go from fusing products into sums.
func stepped(t *testing.T, velocities *ort.Session, s ode.Solver, ts []float32, x []float32, shape ...int) (trajectory [][]float32) {
	t.Helper()
	x = slices.Clone(x)
	trajectory = append(trajectory, slices.Clone(x))
	advance := func(h float32, weights []float64, k [][]float32) []float32 {
		next := slices.Clone(x)
		for i := range x {
			sum, first := float32(0), true
			for j, w := range weights {
				switch {
				case w == 0:
				case first:
					sum, first = float32(k[j][i]*float32(w)), false
				default:
					sum += float32(k[j][i] * float32(w))
				}
			}
			next[i] += float32(sum * h)
		}
		return next
	}
	for step := range len(ts) - 1 {
		h := ts[step+1] - ts[step]
		k := make([][]float32, s.Stages())
		for i, c := range s.C {
			at := ts[step] + float32(float32(c)*h)
			if c == 1 {
				at = ts[step+1]
			}
			n := len(x) / elements(shape)
			out := run(t, velocities, ort.Tensor{Dims: []int{n, 1}, Data: slices.Repeat([]float32{at}, n)},
				ort.Tensor{Dims: slices.Concat([]int{n}, shape), Data: advance(h, s.A[i], k)})
			k[i] = out[0].Data
		}
		x = advance(h, s.B, k)
		trajectory = append(trajectory, x)
	}
	return trajectory
}

func identical(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) })
}

// TestSamplerIsSteppedBitForBit compares every form of the file, at every level of optimisation and batch size, with the same
// operations done one by one, without a tolerance.
func TestSamplerIsSteppedBitForBit(t *testing.T) {
	t.Parallel()
	ts := []float64{0, .15, .7, .72, 1} // in 32 bits, .15 + (.7 - .15) is not .7
	grid, err := narrowed(ts)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range ode.Solvers {
		if s.Table != nil {
			continue // TestTablesAreSteppedBitForBit
		}
		loop := sampler(t, example, s, ts, SamplerOptions{Trajectory: true})
		unrolled := sampler(t, example, s, ts, SamplerOptions{Trajectory: true, Portable: true})
		for _, level := range ort.Levels {
			velocities := open(t, exported(t, velocity.Init(example, 3)), ort.SessionOptions{Optimise: level})
			sessions := []*ort.Session{open(t, loop, ort.SessionOptions{Optimise: level}), open(t, unrolled, ort.SessionOptions{Optimise: level})}
			for _, n := range []int{1, 2, 7, 256} {
				noise := drawn(n, 2)
				want := stepped(t, velocities, s, grid, noise.Data, 2)
				for i, session := range sessions {
					got := run(t, session, noise)
					if !identical(got[0].Data, want[len(ts)-1]) || !identical(got[1].Data, slices.Concat(want...)) {
						t.Errorf("%s, %s, batch %d, form %d: bits differ", s.Name, level, n, i)
					}
					if !slices.Equal(got[1].Dims, []int{len(ts), n, 2}) {
						t.Errorf("%s: the trajectory has shape %v", s.Name, got[1].Dims)
					}
				}
			}
			for i, session := range sessions { // no points
				got := run(t, session, drawn(0, 2))
				if !slices.Equal(got[0].Dims, []int{0, 2}) || !slices.Equal(got[1].Dims, []int{len(ts), 0, 2}) {
					t.Errorf("%s, %s, form %d: no points give %v and %v", s.Name, level, i, got[0].Dims, got[1].Dims)
				}
			}
		}
	}
}

// TestTrajectoryDoesNotChangeTheSamples also checks that files have a trajectory only with the option.
func TestTrajectoryDoesNotChangeTheSamples(t *testing.T) {
	t.Parallel()
	noise := drawn(7, 2)
	for _, portable := range []bool{false, true} {
		bare := run(t, open(t, sampler(t, example, ode.Heun, ode.Uniform(5), SamplerOptions{Portable: portable}), ort.SessionOptions{}), noise)
		full := run(t, open(t, sampler(t, example, ode.Heun, ode.Uniform(5), SamplerOptions{Portable: portable, Trajectory: true}), ort.SessionOptions{}), noise)
		if len(bare) != 1 || len(full) != 2 || !identical(bare[0].Data, full[0].Data) {
			t.Errorf("portable %v: %d and %d outputs, samples equal: %v", portable, len(bare), len(full), identical(bare[0].Data, full[0].Data))
		}
	}
}

// TestSamplerHoldsTheWeightsOnce checks that a file with a Loop is little larger than the weights.
func TestSamplerHoldsTheWeightsOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []net.Net{
		net.Spec{Architecture: net.MLP, Width: 64, Depth: 3, Activation: net.SiLU}.On(2),
		net.Spec{Architecture: net.MLP, Width: 128, Depth: 4, Activation: net.ELU}.On(2),
	} {
		for _, s := range ode.Solvers {
			file := sampler(t, n, s, ode.Uniform(64), SamplerOptions{Trajectory: true})
			if maxSize := 4*n.Size()*105/100 + 20_000; len(file) > maxSize {
				t.Errorf("%s, %d weights: %d bytes, want at most %d", s.Name, n.Size(), len(file), maxSize)
			}
		}
	}
}

func TestSamplerIsWellFormed(t *testing.T) {
	t.Parallel()
	for _, s := range ode.Solvers {
		for _, o := range []SamplerOptions{{}, {Trajectory: true}, {Portable: true}, {Portable: true, Trajectory: true}} {
			file := sampler(t, example, s, ode.Uniform(4), o)
			if !bytes.Equal(file, sampler(t, example, s, ode.Uniform(4), o)) {
				t.Errorf("%s %+v: the same sampler gives different bytes", s.Name, o)
			}
			m, err := onnx.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			if unused := idle(m.Graph); len(unused) > 0 {
				t.Errorf("%s %+v: nothing depends on %v", s.Name, o, unused)
			}
			if !o.Portable && slices.ContainsFunc(m.Initializers, func(t onnx.Initializer) bool { return t.Name == "1" }) {
				t.Errorf("%s %+v: something is multiplied by 1", s.Name, o)
			}
			for _, v := range slices.Concat(m.Inputs, m.Outputs) {
				if v.Doc == "" {
					t.Errorf("%s %+v: %s has no doc", s.Name, o, v.Name)
				}
			}
			loops := slices.ContainsFunc(m.Nodes, func(n onnx.Node) bool { return n.Op == "Loop" })
			if loops == o.Portable || len(m.Inputs) == 1 != (o.Portable || s.Table != nil) || len(m.Outputs) == 2 != o.Trajectory {
				t.Errorf("%s %+v: loops %v, %d inputs, %d outputs", s.Name, o, loops, len(m.Inputs), len(m.Outputs))
			}
			for key, want := range map[string]string{"solver": s.Name, "steps": "4", "run": "abc", "dimension": "2"} {
				if m.Metadata[key] != want {
					t.Errorf("%s %+v: the property %s is %q, want %q", s.Name, o, key, m.Metadata[key], want)
				}
			}
		}
	}
}

// TestSamplerSuitsRuntimes checks what OpenVINO, browsers' GPUs, candle and tract need of a file: outputs of the body that are no
// inputs, integers in it that are only indices, and sizes without attributes of Shape or, in steps, Expand.
func TestSamplerSuitsRuntimes(t *testing.T) {
	t.Parallel()
	for _, s := range []ode.Solver{ode.Euler, ode.RK4} {
		for _, o := range []SamplerOptions{{}, {Trajectory: true}, {LogProb: true, Trajectory: true}, {Portable: true, LogProb: true}} {
			m, err := onnx.Read(sampler(t, small, s, ode.Uniform(3), o))
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range m.Nodes {
				if n.Op == "Shape" && (len(n.Attributes) > 0 || n.Inputs[0] != "noise") {
					t.Errorf("%s %+v: %+v", s.Name, o, n)
				}
			}
			if o.Portable {
				continue
			}
			g := body(&m)
			for _, n := range g.Nodes {
				if slices.Contains([]string{"Shape", "Size", "Cast"}, n.Op) || slices.Contains(n.Inputs, "i") && n.Op != "Gather" {
					t.Errorf("%s %+v: the body has %s of %v", s.Name, o, n.Op, n.Inputs)
				}
			}
			for _, out := range g.Outputs {
				if slices.ContainsFunc(g.Inputs, func(in onnx.ValueInfo) bool { return in.Name == out.Name }) {
					t.Errorf("%s %+v: the body returns its input %s", s.Name, o, out.Name)
				}
			}
		}
	}
}

// idle returns the values that nothing depends on, and those that are copies.
func idle(g onnx.Graph) (names []string) {
	used := map[string]bool{}
	held := map[string]bool{} // outputs of bodies, some of which must be copies
	var visit func(g onnx.Graph)
	visit = func(g onnx.Graph) {
		for _, o := range g.Outputs {
			used[o.Name] = true
			held[o.Name] = g.Name == "step"
		}
		for _, n := range g.Nodes {
			for _, in := range n.Inputs {
				used[in] = true
			}
			for _, a := range n.Attributes {
				if body, ok := a.Value.(onnx.Graph); ok {
					visit(body)
				}
			}
		}
	}
	visit(g)
	var collect func(g onnx.Graph)
	collect = func(g onnx.Graph) {
		for _, i := range g.Initializers {
			if !used[i.Name] {
				names = append(names, i.Name)
			}
		}
		for _, n := range g.Nodes {
			if !used[n.Outputs[0]] || n.Op == "Identity" && !held[n.Outputs[0]] {
				names = append(names, n.Outputs[0])
			}
			for _, a := range n.Attributes {
				if body, ok := a.Value.(onnx.Graph); ok {
					collect(body)
				}
			}
		}
	}
	collect(g)
	return names
}

func TestSamplerErrors(t *testing.T) {
	t.Parallel()
	implicit := ode.Solver{Name: "implicit-midpoint", A: [][]float64{{.5}}, B: []float64{1}, C: []float64{.5}}
	for name, c := range map[string]struct {
		solver ode.Solver
		ts     []float64
		want   string
	}{
		"no steps":           {ode.Euler, []float64{0}, "at least 2"},
		"a time that is NaN": {ode.Euler, []float64{0, math.NaN(), 1}, "time 1"},
		"an infinite time":   {ode.Euler, []float64{0, math.Inf(1)}, "finite"},
		"an implicit method": {implicit, []float64{0, 1}, "not explicit"},
		"no tableau":         {ode.Solver{Name: "none"}, []float64{0, 1}, "incomplete"},
	} {
		_, err := Sampler(example, velocity.Init(example, 3), c.solver, c.ts, About{}, SamplerOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", name, err, c.want)
		}
	}
	if _, err := Sampler(example, nil, ode.Euler, ode.Uniform(2), About{}, SamplerOptions{}); err == nil {
		t.Error("a sampler without weights is exported")
	}
}

// TestONNXChecker runs the checker of the reference implementation, with shape inference, if it is installed.
func TestONNXChecker(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("python3", "-c", "import onnx").CombinedOutput(); err != nil {
		t.Skipf("python3 has no package onnx to check with: %v %.80s", err, bytes.TrimSpace(out))
	}
	dir := t.TempDir()
	args := []string{"-c", "import onnx, sys\nfor p in sys.argv[1:]: onnx.checker.check_model(onnx.load(p), full_check=True)"}
	add := func(file []byte) {
		path := filepath.Join(dir, fmt.Sprintf("%d.onnx", len(args)))
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	add(exported(t, velocity.Init(example, 3)))
	for _, s := range ode.Solvers {
		for _, o := range []SamplerOptions{{}, {Trajectory: true}, {Portable: true}, {Portable: true, Trajectory: true}} {
			add(sampler(t, example, s, ode.Uniform(4), o))
		}
	}
	if out, err := exec.Command("python3", args...).CombinedOutput(); err != nil {
		t.Errorf("onnx.checker: %v: %s", err, out)
	}
}
