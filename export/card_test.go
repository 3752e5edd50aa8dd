package export

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/ode"
)

// TestGoExampleDrawsSamples compiles and runs the card's program in Go with a sampler of 3 dimensions. The task runtimes runs
// those in other languages.
func TestGoExampleDrawsSamples(t *testing.T) {
	t.Parallel()
	n := example.On(3)
	folder := t.TempDir()
	code := regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(Card(About{}, 3, experiments.Check{File: "sampler.onnx"}))
	if code == nil {
		t.Fatal("the card has no example in Go")
	}
	for name, content := range map[string][]byte{"draw.go": code[1], "sampler.onnx": sampler(t, n, ode.Heun, ode.Uniform(2), SamplerOptions{Trajectory: true})} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	library, err := ort.FindLibrary()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(folder, "draw")
	if out, err := exec.Command("go", "build", "-o", program, filepath.Join(folder, "draw.go")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	draw := exec.Command(program)
	draw.Dir, draw.Env = folder, append(os.Environ(), ort.LibraryVariable+"="+library.Path)
	if out, err := draw.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "[1000 3] [") {
		t.Errorf("the program prints %s, %v", out, err)
	}
}

// TestCardSaysThatASamplerIsATwin: a sampler at fixed steps for an adaptive run has both figures side by side.
func TestCardSaysThatASamplerIsATwin(t *testing.T) {
	t.Parallel()
	twin := &Twin{Of: [2]string{"bosh3, tolerance 0.01", "15.5"}, Is: [2]string{"bosh3-fixed, 4 steps", "12"}}
	if card := string(Card(About{Twin: twin}, 2)); !strings.Contains(card, "not measured") {
		t.Errorf("the card does not say that the twin was not measured:\n%s", card)
	}
	twin.Metrics = [][3]string{{"mmd", "0.25", "0.5"}}
	card := string(Card(About{Twin: twin}, 2))
	for _, part := range []string{
		"bosh3, tolerance 0.01 adapts its steps", "| velocity calls | 15.5 | 12 |", "| mmd | 0.25 | 0.5 |", "`sampler.onnx`: bosh3-fixed, 4 steps |",
	} {
		if !strings.Contains(card, part) || strings.Contains(card, "not measured") {
			t.Errorf("the card lacks %q:\n%s", part, card)
		}
	}
	if card := string(Card(About{}, 2)); strings.Contains(card, "Fixed steps") {
		t.Errorf("the card of a run at fixed steps speaks of a twin:\n%s", card)
	}
}

// TestCardHasExamplesOnlyWithASampler checks that the card of a velocity alone has no examples.
func TestCardHasExamplesOnlyWithASampler(t *testing.T) {
	t.Parallel()
	if card := string(Card(About{}, 2, experiments.Check{File: "velocity.onnx"})); strings.Contains(card, "```") {
		t.Errorf("the card of a velocity alone has examples:\n%s", card)
	}
	if card := string(Card(About{}, 7, experiments.Check{File: "sampler.onnx"})); strings.Contains(card, "{{") || strings.Count(card, "(1000, 7)") != 3 {
		t.Errorf("the card is not filled in:\n%s", card)
	}
}
