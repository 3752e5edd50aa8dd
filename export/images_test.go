package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export/guided"
)

// imageNets are nets on images, of few numbers, as a divergence has a backward pass for each.
var imageNets = []net.Net{
	net.Spec{Architecture: net.Conv2D, Width: 4, Depth: 1, Activation: net.SiLU}.On(2, 1, 2),
	net.Spec{Architecture: net.UNet, Width: 4, Depth: 1, Activation: net.Tanh}.On(1, 2, 2),
	net.Spec{Architecture: net.MLP, Width: 8, Depth: 1, Activation: net.SiLU}.On(2, 1, 3),
}

// pixelUnits are units of dim pixels, each with its own.
func pixelUnits(dim int) (u flow.Units) {
	for j := range dim {
		u.Scale, u.Shift = append(u.Scale, .5+float64(j)/4), append(u.Shift, float64(j)-2)
	}
	return u
}

// TestFilesOfImages: all files take and return images, channels first, in the units of each pixel; what is verified is what Go
// computes, log densities too; opened, they take and give flat rows; and their parts give their bytes again.
func TestFilesOfImages(t *testing.T) {
	t.Parallel()
	ts := ode.Uniform(2)
	for _, n := range imageNets {
		if testing.Short() && n.Architecture.Images {
			continue // with their divergences, a unet took 42 seconds
		}
		t.Run(n.String(), func(t *testing.T) {
			t.Parallel()
			dims, weights, units := fmt.Sprintf("[batch,%d,%d,%d]", n.Shape[0], n.Shape[1], n.Shape[2]), velocity.Init(n, 3), pixelUnits(n.Dim())
			about := About{Version: "test", Units: units, Properties: map[string]string{"run": "abc", "path": "condot"}}
			div, err := velocity.CompileDivergence(engine.Go, n, weights)
			if err != nil {
				t.Fatal(err)
			}
			defer div.Close()
			noise := Noise(n.Dim(), 40, 0)
			sampler, err := Sampler(n, weights, ode.Euler, ts, about, SamplerOptions{LogProb: true, Trajectory: true})
			if err != nil {
				t.Fatal(err)
			}
			if c := VerifyDensity(sampler, ode.Euler, ts, div.DivField(), units, noise); !c.OK {
				t.Errorf("sampler: %+v", c)
			}
			density, err := Density(n, weights, ode.Euler, ts, about)
			if err != nil {
				t.Fatal(err)
			}
			if c := VerifyLikelihood(density, ode.Euler, ts, div.DivField(), units, noise); !c.OK {
				t.Errorf("density: %+v", c)
			}
			for file, want := range map[*[]byte]string{
				&sampler: "noise" + dims + " ts[times] to samples" + dims + " log_prob[batch] trajectory[times,batch," + dims[len("[batch,"):],
				&density: "data" + dims + " ts[times] to noise" + dims + " log_prob[batch]",
			} {
				m, err := onnx.Read(*file)
				if got := signature(m.Inputs, m.Outputs); err != nil || got != want {
					t.Errorf("the file maps %s, want %s (%v)", got, want, err)
				}
				parts, err := Dissect(*file)
				if err != nil {
					t.Fatal(err)
				}
				if again, err := parts.Write(); err != nil || !bytes.Equal(again, *file) {
					t.Errorf("its parts give other bytes (%v)", err)
				}
			}
			opens(t, n, div, sampler, density, units, noise)
		})
	}
}

// opens opens both files and compares what they give.
func opens(t *testing.T, n net.Net, div *velocity.Divergence, sampler, density []byte, units flow.Units, noise flow.Batch) {
	t.Helper()
	s, err := Open(sampler, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d, err := Open(density, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	samples, err := s.Sampler(noise)
	if err != nil || s.Dim != n.Dim() || samples.Len() != noise.Len() {
		t.Fatalf("%d samples of dimension %d (%v)", samples.Len(), s.Dim, err)
	}
	want, logp, _, err := ode.Push(div.DivField(), ode.Euler, ode.Uniform(2), noise, ode.StandardNormal)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range units.Apply(want).Data {
		if !(math.Abs(samples.Data[i]-v) <= 1e-4) { // 32-bit floats
			t.Fatalf("number %d is %g, want %g", i, samples.Data[i], v)
		}
	}
	if back, err := d.Density(samples); err != nil || len(back) != len(logp) {
		t.Errorf("%d log densities of %d images (%v)", len(back), len(logp), err)
	}
}

// TestShapeOfAFileIsVerified: a file that takes the same numbers in another shape is refused.
func TestShapeOfAFileIsVerified(t *testing.T) {
	t.Parallel()
	n := imageNets[2]
	weights := velocity.Init(n, 3)
	model, err := velocity.Compile(engine.Go, n, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	file, err := Sampler(n, weights, ode.Euler, ode.Uniform(2), About{}, SamplerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	m.Inputs[0].Dims = []int{onnx.Batch, 2, 3, 1}
	c := VerifySampler(m.Marshal(), ode.Euler, ode.Uniform(2), model.Field(), flow.Units{}, Noise(n.Dim(), 8, 0))
	if c.OK || !strings.Contains(c.Error, "the file maps noise[batch,2,3,1]") {
		t.Errorf("verified: %+v", c)
	}
}

// TestVectorsAndCardOfImages: vectors.json has flat rows and says the shape, and the card has the sizes of the files and of
// its examples.
func TestVectorsAndCardOfImages(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.Conv2D, Width: 4, Depth: 1, Activation: net.SiLU}.On(2, 3, 2)
	model, err := velocity.Compile(engine.Go, n, velocity.Init(n, 3))
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	text, err := Vectors(n, guided.Model{}, model.RowField(), &Steps{Field: model.Field(), Solver: ode.Euler, Times: ode.Uniform(2)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil || !slices.Equal(v.Shape, n.Shape) || len(v.X[0]) != 12 || len(v.Sampler.Samples[0]) != 12 {
		t.Errorf("vectors of shape %v, %d numbers in a row (%v)", v.Shape, len(v.X[0]), err)
	}
	card := string(Card(About{}, n.Shape, experiments.Check{File: "velocity.onnx"}, experiments.Check{File: "sampler.onnx"}))
	for _, want := range []string{"`x[batch,2,3,2]` -> `v[batch,2,3,2]`", "2 x 3 x 2 are channels, height and width", "standard_normal((1000, 2, 3, 2)", "length: 1000 * 12", "NewShape(1000, 2, 3, 2)", "1000*12"} {
		if !strings.Contains(card, want) {
			t.Errorf("the card lacks %q", want)
		}
	}
}
