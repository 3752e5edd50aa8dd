package samples

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"flowsweep/experiments/metric"
)

// cloud2 returns n points of a normal distribution around a place.
func cloud2(seed uint64, n int, x float64) (points [][]float64) {
	r := rand.New(rand.NewPCG(seed, 0))
	for range n {
		points = append(points, []float64{x + r.NormFloat64(), r.NormFloat64()})
	}
	return points
}

// TestDoubts: the standard errors of the difference of two samples of one distribution are those of a normal law, nearly, and those of
// a shifted one are not.
func TestDoubts(t *testing.T) {
	t.Parallel()
	share := func(shift float64, limit float64) float64 {
		beyond, cells := 0, 0
		for seed := range uint64(20) {
			a, b := Panel{Points: cloud2(2*seed, 2000, 0)}, Panel{Points: cloud2(2*seed+1, 1500, shift)}
			x, y := SpanOf(a, 0), SpanOf(a, 1)
			p, n := densityOf(a, [2]int{0, 1}, x, y)
			q, m := densityOf(b, [2]int{0, 1}, x, y)
			more, fewer := doubts(p, q, n, m)
			for k := range p.F {
				if p.F[k] < 3/float64(n) { // too few points for the normal law
					continue
				}
				cells++
				if more.F[k] > limit || fewer.F[k] > limit {
					beyond++
				}
			}
		}
		return float64(beyond) / float64(cells)
	}
	// 4.6 % of a normal law lie beyond 2. Neighbouring cells go together, so the share itself is uncertain by about 1 %.
	if got := share(0, 2); got < .03 || got > .07 {
		t.Errorf("%.3f of equal distributions differ by more than 2 standard errors, want about .046", got)
	}
	if got := share(0, 3); got > .01 {
		t.Errorf("%.4f of equal distributions differ by more than 3 standard errors, want about .003", got)
	}
	if got := share(.5, 3); got < .1 {
		t.Errorf("only %.3f of shifted distributions differ by more than 3 standard errors", got)
	}
}

// TestGlance: a first look at numbers of one, two and more coordinates and at images.
func TestGlance(t *testing.T) {
	t.Parallel()
	data, same, apart := Panel{Title: "data", Points: cloud2(1, 2000, 0)}, Panel{Points: cloud2(1, 2000, 0), Chosen: true}, Panel{Points: cloud2(3, 2000, 2), Chosen: true}
	f := Glance([]Panel{data, same}, nil, nil)
	if len(f.Drawings) != 3 || !strings.Contains(string(f.Drawings[2]), "no difference seen") {
		t.Errorf("equal points: %d drawings, the last is %s", len(f.Drawings), f.Drawings[2])
	}
	f = Glance([]Panel{data, {}, apart}, nil, nil)
	if last := string(f.Drawings[2]); strings.Contains(last, "no difference") || !strings.Contains(last, "var(--p0)") || !strings.Contains(last, "var(--p1)") {
		t.Errorf("points elsewhere show no excess or no lack: %s", last)
	}
	if f := Glance([]Panel{data}, nil, nil); len(f.Drawings) != 0 {
		t.Error("a glance without samples")
	}
	line := func(p Panel) Panel {
		q := p
		q.Points = nil
		for _, row := range p.Points {
			q.Points = append(q.Points, row[:1])
		}
		return q
	}
	if f := Glance([]Panel{line(data), line(apart)}, nil, nil); len(f.Drawings) != 2 || !strings.Contains(f.Caption, "±3 standard errors") {
		t.Errorf("one coordinate: %d drawings, %q", len(f.Drawings), f.Caption)
	}
	rows := &Rows{Truth: Panel{Title: "data"}, Columns: []metric.TableColumn{{Name: "kind", Categories: []string{"a", "b"}}, {Name: "age"}, {Name: "income"}}}
	for _, p := range data.Points {
		rows.Truth.Points = append(rows.Truth.Points, []float64{0, p[0], p[0] + p[1]/9})
		rows.Samples.Points = append(rows.Samples.Points, []float64{1, p[0], p[1]})
	}
	at := func(a, b string, r float64) metric.Correlation {
		return metric.Correlation{A: metric.Measured{Column: a}, B: metric.Measured{Column: b}, Reference: metric.Measurement{Value: r}}
	}
	strong := at("kind", "age", .999)
	strong.A.Category = "a"
	rows.Correlations = []metric.Correlation{at("age", "income", -.99), strong}
	if f := Glance(nil, nil, rows); len(f.Drawings) != 3 || !strings.Contains(string(f.Drawings[0]), "income against age") {
		t.Errorf("a table: %d drawings, the first is %.200s", len(f.Drawings), f.Drawings[0])
	}
	rows.Samples.Points[3][1] = math.NaN()
	if f := Glance(nil, nil, rows); len(f.Drawings) != 3 {
		t.Error("a number that is not finite")
	}
	images := &Pictures{Shape: []int{1, 2, 2}, High: 1, Panels: []Panel{{Title: "data", Points: [][]float64{{0, 1, 1, 0}}}, {Title: "samples", Points: [][]float64{{0, 1, 1, 0}}}, {Title: "nearest"}}}
	if f := Glance(nil, images, rows); len(f.Drawings) != 2 {
		t.Errorf("images: %d drawings", len(f.Drawings))
	}
}
