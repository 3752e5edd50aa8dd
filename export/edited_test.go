package export

import (
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// TestVerifySaysThatItWasEdited: a file that computes the same with other words, or in other bytes, is neither OK nor in error.
func TestVerifySaysThatItWasEdited(t *testing.T) {
	t.Parallel()
	ts, noise := ode.Uniform(3), Noise(2, 16, 0)
	file := sampler(t, small, ode.Heun, ts, SamplerOptions{})
	words, err := onnx.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	words.Metadata["licence"] = "mine"
	layout := append(slices.Clone(file), 0x08, 8) // the IR version once more
	for name, file := range map[string][]byte{"other words": words.Marshal(), "another layout": layout} {
		c := VerifySampler(file, ode.Heun, ts, field(t), flow.Units{}, noise)
		if c.OK || c.Error != "" || len(c.Edited) == 0 || c.MaxAbsDiff > c.Tolerance {
			t.Errorf("%s: check %+v, want one that is edited and computes the same", name, c)
		}
	}
}

// TestVerifyTriesOtherGrids: an edited file may ignore its grid, which the default does not show.
func TestVerifyTriesOtherGrids(t *testing.T) {
	t.Parallel()
	ts, noise := ode.Uniform(8), Noise(2, 32, 0)
	for name, edit := range map[string]func(m *onnx.Model){
		"a constant step": func(m *onnx.Model) {
			m.Initializers = append(m.Initializers, onnx.Initializer{Name: "length", Data: []float32{.125}})
			for i, n := range body(m).Nodes {
				if n.Outputs[0] == "h/i" {
					body(m).Nodes[i].Op, body(m).Nodes[i].Inputs = "Identity", []string{"length"}
				}
			}
		},
		"a constant trip count": func(m *onnx.Model) {
			m.Initializers = append(m.Initializers, onnx.Initializer{Name: "trips", Data: []int64{8}})
			i := slices.IndexFunc(m.Nodes, func(n onnx.Node) bool { return n.Op == "Loop" })
			m.Nodes[i].Inputs[0] = "trips"
		},
	} {
		file := edited(t, sampler(t, small, ode.Heun, ts, SamplerOptions{}), edit)
		if c := VerifySampler(file, ode.Heun, ts, field(t), flow.Units{}, noise); c.OK || c.Error == "" || c.MaxAbsDiff > c.Tolerance {
			t.Errorf("%s: check %+v, want an error that the default grid does not show", name, c)
		} else {
			t.Log(c.Error)
		}
	}
}

// TestVerifyRefusesWhatHasDiverged: velocities of 1e10 carry noise to where 32-bit floats are 1,024 apart.
func TestVerifyRefusesWhatHasDiverged(t *testing.T) {
	t.Parallel()
	away := func(_ float64, x flow.Batch) (flow.Batch, error) {
		u := x.Clone()
		for i := range u.Data {
			u.Data[i] = 1e10
		}
		return u, nil
	}
	file := sampler(t, small, ode.Euler, ode.Uniform(2), SamplerOptions{})
	c := VerifySampler(file, ode.Euler, ode.Uniform(2), away, flow.Units{}, Noise(2, 8, 0))
	if c.OK || !strings.Contains(c.Error, "diverged") || !strings.Contains(c.Error, "1e+10") {
		t.Errorf("check %+v, want an error that it has diverged", c)
	}
}

// TestUnrolledFilesAreCheckedLess: the check says so.
func TestUnrolledFilesAreCheckedLess(t *testing.T) {
	t.Parallel()
	file := sampler(t, small, ode.Euler, ode.Uniform(2), SamplerOptions{Portable: true})
	c := VerifySampler(file, ode.Euler, ode.Uniform(2), field(t), flow.Units{}, Noise(2, 8, 0))
	if !c.OK || len(c.Levels) != 2 || len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "unrolled") {
		t.Errorf("check %+v, want 2 levels and a note", c)
	}
}

// TestLogProbNote: there is a caution above .05 nats, the mean being what counts.
func TestLogProbNote(t *testing.T) {
	t.Parallel()
	for mean, want := range map[string]bool{"0.050": false, "0.051": true, "2.500": true} {
		note := logProbNote(onnx.Model{Metadata: map[string]string{LogProbError: mean, LogProbErrorMax: "3.000"}})
		if len(note) != 1 || strings.HasPrefix(note[0], "caution: ") != want || !strings.Contains(note[0], mean+" nats") {
			t.Errorf("%s nats: note %q, want a caution: %v", mean, note, want)
		}
	}
	if note := logProbNote(onnx.Model{}); note != nil {
		t.Errorf("a file without the property has the note %q", note)
	}
}

// TestMisfitsOfGrids: a sampler takes the times of the grid that it recommends, whatever the grid.
func TestMisfitsOfGrids(t *testing.T) {
	t.Parallel()
	given := []float64{0, .3, .6, 1}
	times := func(g ode.Grid, err error) []float64 {
		if err != nil {
			t.Fatal(err)
		}
		return g.Times(3)
	}
	for text, own := range map[string][]float64{
		`"uniform"`: ode.Uniform(3), `"cosine"`: ode.CosineGrid.Times(3), `{"name":"explicit","times":[0,0.3,0.6,1]}`: given,
		`{"name":"edm","rho":7,"sigma_min":0.002,"sigma_max":80}`: times(ode.EDMGrid{Rho: 7, SigmaMin: .002, SigmaMax: 80}.Make()), `{"name":"tangent","std":0.5}`: times(ode.TangentGrid{Std: .5}.Make()),
	} {
		p := Parts{Kind: "sampler", Solver: ode.Heun, About: About{Properties: map[string]string{"recommended_grid": text}}}
		for _, c := range []struct {
			times []float64
			fits  bool
		}{{own, true}, {[]float64{0, own[1] + .01, own[2], 1}, false}, {append([]float64{0, own[1] / 2}, own[1:]...), false}} {
			p.Times = c.times
			var said []string
			p.steps(func(key, format string, args ...any) { said = append(said, key) })
			if slices.Contains(said, "recommended_grid") == c.fits {
				t.Errorf("%s of a file with the times %v: complaints about %q", text, c.times, said)
			}
		}
	}
}

// TestMisfits: every property has its form, and those of a sampler fit its steps.
func TestMisfits(t *testing.T) {
	t.Parallel()
	whole := map[string]string{
		"run": "0123456789abcdef", "fit": "0123456789abcdef", "seed": "3", "target": `"moons"`, "path": "condot", "coupling": "independent",
		"train": "{}", "nfe": "8", "recommended_solver": "heun", "recommended_steps": "4", "recommended_grid": `"uniform"`, "commit": "", "engine": "go",
		"licence": "free", "metric.mmd": "0.1", "metric.mmd.seeds": "mean 0.1 [0, 0.2] of 3", "log_prob_error": "0.010", "log_prob_error_max": "0.200",
	}
	p := Parts{Kind: "sampler", Solver: ode.Heun, Times: ode.Uniform(4), About: About{Properties: whole}}
	if list := p.Misfits(); len(list) > 0 {
		t.Errorf("a whole file has %q", list)
	}
	for key, text := range map[string]string{
		"run": "abc", "seed": "-1", "target": "{", "nfe": "4", "recommended_solver": "euler", "recommended_steps": "5", "recommended_grid": `"cosine"`,
		"commit": "main", "metric.mmd": "good", "metric.mmd.seeds": "0.1", "log_prob_error": "nan", "data_sha256": "12", "colour": "red",
	} {
		old, had := whole[key]
		whole[key] = text
		if list := p.Misfits(); len(list) != 1 || !strings.HasPrefix(list[0], "metadata "+key+" (") {
			t.Errorf("%s = %q has %q", key, text, list)
		}
		delete(whole, key)
		if had {
			whole[key] = old
		}
	}
}
