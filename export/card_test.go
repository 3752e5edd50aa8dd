package export

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export/guided"
)

// write writes the card's program in a language, and a sampler that it draws from, to a new folder.
func (e exampleSampler) write(t *testing.T, language string) (folder, program string) {
	t.Helper()
	folder, program = t.TempDir(), "draw."+language
	about, n := e.about(t), example.On(3)
	if !about.Code.Identity() {
		n = tableNet
	}
	code := regexp.MustCompile("(?s)```" + language + "\n(.*?)\n```").FindSubmatch(Card(about, n.Shape, experiments.Check{File: "sampler.onnx"}))
	if code == nil {
		t.Fatalf("the card has no example in %s", language)
	}
	weights := velocity.Init(n, 3)
	if g := about.Conditional; !g.Empty() {
		n, weights = drifting(g)
	}
	file, err := Sampler(n, weights, ode.Heun, ode.Uniform(2), about, e.options)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{program: code[1], "sampler.onnx": file} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder, program
}

// exampleSampler is a sampler that the programs of the card draw from.
type exampleSampler struct {
	name    string
	options SamplerOptions
	about   func(t *testing.T) About
	rows    bool // samples are rows of a table
}

var exampleSamplers = []exampleSampler{
	{"flow", SamplerOptions{Trajectory: true}, func(*testing.T) About { return About{} }, false},
	{"noise on the way", SamplerOptions{Trajectory: true, SDE: &SDE{ode.SDE{Noise: .5}, flow.CondOT}}, func(*testing.T) About {
		return About{Properties: map[string]string{recommendedNoise: "0.5", "recommended_steps": "2"}}
	}, false},
	{"table", SamplerOptions{}, oddPeople, true},
	{"classes", SamplerOptions{}, func(*testing.T) About { return About{Conditional: conditions()["classes"]} }, false},
	{"numbers", SamplerOptions{}, func(*testing.T) About { return About{Conditional: conditions()["numbers without none"]} }, false},
	{"classes and noise on the way", SamplerOptions{SDE: &SDE{ode.SDE{Noise: .5}, flow.CondOT}}, func(*testing.T) About {
		return About{
			Conditional: conditions()["classes without none"], Properties: map[string]string{recommendedNoise: "0.5", "recommended_steps": "2"},
		}
	}, false},
}

// drifting is a linear net whose velocity is 10 for the last class, or given numbers, and -10 for the first and given nothing.
func drifting(g guided.Model) (net.Net, []float32) {
	n := net.Spec{Architecture: net.MLP, Activation: net.ELU}.On(3)
	n.Given = g.Given.Width()
	weights := make([]float32, n.Size())
	for j := range 3 {
		row := func(k int) *float32 { return &weights[3*(1+3+k)+j] } // of (in, out), behind t and x
		weights[n.Size()-3+j] = -10
		if len(g.Given.Numbers) > 0 {
			*row(0) = 20
		} else {
			*row(n.Given - 1) = 20
		}
	}
	return n, weights
}

var numberForm = regexp.MustCompile(`-?[0-9]+\.?[0-9]*(e[+-][0-9]+)?`)

// asked reports whether the first point that a program prints, after sizes if it does print these, is of the class that it asks for.
func asked(out string) bool {
	numbers := numberForm.FindAllString(out, -1)
	if len(numbers) > 2 && numbers[0] == "1000" {
		numbers = numbers[2:]
	}
	if strings.Contains(out, "Float32Array") {
		numbers = numbers[2:] // its name and its length
	}
	for _, text := range numbers[:min(len(numbers), 3)] {
		if x, err := strconv.ParseFloat(text, 64); err != nil || x < 4 {
			return false
		}
	}
	return len(numbers) >= 3
}

// oddPeople is people with names that programs must quote.
func oddPeople(t *testing.T) About {
	t.Helper()
	_, about := people(t)
	columns := slices.Clone(about.Code.Columns())
	columns[6].Name, columns[6].Kind.Categories = oddNames[0], oddNames[1:]
	about.Code = kinds.NewCode(columns)
	about.Columns = slices.Clone(about.Columns)
	about.Columns[6] = oddNames[0]
	return about
}

var oddNames = []string{"re\"gion <é>", "```no\\rth&", "sou{{th}}"}

// rowsPrinted returns an error unless a program has printed the names of the columns and five rows of oddPeople.
func rowsPrinted(out []byte) error {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if want := "country,age,children,income,share,rate," + oddNames[0] + ",site,height"; lines[0] != want || len(lines) != 6 {
		return fmt.Errorf("%d lines start with %q, want %q", len(lines), lines[0], want)
	}
	for _, line := range lines[1:] {
		cells := strings.Split(line, ",")
		for _, whole := range []int{0, 1, 2} {
			if _, err := strconv.Atoi(cells[whole]); err != nil {
				return fmt.Errorf("%q: %q is no whole number", line, cells[whole])
			}
		}
		for _, j := range []int{3, 4, 5, 8} {
			if _, err := strconv.ParseFloat(cells[j], 32); err != nil {
				return fmt.Errorf("%q: %q is no number", line, cells[j])
			}
		}
		if cells[0] != "7" || !slices.Contains(oddNames[1:], cells[6]) || cells[7] != "here" {
			return fmt.Errorf("%q has other categories", line)
		}
	}
	return nil
}

// check fails unless the output of a program is of rows, if the sampler is of a table, or else passes.
func (e exampleSampler) check(t *testing.T, out []byte, err error, passes func(out string) bool) {
	t.Helper()
	switch {
	case err != nil:
	case e.rows:
		err = rowsPrinted(out)
	case !passes(string(out)):
		err = errors.New("it should be points")
	case !e.about(t).Conditional.Empty() && !asked(string(out)):
		err = errors.New("they should be those asked for, about 10")
	}
	if err != nil {
		t.Errorf("%s: the program prints %s, %v", e.name, out, err)
	}
}

// TestPythonExampleDrawsSamples runs the card's program in Python where that has onnxruntime. The task runtimes fetches it.
func TestPythonExampleDrawsSamples(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("python3", "-c", "import onnxruntime").CombinedOutput(); err != nil {
		t.Skipf("python3 has no package onnxruntime: %v %.80s", err, bytes.TrimSpace(out))
	}
	for _, kind := range exampleSamplers {
		folder, code := kind.write(t, "python")
		draw := exec.Command("python3", code)
		draw.Dir = folder
		out, err := draw.Output()
		kind.check(t, out, err, func(out string) bool { return strings.HasPrefix(out, "(1000, 3) [") })
	}
}

// TestJavaScriptExampleDrawsSamples runs the card's program in Node, with the onnxruntime-web of the page in testdata/draw.
func TestJavaScriptExampleDrawsSamples(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no Node: ", err)
	}
	packages, err := filepath.Abs("../testdata/draw/node_modules")
	if err == nil {
		_, err = os.Stat(filepath.Join(packages, "onnxruntime-web"))
	}
	if err != nil {
		t.Skip("onnxruntime-web is not there: npm ci --prefix testdata/draw fetches it: ", err)
	}
	for _, kind := range exampleSamplers {
		folder, code := kind.write(t, "js")
		for _, err := range []error{
			os.Rename(filepath.Join(folder, code), filepath.Join(folder, "draw.mjs")), os.Symlink(packages, filepath.Join(folder, "node_modules")),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		draw := exec.Command(node, "draw.mjs")
		draw.Dir = folder
		out, err := draw.Output()
		kind.check(t, out, err, func(out string) bool { return strings.HasPrefix(out, "[ 1000, 3 ] Float32Array(3) [") })
	}
}

// TestGoExampleDrawsSamples compiles and runs the card's program in Go. The task runtimes runs those in other languages.
func TestGoExampleDrawsSamples(t *testing.T) {
	t.Parallel()
	library, err := ort.FindLibrary()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range exampleSamplers {
		folder, code := kind.write(t, "go")
		program := filepath.Join(folder, "draw")
		if out, err := exec.Command("go", "build", "-o", program, filepath.Join(folder, code)).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", kind.name, err, out)
		}
		draw := exec.Command(program)
		draw.Dir, draw.Env = folder, append(os.Environ(), ort.LibraryVariable+"="+library.Path)
		out, err := draw.CombinedOutput()
		kind.check(t, out, err, func(out string) bool { return strings.HasPrefix(out, "[1000 3] [") })
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
	for _, kind := range exampleSamplers {
		folder, code := kind.write(t, "cpp")
		build := exec.Command(compiler, "-std=c++17", "-Wall", "-Werror", "-I", strings.TrimSpace(string(headers)), code, "-o", "draw", library.Path, "-Wl,-rpath,"+at)
		build.Dir = folder
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", kind.name, err, out)
		}
		draw := exec.Command(filepath.Join(folder, "draw"))
		draw.Dir = folder
		out, err := draw.CombinedOutput()
		kind.check(t, out, err, func(out string) bool { return len(strings.Fields(out)) == 3 })
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
