package export

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// writeExample writes the card's program in a language, and a sampler of 3 dimensions that it draws from, to a new folder. The sampler
// may take noise on the way.
func writeExample(t *testing.T, language string, noisy bool) (folder, program string) {
	t.Helper()
	folder, program = t.TempDir(), "draw."+language
	about, o := About{}, SamplerOptions{Trajectory: true}
	if noisy {
		about.Properties = map[string]string{recommendedNoise: "0.5", "recommended_steps": "2"}
		o.SDE = &SDE{ode.SDE{Noise: .5}, flow.CondOT}
	}
	code := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(Card(about, []int{3}, experiments.Check{File: "sampler.onnx"}))
	if code == nil {
		t.Fatalf("the card has no example in %s", language)
	}
	file := sampler(t, example.On(3), ode.Heun, ode.Uniform(2), o)
	for name, content := range map[string][]byte{program: code[1], "sampler.onnx": file} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder, program
}

// exampleKinds are the samplers that the programs of the card draw from.
var exampleKinds = []struct {
	name  string
	noisy bool
}{{"flow", false}, {"noise on the way", true}}

// TestPythonExampleDrawsSamples runs the card's program in Python where that has onnxruntime. The task runtimes fetches it.
func TestPythonExampleDrawsSamples(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("python3", "-c", "import onnxruntime").CombinedOutput(); err != nil {
		t.Skipf("python3 has no package onnxruntime: %v %.80s", err, bytes.TrimSpace(out))
	}
	for _, kind := range exampleKinds {
		folder, code := writeExample(t, "python", kind.noisy)
		draw := exec.Command("python3", code)
		draw.Dir = folder
		if out, err := draw.Output(); err != nil || !strings.HasPrefix(string(out), "(1000, 3) [") {
			t.Errorf("%s: the program prints %s, %v", kind.name, out, err)
		}
	}
}

// TestGoExampleDrawsSamples compiles and runs the card's program in Go. The task runtimes runs those in other languages.
func TestGoExampleDrawsSamples(t *testing.T) {
	t.Parallel()
	library, err := ort.FindLibrary()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range exampleKinds {
		folder, code := writeExample(t, "go", kind.noisy)
		program := filepath.Join(folder, "draw")
		if out, err := exec.Command("go", "build", "-o", program, filepath.Join(folder, code)).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", kind.name, err, out)
		}
		draw := exec.Command(program)
		draw.Dir, draw.Env = folder, append(os.Environ(), ort.LibraryVariable+"="+library.Path)
		if out, err := draw.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "[1000 3] [") {
			t.Errorf("%s: the program prints %s, %v", kind.name, out, err)
		}
	}
}

// TestCPPExampleDrawsSamples compiles and runs the card's program in C++, with the header that is in the module of the Go
// binding.
func TestCPPExampleDrawsSamples(t *testing.T) {
	t.Parallel()
	compiler, err := exec.LookPath("c++")
	if err != nil {
		t.Skip("no C++ compiler: ", err)
	}
	headers, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yalue/onnxruntime_go").Output()
	if err != nil {
		t.Fatal(err)
	}
	library, err := ort.FindLibrary()
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Dir(library.Path)
	for _, kind := range exampleKinds {
		folder, code := writeExample(t, "cpp", kind.noisy)
		build := exec.Command(compiler, "-std=c++17", "-Wall", "-Werror", "-I", strings.TrimSpace(string(headers)), code, "-o", "draw", library.Path, "-Wl,-rpath,"+at)
		build.Dir = folder
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", kind.name, err, out)
		}
		draw := exec.Command(filepath.Join(folder, "draw"))
		draw.Dir = folder
		out, err := draw.CombinedOutput()
		if err != nil || len(strings.Fields(string(out))) != 3 {
			t.Errorf("%s: the program prints %s, %v", kind.name, out, err)
		}
	}
}

// TestCardSaysThatASamplerIsATwin: a sampler at fixed steps for an adaptive run has both figures side by side.
func TestCardSaysThatASamplerIsATwin(t *testing.T) {
	t.Parallel()
	twin := &Twin{Of: [2]string{"bosh3, tolerance 0.01", "15.5"}, Is: [2]string{"bosh3-fixed, 4 steps", "12"}}
	if card := string(Card(About{Twin: twin}, []int{2})); !strings.Contains(card, "not measured") {
		t.Errorf("the card does not say that the twin was not measured:\n%s", card)
	}
	twin.Metrics = [][3]string{{"mmd", "0.25", "0.5"}}
	card := string(Card(About{Twin: twin}, []int{2}))
	for _, part := range []string{
		"bosh3, tolerance 0.01 adapts its steps", "| velocity calls | 15.5 | 12 |", "| mmd | 0.25 | 0.5 |", "`sampler.onnx`: bosh3-fixed, 4 steps |",
	} {
		if !strings.Contains(card, part) || strings.Contains(card, "not measured") {
			t.Errorf("the card lacks %q:\n%s", part, card)
		}
	}
	if card := string(Card(About{}, []int{2})); strings.Contains(card, "Fixed steps") {
		t.Errorf("the card of a run at fixed steps speaks of a twin:\n%s", card)
	}
}

// TestCardOfNoiseOnTheWay: the card says that a sampler takes the noise of its steps, and passes it in the example.
func TestCardOfNoiseOnTheWay(t *testing.T) {
	t.Parallel()
	about := About{Properties: map[string]string{recommendedNoise: "0.5", "recommended_steps": "8"}}
	card := string(Card(about, []int{3}, experiments.Check{File: "velocity.onnx"}, experiments.Check{File: "sampler.onnx"}, experiments.Check{File: "sampler-portable.onnx"}))
	for part, want := range map[string]int{
		"eps = 0.5 sigma(t)": 1, "`step_noise[steps,batch,d]`": 2, `"step_noise": normal((8, 1000, 3), dtype="f4")`: 1, "{{.": 0, "normal(8, 1000, 3)": 1, "[8, 1000, 3]": 1, "step_sizes = {8, 1000, 3}": 1,
	} {
		if got := strings.Count(card, part); got != want {
			t.Errorf("the card has %q %d times, want %d:\n%s", part, got, want, card)
		}
	}
	if plain := string(Card(About{}, []int{3}, experiments.Check{File: "sampler.onnx"})); strings.Contains(plain, "step_noise") {
		t.Errorf("the card of a flow speaks of noise on the way:\n%s", plain)
	}
}

// TestCardHasExamplesOnlyWithASampler checks that the card of a velocity alone has no examples.
func TestCardHasExamplesOnlyWithASampler(t *testing.T) {
	t.Parallel()
	if card := string(Card(About{}, []int{2}, experiments.Check{File: "velocity.onnx"})); strings.Contains(card, "```") {
		t.Errorf("the card of a velocity alone has examples:\n%s", card)
	}
	if card := string(Card(About{}, []int{7}, experiments.Check{File: "sampler.onnx"})); strings.Contains(card, "{{.") || strings.Count(card, "(1000, 7)") != 3 {
		t.Errorf("the card is not filled in:\n%s", card)
	}
}
