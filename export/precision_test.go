package export

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// reduced returns a net in a precision, calibrated on paths of midpoint in 2 steps.
func reduced(t *testing.T, p Precision, n net.Net) *Reduced {
	t.Helper()
	r, err := Reduce(p, n, velocity.Init(n, 3), Steps{Solver: ode.Midpoint, Times: ode.Uniform(2)}, Noise(n.Dim(), 64, 5))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// inPrecision returns the velocity file and the sampler file of a net.
func inPrecision(t *testing.T, r *Reduced, o SamplerOptions) (velocities, samples []byte) {
	t.Helper()
	about := About{Version: "test", Properties: map[string]string{"run": "abc"}, Reduced: r}
	velocities, err := Velocity(r.net, r.weights, about)
	if err == nil {
		samples, err = Sampler(r.net, r.weights, ode.Midpoint, ode.Uniform(2), about, o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return velocities, samples
}

// reducible returns nets of every architecture that have products for 8 bits.
func reducible() (list []net.Net) {
	for i, a := range net.Architectures {
		n := net.Spec{Architecture: a, Width: 16, Depth: 1 + (len(net.Architectures)-i)/len(net.Architectures), Activation: net.Activations[i%len(net.Activations)]}.On(2)
		list = append(list, fitting(n))
	}
	return list
}

// TestSamplersInEveryPrecision verifies samplers with noise on the way, along another path, and both, and finds other noise.
func TestSamplersInEveryPrecision(t *testing.T) {
	t.Parallel()
	n := reducible()[0]
	to := &flow.PathConversion{From: flow.CondOT, To: flow.Cosine}
	for _, p := range Precisions {
		for _, o := range []SamplerOptions{
			{SDE: &SDE{ode.SDE{Noise: .75}, flow.CondOT}}, {Along: to, Portable: true}, {Along: to, SDE: &SDE{ode.SDE{Noise: .75}, flow.Cosine}},
		} {
			steps := Steps{Solver: ode.Heun, Times: ode.Uniform(3), Along: o.Along, SDE: o.SDE}
			r, err := Reduce(p, n, velocity.Init(n, 3), steps, Noise(2, 64, 5))
			if err != nil {
				t.Fatal(err)
			}
			about := About{Version: "test", Properties: map[string]string{"run": "abc", "path": "condot"}, Reduced: r}
			file, err := Sampler(n, r.weights, steps.Solver, steps.Times, about, o)
			if err != nil {
				t.Fatal(err)
			}
			if c := VerifyReducedSampler(file, steps, Noise(2, 64, 0), r); !c.OK {
				t.Errorf("%s, %+v: %+v", p.Name, o, c)
			}
			if steps.SDE != nil {
				steps.SDE = &SDE{ode.SDE{Noise: 1.5}, o.SDE.Path}
				if c := VerifyReducedSampler(file, steps, Noise(2, 64, 0), r); c.OK {
					t.Errorf("%s, %+v: verified with twice the noise", p.Name, o)
				}
			}
		}
	}
}

// TestEveryNetIsVerifiedInEveryPrecision verifies both files of every architecture, the sampler in both forms.
func TestEveryNetIsVerifiedInEveryPrecision(t *testing.T) {
	t.Parallel()
	steps := Steps{Solver: ode.Midpoint, Times: ode.Uniform(2)}
	for i, n := range reducible() {
		if testing.Short() && i > 1 {
			break // attention takes 10 seconds
		}
		for _, p := range Precisions {
			t.Run(fmt.Sprintf("%s %s", p.Name, n), func(t *testing.T) {
				t.Parallel()
				r := reduced(t, p, n)
				for _, o := range []SamplerOptions{{}, {Portable: true, Trajectory: true}} {
					v, s := inPrecision(t, r, o)
					c := VerifyReduced(v, Points(n, 300, 0), r)
					t.Logf("velocity: %.2g, mean %.2g of %.2g: %s", float64(c.MaxAbsDiff), float64(c.MeanAbsDiff), float64(c.Tolerance), c.Reason)
					if !c.OK {
						t.Errorf("velocity: %+v", c)
					}
					c = VerifyReducedSampler(s, steps, Noise(n.Dim(), 64, 0), r)
					t.Logf("sampler %+v: %.2g, mean %.2g of %.2g", o, float64(c.MaxAbsDiff), float64(c.MeanAbsDiff), float64(c.Tolerance))
					if !c.OK {
						t.Errorf("sampler %+v: %+v", o, c)
					}
				}
			})
		}
	}
}

// TestVerifyReducedFindsWhatIsWrong changes files of a net in one way and makes their checksums again. Those that change what
// is computed must be found by the numbers alone, before the tensors are compared.
func TestVerifyReducedFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 16, Depth: 2, Activation: net.SiLU}.On(2)
	double := func(v []float32) { v[5] *= 2 }
	for name, c := range map[string]struct {
		precision Precision
		edit      func(m *onnx.Model)
		want      string // in the error; empty if a difference is too large
	}{
		"the scale of a column, doubled": {Int8, func(m *onnx.Model) { set(m, "layers.1.weight/factor", double) }, ""},
		"every scale, doubled": {Int8, func(m *onnx.Model) {
			set(m, "layers.1.weight/factor", func(v []float32) {
				for i := range v {
					v[i] *= 2
				}
			})
		}, ""},
		"the scale of the values": {Int8, func(m *onnx.Model) { scale(m, 2) }, ""},
		"the zero of the values": {Int8, func(m *onnx.Model) {
			tensorOf8[[]uint8](m)[0]++
		}, "more than the"},
		"a weight, by a step": {Int8, func(m *onnx.Model) { tensorOf8[[]int8](m)[7]++ }, "more than the"},
		"a bias":              {Int8, func(m *onnx.Model) { set(m, "layers.1.bias", func(v []float32) { v[3] += 1e-6 }) }, `"layers.1.bias" is not that`},
		"the ranges it states": {Int8, func(m *onnx.Model) {
			m.Metadata[rangesKey] = strings.Replace(m.Metadata[rangesKey], `"high":`, `"high":1`, 1)
		}, "on the paths of the run"},
		"the scale of the values, a little": {Int8, func(m *onnx.Model) { scale(m, 1.0005) }, "more than the"},
		"another precision":                 {FP16, func(m *onnx.Model) { m.Metadata[precisionKey] = "int8" }, `"int8", not "fp16"`},
		"its description":                   {FP16, func(m *onnx.Model) { m.Metadata[precisionKey+"_doc"] = "exact" }, "properties of its precision"},
		"a bias in 16 bits": {FP16, func(m *onnx.Model) {
			i := slices.IndexFunc(m.Initializers, func(t onnx.Initializer) bool { return t.Name == "layers.1.bias" })
			bits := reflect.ValueOf(m.Initializers[i].Data).Index(3)
			bits.SetUint(bits.Uint() ^ 1)
		}, `"layers.1.bias" is not that`},
		"a weight in 16 bits, by its sign": {FP16, func(m *onnx.Model) {
			i := slices.IndexFunc(m.Initializers, func(t onnx.Initializer) bool { return t.Name == "layers.2.weight" })
			bits := reflect.ValueOf(m.Initializers[i].Data).Index(3)
			bits.SetUint(bits.Uint() ^ 1<<15)
		}, ""},
	} {
		r := reduced(t, c.precision, n)
		v, s := inPrecision(t, r, SamplerOptions{})
		check := VerifyReduced(edited(t, v, c.edit), Points(n, 256, 0), r)
		if check.OK || (check.Error == "") != (c.want == "") || !strings.Contains(check.Error, c.want) {
			t.Errorf("velocity, %s: check %+v, want an error that contains %q, or a difference", name, check, c.want)
		}
		if check = VerifyReducedSampler(edited(t, s, c.edit), Steps{Solver: ode.Midpoint, Times: ode.Uniform(2)}, Noise(2, 32, 0), r); check.OK {
			t.Errorf("sampler, %s: it passes", name)
		}
	}
	r := reduced(t, Int8, n)
	v, _ := inPrecision(t, r, SamplerOptions{})
	other := reduced(t, Int8, n)
	other.weights = slices.Clone(other.weights)
	other.weights[50] *= 1.0001 // a bias: one of a matrix could have the same 8 bits
	if c := VerifyReduced(v, Points(n, 256, 0), other); c.OK {
		t.Error("the file of another net passes")
	}
}

// scale multiplies the scale of the values of the first product, where it is used first.
func scale(m *onnx.Model, by float32) {
	i := slices.IndexFunc(m.Initializers, func(t onnx.Initializer) bool { return strings.HasSuffix(t.Name, "/scale") })
	m.Initializers[i].Data.([]float32)[0] *= by
}

// tensorOf8 returns the numbers of the first tensor of a type.
func tensorOf8[T any](m *onnx.Model) T {
	i := slices.IndexFunc(m.Initializers, func(t onnx.Initializer) bool { _, ok := t.Data.(T); return ok })
	return m.Initializers[i].Data.(T)
}

// TestInt8RangesAreThoseOfThePaths compares ranges with a net whose values are known: the first layer doubles x and has no
// bias, so that its ReLU is in [0, 2 max x].
func TestInt8RangesAreThoseOfThePaths(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 16, Depth: 2, Activation: net.ReLU}.On(2)
	weights := make([]float32, n.Size())
	for i := range 16 { // rows are t, x0, x1
		weights[16+i] = 2
	}
	x := Noise(2, 200, 1)
	highest := 0.
	for i := range x.Len() {
		highest = max(highest, x.Row(i)[0])
	}
	r, err := Reduce(Int8, n, weights, Steps{Solver: ode.Euler, Times: []float64{0, 1}}, x)
	if err != nil {
		t.Fatal(err)
	}
	if p := r.products; len(p) != 1 || p[0].Weight != "layers.1.weight" || p[0].Low != 0 || p[0].High != float32(2*highest) {
		t.Errorf("products %+v, want layers.1.weight with values from 0 to %g", p, 2*highest)
	}
	for _, small := range []net.Net{net.Spec{Architecture: net.MLP, Width: 8, Depth: 2, Activation: net.ReLU}.On(2)} {
		if _, err := Reduce(Int8, small, velocity.Init(small, 1), Steps{Solver: ode.Euler, Times: []float64{0, 1}}, x); err == nil || !strings.Contains(err.Error(), "no matrix") {
			t.Errorf("%s: error %v, want one that says that there is nothing to round", small, err)
		}
	}
}

// TestFiguresJudge checks each reason for which a precision does not pay, on either side of its limit.
func TestFiguresJudge(t *testing.T) {
	t.Parallel()
	lost := func(metric string, share, low float64, worse bool) []experiments.Difference {
		return []experiments.Difference{{
			Metric: metric, Share: experiments.Number(share), Difference: experiments.Interval{Low: experiments.Number(low)}, Worse: worse, Verdict: "worse",
		}}
	}
	for name, c := range map[string]struct {
		bytes       int
		seconds     float64
		differences []experiments.Difference
		want        string
	}{
		"small and fast":         {50, 1, nil, ""},
		"as large as may be":     {75, 1, nil, ""},
		"too large":              {76, 1, nil, "velocity.onnx weighs 76 bytes, and 100 in 32-bit floats: 0.76 times"},
		"as slow as may be":      {50, 1.5, nil, ""},
		"too slow":               {50, 1.6, nil, "takes 1.6e+03 ms"},
		"a little worse":         {50, 1, lost("w2", .09, .01, true), ""},
		"much worse":             {50, 1, lost("w2", .11, .01, true), "w2 is 0"},
		"worse by another":       {50, 1, lost("nll", .5, .01, true), ""},
		"scatter":                {50, 1, lost("w2", .5, -1, false), ""},
		"much worse, untested":   {50, 1, lost("w2", .5, math.NaN(), false), "w2 is 0"},
		"a little, untested":     {50, 1, lost("w2", .05, math.NaN(), false), ""},
		"not finite":             {50, 1, lost("w2", math.NaN(), math.NaN(), true), "w2 is 0"},
		"not comparable, untold": {50, 1, lost("w2", math.NaN(), math.NaN(), false), ""},
	} {
		f := Figures{By: []string{"w2"}, Differences: c.differences, Files: []FileFigures{{Name: "velocity.onnx", Bytes: c.bytes, Bytes32: 100, Seconds: c.seconds, Seconds32: 1}}}
		f.Judge()
		if (f.Refused == "") != (c.want == "") || !strings.Contains(f.Refused, c.want) {
			t.Errorf("%s: refused %q, want %q", name, f.Refused, c.want)
		}
	}
}
