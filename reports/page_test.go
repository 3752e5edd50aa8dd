package reports

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/reports/samples"
)

var (
	update = flag.Bool("update", false, "rewrite the golden page")
	output = flag.String("output", "", "write a page with something in every section to this `file`")
)

func render(t *testing.T, p Page) string {
	t.Helper()
	html, err := Render(p)
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, string(html))
	return string(html)
}

func TestGolden(t *testing.T) {
	p := pageOf(t, sweepOf(t, parse(t, smallSpec)))
	full := fullPage(t)
	p.Samples, p.Checks, p.Artifacts, p.Flow = full.Samples[:2], full.Checks, full.Artifacts, full.Flow
	for i := range p.Samples {
		p.Samples[i].Points = p.Samples[i].Points[:40]
	}
	p.Curves = full.Curves[:1]
	p.Curves[0].Losses = p.Curves[0].Losses[:12]
	got := render(t, p)
	file := filepath.Join("testdata", "page.golden.html")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the page differs from %s: run with -update and read the diff", file)
	}
}

func TestSameBytes(t *testing.T) {
	p := fullPage(t)
	first := render(t, p)
	if *output != "" {
		if err := os.WriteFile(*output, []byte(first), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if render(t, p) != first {
			t.Fatal("the same page gave different bytes")
		}
	}
	if len(first) > 1<<20 {
		t.Errorf("the page has %d bytes, want at most %d", len(first), 1<<20)
	}
}

// TestSelfContained checks that the page loads nothing else, and that its policy allows only its own script.
func TestSelfContained(t *testing.T) {
	html := render(t, fullPage(t))
	for _, bad := range []string{"http:", "https:", "@import", "url(", "src=", "xlink:href", "NaN,", "NaN\""} {
		if i := strings.Index(html, bad); i >= 0 {
			t.Errorf("found %q: ...%s", bad, html[max(0, i-60):i+40])
		}
	}
	start := strings.Index(html, "<script>") + len("<script>")
	hash := sha256.Sum256([]byte(html[start : start+strings.Index(html[start:], "</script>")]))
	want := "script-src &#39;sha256-" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(hash[:]), "+", "&#43;")
	if !strings.Contains(html, want) {
		t.Errorf("the policy does not allow the script: want %s", want)
	}
	if n := strings.Count(html, "<h1"); n != 1 {
		t.Errorf("got %d h1, want 1", n)
	}
	for _, id := range regexp.MustCompile(` id="[^"]*"`).FindAllString(html, -1) {
		if n := strings.Count(html, id); n != 1 {
			t.Errorf("%s appears %d times", id, n)
		}
	}
	images := regexp.MustCompile(`<svg [^>]*role="img" aria-label="[^"]+">\s*<title>[^<]+</title>\s*<desc>[^<]+</desc>`)
	if got, want := len(images.FindAllString(html, -1)), strings.Count(html, `role="img"`); got != want || got < 10 {
		t.Errorf("%d of %d drawings have a title and a description", got, want)
	}
}

func TestEscapes(t *testing.T) {
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>` + "\u202e]]>"
	p := fullPage(t)
	p.Sweep.Name, p.Sweep.Spec.Name, p.Sweep.Spec.Text, p.Command = hostile, hostile, hostile, hostile
	p.Sweep.Results[0].State, p.Sweep.Results[0].Error = experiments.Failed, hostile
	p.Summaries[0].Setting.Net.Activation.Name = hostile
	p.Samples[1].Title, p.Curves[0].Label, p.Curves[0].Group = hostile, hostile, hostile
	p.Checks[0].Error, p.Checks[0].OK, p.Checks[0].File = hostile, false, hostile
	p.Artifacts[0].Name, p.Sweep.Environment.CPU, p.CSV = hostile, hostile, hostile
	p.Choice.Reason = hostile
	p.Sweep.Results[0].Machine = hostile
	p.Sweep.Machines = []experiments.Machine{{Name: hostile, CPU: hostile, Rounding: hostile}, {Rounding: "a"}}
	p.Sweep.SetRemarks([]experiments.Remark{{Kind: "sweep", Key: hostile, Tags: []string{hostile}, Note: hostile}})
	html := render(t, p)
	for _, bad := range []string{"<script>alert", "<img", `title=""`} {
		if strings.Contains(html, bad) {
			t.Errorf("found %q", bad)
		}
	}
}

func TestBanners(t *testing.T) {
	healthy := render(t, fullPage(t))
	for name, c := range map[string]struct {
		change func(*Page)
		want   string
	}{
		"failed run": {func(p *Page) { p.Sweep.Results[3].State = experiments.Failed }, "1 run failed"},
		"lost runs":  {func(p *Page) { p.Sweep.Results[3].State, p.Sweep.Results[4].State = experiments.Lost, experiments.Lost }, "2 runs lost"},
		"not finite": {func(p *Page) { p.Sweep.Results[5].Metrics[0].Value = math.Inf(1) }, "1 run has a metric that is not finite"},
		"mismatch":   {func(p *Page) { p.Checks[0].OK, p.Checks[0].MaxAbsDiff = false, .25 }, "the largest difference is 0.250"},
		"no check":   {func(p *Page) { p.Checks[0].OK, p.Checks[0].Error = false, "no library" }, "could not be compared with Go: no library."},
		"two seeds":  {func(p *Page) { s := &p.Summaries[p.Choice.Chosen]; s.Runs = s.Runs[:2] }, "only 2 seeds"},
		"no choice":  {func(p *Page) { p.ChoiceError = "nothing is finite" }, `problem"><strong>Problem.</strong> Nothing was chosen: nothing is finite.`},
		"loose tie": {func(p *Page) {
			p.Sweep.Spec.Choose.Metric = "sliced-w2"
			for i := range p.Summaries[p.Choice.Chosen].Metrics {
				st := &p.Summaries[p.Choice.Chosen].Metrics[i]
				st.Mean *= 7
			}
		}, "times the lowest ("},
		"waiting": {func(p *Page) { p.Sweep.Results[0].State = experiments.Queued }, "1 run is not finished yet"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(healthy, c.want) {
				t.Fatalf("%q is in a page without the fault", c.want)
			}
			p := fullPage(t)
			c.change(&p)
			if html := render(t, p); !strings.Contains(html, c.want) {
				t.Errorf("%q is missing", c.want)
			}
		})
	}
}

// TestUnusualPages renders sweeps in which little went well, and other extremes.
func TestUnusualPages(t *testing.T) {
	spec := parse(t, twoMoons)
	with := func(change func(*experiments.Result)) Page {
		sweep := sweepOf(t, spec)
		for i := range sweep.Results {
			change(&sweep.Results[i])
		}
		return pageOf(t, sweep)
	}
	set := func(v float64) func(*experiments.Result) {
		return func(r *experiments.Result) { r.Metrics[0].Value, r.Metrics[1].Value = v, v }
	}
	line := samples.Panel{Title: "line", Points: [][]float64{{1}, {2}, {2}, {math.NaN()}, {}}}
	space := samples.Panel{Title: "space", Points: [][]float64{{1, 2, 3}, {2, 2, 4}, {math.Inf(1), 0, 0}, {1}}}
	for name, p := range map[string]Page{
		"empty": {ChoiceError: "there are no settings"},
		"none done": with(func(r *experiments.Result) {
			*r = experiments.Result{State: experiments.Failed, Setting: r.Setting, Error: "boom"}
		}),
		"all nan":      with(set(math.NaN())),
		"all infinite": with(set(math.Inf(-1))),
		"all zero":     with(set(0)),
		"all negative": with(set(-3e-4)),
		"tiny":         with(set(5e-324)),
		"huge":         with(set(math.MaxFloat64)),
		"wide":         with(func(r *experiments.Result) { set(math.Pow(10, 300-20*float64(r.NFE)))(r) }),
		"one run":      pageOf(t, sweepOf(t, parse(t, "name: one\ntarget: moons\n"))),
		"one seed":     pageOf(t, sweepOf(t, parse(t, strings.Replace(twoMoons, "seeds: 3", "seeds: 1", 1)))),
		"300 settings": pageOf(t, sweepOf(t, parse(t, strings.NewReplacer("[32, 128]", numbers(8, 22), "8, 16]", "8, 16, 32]").Replace(twoMoons)))),
		"300 nets":     pageOf(t, sweepOf(t, parse(t, "name: nets\ntarget: moons\nnet: {width: "+numbers(1, 300)+"}\n"))),
		"1-D":          {ChoiceError: "none", Samples: []samples.Panel{line, {Title: "chosen", Points: [][]float64{{1.5}, {9}}}, {Title: "void"}}},
		"1-D alone":    {ChoiceError: "none", Samples: []samples.Panel{line}},
		"3-D":          {ChoiceError: "none", Samples: []samples.Panel{space, space}},
		"no spread":    {ChoiceError: "none", Samples: []samples.Panel{{Title: "dot", Points: [][]float64{{1, 1}, {1, 1}}}}},
		"no points":    {ChoiceError: "none", Samples: []samples.Panel{{Title: "odd", Points: [][]float64{{math.NaN(), 1}}}}},
		"odd losses": {ChoiceError: "none", Curves: []Curve{
			{Label: "a", Group: "g", Losses: []experiments.Loss{{Step: 1, Value: math.NaN()}, {Step: 2, Value: 0}, {Step: 3, Value: 2}}},
			{Label: "b", Group: "g"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			html := render(t, p)
			if zero := minusZero.FindString(html); zero != "" || len(html) > 5<<20 {
				t.Errorf("%d bytes; minus zero %q", len(html), zero)
			}
			if m := regexp.MustCompile(` (d|x|y|viewBox)="[^"]*(NaN|Inf)[^"]*"`).FindString(html); m != "" {
				t.Errorf("a drawing has a coordinate that is not finite: %.80s", m)
			}
		})
	}
}

func TestChoiceOutOfRange(t *testing.T) {
	if _, err := Render(Page{}); err == nil {
		t.Error("a choice of a missing setting gave no error")
	}
}

// numbers returns a YAML list of n integers starting at first.
func numbers(first, n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprint(first+i))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

var (
	rawText   = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`)
	minusZero = regexp.MustCompile(`[>( ][-−]0(\.0*)?[<) ]`)
	void      = regexp.MustCompile(`<(meta|link)([^>]*)>`)
)

// wellFormed fails the test unless every element of the page is closed correctly: apart from scripts, styles and void
// elements, the page is XML.
func wellFormed(t *testing.T, html string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(void.ReplaceAll(rawText.ReplaceAll([]byte(html), nil), []byte("<$1$2/>"))))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("the page is not well formed: %v", err)
		}
	}
}
