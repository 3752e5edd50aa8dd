package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/target/datasets"
	"flowsweep/pipeline"
	"flowsweep/reports/browser"
)

// drawnSpec trains a small net on labelled digits in some seconds.
const drawnSpec = `name: drawn
target: {name: digits, label: class}
net: {name: mlp, width: 96, depth: 2, activation: silu}
train: {steps: 1500, batch: 128, rate: 2e-3, schedule: cosine, drop: 0.1}
sample: {solver: euler, steps: 6, guidance: 2, count: 200}
metrics: [sliced-w2]
reference: {count: 200}
baselines: []
`

type drawn struct {
	Error  string
	Opened struct {
		Problem, Weight, Formula string
		Options                  []string
	}
	Drawings []struct {
		Label, Weight, Status, Problem string
		Images                         [][]float64 // of grey pixels from 0 to 255
	}
	Problems []string
}

// TestPageDrawsTheDigitAskedFor opens testdata/draw in headless Chromium with a sampler of digits that is trained for it, asks for
// every class, and names what stands on the canvas by the nearest of the real digits.
func TestPageDrawsTheDigitAskedFor(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("trains a net on digits")
	}
	got := browse(t, chromium(t), drawnFolder(t))
	if got.Error != "" || got.Opened.Problem != "" {
		t.Fatal(got.Error, got.Opened.Problem)
	}
	if o := got.Opened; fmt.Sprint(o.Options) != "[0 1 2 3 4 5 6 7 8 9 each in turn, a row each any]" || o.Weight != "2.0" || !strings.Contains(o.Formula, flow.GuidanceFormula) {
		t.Errorf("the page offers %+v", o)
	}
	checkDrawings(t, got)
	for i, want := range []string{"no sampler", "cut off", "cut off"} {
		if !strings.Contains(got.Problems[i], want) {
			t.Errorf("a wrong file gives %q, want %q", got.Problems[i], want)
		}
	}
}

// checkDrawings checks what the harness has drawn: every class, 3 again, 3 with a weight of 0, any class, and each class in turn.
func checkDrawings(t *testing.T, got drawn) {
	t.Helper()
	truth := realDigits(t)
	counts := make([][10]int, len(got.Drawings)) // images by the class that they look like
	for i, d := range got.Drawings {
		if d.Problem != "" || len(d.Images) != map[bool]int{false: 40, true: 80}[d.Label == "each"] {
			t.Fatalf("asked for %s: %d images, %s %s", d.Label, len(d.Images), d.Status, d.Problem)
		}
		for _, image := range d.Images {
			counts[i][truth.nearest(image)]++
		}
	}
	right, inTurn := 0, 0
	for k := range 10 {
		right += counts[k][k]
		if counts[k][k] < 28 {
			t.Errorf("of 40 images of %d asked for, %d look like it: %v", k, counts[k][k], counts[k])
		}
	}
	again, unweighted, free, each := got.Drawings[10].Images, got.Drawings[11].Images, got.Drawings[12].Images, got.Drawings[13].Images
	for i, image := range each {
		if truth.nearest(image) == i/8 {
			inTurn++
		}
	}
	if right < 360 || inTurn < 68 {
		t.Errorf("of 400 images %d look like the class asked for, and of 80 with each in turn %d: want 90 and 85 %%", right, inTurn)
	}
	if fmt.Sprint(again) != fmt.Sprint(got.Drawings[3].Images) {
		t.Error("the same class, weight and noise are drawn otherwise the second time")
	}
	if fmt.Sprint(unweighted) != fmt.Sprint(free) {
		t.Error("a weight of 0 and no class draw different images from one noise")
	}
	if threes := counts[12][3]; threes > 20 { // 4 of 40 on average
		t.Errorf("where any class is asked for, %d of 40 are threes", threes)
	}
	t.Logf("%d of 400 images look like the class asked for, %d of 80 in turn; %s", right, inTurn, got.Drawings[0].Status)
}

// chromium returns the browser, or skips the test.
func chromium(t *testing.T) string {
	t.Helper()
	path, err := browser.Find()
	if err != nil {
		t.Skip("a page is not tried:", err)
	}
	return path
}

// drawnFolder returns a folder with the page, the package that it needs, and the files of a small net; without the package it skips the test.
func drawnFolder(t *testing.T) string {
	t.Helper()
	at, page := t.TempDir(), filepath.Join("testdata", "draw")
	modules, err := filepath.Abs(filepath.Join(page, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, "onnxruntime-web", "dist")); err != nil {
		t.Skip("the page needs onnxruntime-web, which npm ci --ignore-scripts --prefix testdata/draw fetches")
	}
	spec := filepath.Join(at, "drawn.yaml")
	if err := os.WriteFile(spec, []byte(drawnSpec), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := pipeline.Main([]string{"sweep", spec, "--db", filepath.Join(at, "runs.db"), "--out", at}, strings.NewReader(""), io.Discard, &out); code != 0 {
		t.Fatalf("exit code %d: %s", code, &out)
	}
	if err := os.CopyFS(at, os.DirFS(page)); err != nil {
		t.Fatal(err)
	}
	return at
}

// browse serves a folder to a browser and returns what its harness reports.
func browse(t *testing.T, chromium, folder string) (found drawn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	reports := make(chan drawn, 1)
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(folder)))
	mux.HandleFunc("POST /drawn", func(_ http.ResponseWriter, r *http.Request) {
		var got drawn
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			got.Error = err.Error()
		}
		reports <- got
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	args := []string{"--headless", "--disable-gpu", "--no-first-run", "--user-data-dir=" + filepath.Join(t.TempDir(), "p")}
	if os.Geteuid() == 0 { // as in a container, where the sandbox does not start
		args = append(args, "--no-sandbox")
	}
	cmd := exec.CommandContext(ctx, chromium, append(args, server.URL+"/harness.html")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	select {
	case found = <-reports:
	case <-ctx.Done():
		t.Fatal("the page did not answer")
	}
	return found
}

// digits are real ones, with their classes.
type digits struct {
	pixels  [][]float64
	classes []int
}

func realDigits(t *testing.T) (d digits) {
	t.Helper()
	for _, set := range datasets.Datasets {
		if set.Name != "digits" {
			continue
		}
		unzipped, err := gzip.NewReader(bytes.NewReader(set.Read()))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(unzipped).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			image := make([]float64, 64)
			for i := range image {
				image[i], _ = strconv.ParseFloat(row[i], 64)
			}
			class, err := strconv.Atoi(row[64])
			if err != nil {
				t.Fatal(err)
			}
			d.pixels, d.classes = append(d.pixels, image), append(d.classes, class)
		}
	}
	return d
}

// nearest returns the class of the digit that correlates most with an image, whose black and white are its own.
func (d digits) nearest(image []float64) int {
	best, class := math.Inf(-1), 0
	for i, pixels := range d.pixels {
		if c := correlation(image, pixels); c > best {
			best, class = c, d.classes[i]
		}
	}
	return class
}

func correlation(a, b []float64) float64 {
	var meanA, meanB, ab, aa, bb float64
	for i := range a {
		meanA, meanB = meanA+a[i]/float64(len(a)), meanB+b[i]/float64(len(b))
	}
	for i := range a {
		x, y := a[i]-meanA, b[i]-meanB
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}
