package reports

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/reports/number"
)

// trained returns a curve of 500 losses that falls to level, with the given noise.
func trained(seed uint64, level, noise float64) Curve {
	r := rand.New(rand.NewPCG(seed, 0))
	c := Curve{Label: "seed 7", Group: "width 8", Floor: Floor{Loss: 1, LossSE: .0002, HeldOut: 1}}
	for k := 1; k <= 500; k++ {
		c.Losses = append(c.Losses, experiments.Loss{Step: 20 * k, Value: level + math.Exp(-float64(k)/20) + noise*r.NormFloat64()})
	}
	return c
}

// TestMemorises checks that a training loss below the floor is flagged, and noise around the floor is not.
func TestMemorises(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		// A net as good as the exact velocity, with the noise of a batch of 256.
		if trained(seed, 1, .02).memorises() {
			t.Errorf("seed %d: a curve that ends at the floor is flagged", seed)
		}
	}
	if !trained(0, .985, .02).memorises() {
		t.Error("a curve that ends 1.5 % below the floor, 7 standard errors, is not flagged")
	}
	for name, change := range map[string]func(*Curve){
		"no floor":        func(c *Curve) { c.Floor.Why = "the coupling is ot" },
		"uncertain floor": func(c *Curve) { c.Floor.LossSE = .2 },
		"short":           func(c *Curve) { c.Losses = c.Losses[len(c.Losses)-50:] },
		"broken":          func(c *Curve) { c.Losses[490].Value = math.NaN() },
	} {
		c := trained(0, .5, .02)
		change(&c)
		if c.memorises() {
			t.Errorf("%s: flagged", name)
		}
	}
}

func TestMemorisationIsFlagged(t *testing.T) {
	t.Parallel()
	p := fullPage(t)
	const flag = "the net memorises"
	if html := render(t, p); strings.Contains(html, flag) {
		t.Fatal("a page without such a fit is flagged")
	}
	p.Curves = append(p.Curves, trained(0, .9, .02))
	if html := render(t, p); !strings.Contains(html, flag) || !strings.Contains(html, "width 8, seed 7 ends at 0.") {
		t.Error("the page does not flag a training loss below the floor")
	}
}

// TestFloorIsDrawn checks the line of a floor, the gap in the caption, and the reason if a recipe has no floor.
func TestFloorIsDrawn(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, strings.Replace(twoMoons, "sliced-w2]", "excess-loss, nll]", 1))))
	for range p.Summaries {
		p.Floors = append(p.Floors, Floor{Loss: 1, HeldOut: 2, Entropy: .25})
	}
	p.Curves = []Curve{trained(0, 1.1, .02), trained(1, 1.1, .02)}
	p.Curves[1].Group, p.Curves[1].Floor = "ot", Floor{Why: "pairs are not independent"}
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	figure := r.curves()
	if d := figure.Drawings; !strings.Contains(string(d[0]), "floor 1.000") || strings.Contains(string(d[1]), "floor") {
		t.Error("the floor is not drawn exactly where it is known")
	}
	if !strings.Contains(figure.Caption, "No floor for 1 recipe: pairs are not independent.") {
		t.Errorf("the caption does not say why: %q", figure.Caption)
	}
	excess, _ := p.Summaries[p.Choice.Chosen].Stat("excess-loss")
	if want := "is " + number.Text(50*excess.Mean) + "\u00a0% above the floor"; !strings.Contains(figure.Caption, want) {
		t.Errorf("the caption lacks %q: %q", want, figure.Caption)
	}

	if want := "excess-loss " + number.Text(excess.Mean) + " over 2.000"; !strings.Contains(figure.Caption, want) {
		t.Errorf("the caption lacks %q: %q", want, figure.Caption)
	}

	likelihood := r.quality("nll", bySize)
	if !hasEntry(likelihood, "entropy") || len(likelihood.Drawings) != 1 || !strings.Contains(likelihood.Title, "parameters") {
		t.Errorf("the figure of nll has %d drawings, the title %q and the legend %v", len(likelihood.Drawings), likelihood.Title, likelihood.Legend)
	}
	if n := len(likelihood.Table.Rows); n != 2 {
		t.Errorf("the figure of nll has %d points, want one for each of 2 nets", n)
	}
}

// TestNegative checks that a negative log likelihood is drawn on a linear axis.
func TestNegative(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, strings.Replace(twoMoons, "sliced-w2]", "nll]", 1))))
	for i := range p.Summaries {
		st := &p.Summaries[i].Metrics[1]
		st.Mean, st.Low, st.High = st.Mean-2, st.Low-2, st.High-2
	}
	for range p.Summaries {
		p.Floors = append(p.Floors, Floor{Entropy: -7})
	}
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	figure := r.quality("nll", bySize)
	if !hasEntry(figure, "entropy") || !strings.Contains(string(figure.Drawings[0]), ">−6") {
		t.Error("the axis does not reach down to the lower bound")
	}
	if hasEntry(figure, "mean ≤ 0") || !strings.Contains(figure.Caption, "linear axis") || !strings.Contains(string(figure.Drawings[0]), ">−2<") {
		t.Errorf("a negative nll is not drawn on a linear axis: %q", figure.Caption)
	}
}

// TestEmptyCurves checks that a recipe without a finite loss has no drawing but is counted.
func TestEmptyCurves(t *testing.T) {
	t.Parallel()
	r := report{chosen: -1, Page: Page{Curves: []Curve{trained(0, 1.1, .02), {Group: "wild", Losses: []experiments.Loss{{Step: 1, Value: math.Inf(1)}}}}}}
	if figure := r.curves(); len(figure.Drawings) != 1 || !strings.Contains(figure.Caption, "1 recipe logged no finite loss") {
		t.Errorf("%d drawings, and %q", len(figure.Drawings), figure.Caption)
	}
}

// TestSpikesAreDrawn checks that all 500 losses of a curve are drawn, including a spike at any one of them.
func TestSpikesAreDrawn(t *testing.T) {
	t.Parallel()
	for at := range 500 {
		c := trained(0, 1.1, .02)
		c.Losses[at].Value = 1e6
		line, left := c.line()
		if len(line) != 500 || left != 0 || line[at].X != float64(20*(at+1)) || line[at].Y != 1e6 {
			t.Fatalf("loss %d is a spike of 1e6: %d losses are drawn and %d left out, the spike as %v", at, len(line), left, line[at])
		}
	}
}
