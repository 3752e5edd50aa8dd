package streams

import (
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strings"
	"testing"

	"flowsweep/reports/figure"
	"flowsweep/reports/motion"
	"flowsweep/reports/surface"
)

// flowOf returns a small flow of points of so many coordinates: from the corners of a square outwards.
func flowOf(axes int) *motion.Flow {
	f := &motion.Flow{View: motion.View{Of: axes, Cells: 4, Grid: motion.Grid}, Times: []float64{0, .25, .5, .75, 1}, Apart: []float64{.5, .25, .1, .05, 1.5}}
	for j := range axes {
		f.View.Axes = append(f.View.Axes, motion.Axis{Name: fmt.Sprintf("x%d", j+1), Low: -2, High: 2})
	}
	var points [][]float64
	for _, p := range [][]float64{{-1, -1}, {-1, 1}, {1, -1}, {1, 1}} {
		points = append(points, p[:axes])
	}
	f.Net = motion.Motion{Points: 4}
	for range f.Times {
		f.Net.Counts = append(f.Net.Counts, f.View.Counts(points))
	}
	for _, p := range points {
		f.Net.X = append(f.Net.X, []float64{p[0], 1.1 * p[0], 1.2 * p[0], 1.3 * p[0], 1.5 * p[0]})
		if axes > 1 {
			f.Net.Y = append(f.Net.Y, []float64{p[1], p[1], p[1], p[1], 9 * p[1]})
		}
	}
	if axes > 1 {
		for range motion.Moments {
			f.Net.Arrows = append(f.Net.Arrows, motion.Arrows{At: []int{84, 85}, U: []float64{1, 0}, V: []float64{0, 2}})
		}
	}
	exact := f.Net
	f.Exact = &exact
	return f
}

// count returns how often a text is in drawings.
func count(drawings []template.HTML, text string) (n int) {
	for _, d := range drawings {
		n += strings.Count(string(d), text)
	}
	return n
}

// TestFigures: two coordinates have paths and five panels for each row, one coordinate has one panel for each row, and images have none.
func TestFigures(t *testing.T) {
	t.Parallel()
	two, one, alone := flowOf(2), flowOf(1), flowOf(2)
	alone.Exact, alone.Apart = nil, nil
	mixed := flowOf(2)
	mixed.Exact, mixed.Apart, mixed.Mixed = nil, nil, &motion.Motion{Points: 4, Counts: mixed.Net.Counts}
	mixed.Mixed.Points = 3
	for name, c := range map[string]struct {
		f                *motion.Flow
		figures, ways    int
		drawings, arrows int
		says             string
	}{
		"two coordinates": {two, 2, 8, 12, 10, "by 50 % at t = 0, 25 % at t = 0.25, 10 % at t = 0.5, 5 % at t = 0.75, 150 % at t = 1"},
		"one coordinate":  {one, 1, 8, 2, 0, "by 50 % at t = 0"},
		"net alone":       {alone, 2, 4, 6, 5, "Neither the exact velocity nor its density is known"},
		"data":            {mixed, 2, 4, 11, 5, "4 points (data in noise: 3) are at"},
		"images":          {&motion.Flow{Images: &motion.Images{}}, 0, 0, 0, 0, ""},
		"none":            {nil, 0, 0, 0, 0, ""},
	} {
		figures := Figures(c.f)
		ways, drawings, arrows, said := 0, 0, 0, c.says == ""
		for _, f := range figures {
			ways, drawings = ways+count(f.Drawings, `class="way"`), drawings+len(f.Drawings)
			arrows += count(f.Drawings, `stroke-width=".9" stroke-linejoin`)
			said = said || strings.Contains(f.Caption, c.says)
			if len(f.Table.Rows) == 0 || len(f.Table.Rows[0]) != len(f.Table.Head) {
				t.Errorf("%s: a table with %d heads and %d rows", name, len(f.Table.Head), len(f.Table.Rows))
			}
		}
		if len(figures) != c.figures || ways != c.ways || drawings != c.drawings || arrows != c.arrows || !said {
			t.Errorf("%s: %d figures, %d paths, %d drawings, %d with arrows, said %t; want %+v", name, len(figures), ways, drawings, arrows, said, c)
		}
	}
}

// TestWays: a path has a vertex for each time, evenly spaced as its values are, from a ring to a dot, and stays in the drawing.
func TestWays(t *testing.T) {
	t.Parallel()
	drawing := string(paths(*flowOf(2), rowsOf(*flowOf(2))[:1]).Drawings[0])
	found := regexp.MustCompile(`class="way"[^>]* d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)L[\d. ]+L([\d.]+) ([\d.]+)"`).FindAllStringSubmatch(drawing, -1)
	if len(found) != 4 {
		t.Fatalf("%d paths of five vertices, want 4: %.3000s", len(found), drawing)
	}
	number := func(path, k int) (x float64) {
		if _, err := fmt.Sscan(found[path][k], &x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	step, far := number(3, 3)-number(3, 1), number(3, 5)-number(3, 1)
	if !(step > 1) || math.Abs(far-2*step) > .3 || number(3, 2) != number(3, 4) {
		t.Errorf("path 3 goes right by %g and %g: %v", step, far, found[3])
	}
	if y := number(3, 8); y < 0 || y > number(3, 2) {
		t.Errorf("a path that leaves the window ends at y = %g", y)
	}
	if from, to := count([]template.HTML{template.HTML(drawing)}, `class="from"`), count([]template.HTML{template.HTML(drawing)}, `class="to"`); from != 4 || to != 4 {
		t.Errorf("%d rings and %d dots", from, to)
	}
}

// TestArrows: arrows point as the velocity does, as long as it is fast, and end at the frame.
func TestArrows(t *testing.T) {
	t.Parallel()
	v := flowOf(2).View
	v.Grid = motion.Grid
	middle := motion.Grid/2*motion.Grid + motion.Grid/2
	draw := func(u, w float64, at int) (dx, dy float64) {
		text := arrowsOf(v, motion.Arrows{At: []int{at}, U: []float64{u}, V: []float64{w}}, 1)
		var x, y float64
		if _, err := fmt.Sscanf(text[strings.Index(text, ` d="`)+4:], "M%f %fl%f %f", &x, &y, &dx, &dy); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		return dx, dy
	}
	const cell = panelSize / float64(motion.Grid)
	if dx, dy := draw(4, 0, middle); math.Abs(dx-1.5*cell) > .1 || dy != 0 { // a width of the view, which is the longest
		t.Errorf("the fastest arrow to the right is (%g, %g), want (%g, 0)", dx, dy, 1.5*cell)
	}
	if dx, dy := draw(0, 2, middle); dx != 0 || math.Abs(dy+.75*cell) > .1 {
		t.Errorf("half as fast upwards is (%g, %g), want (0, %g)", dx, dy, -.75*cell)
	}
	if dx, _ := draw(400, 0, middle); math.Abs(dx-2*cell) > .1 {
		t.Errorf("a hundred times as fast is %g long, want %g", dx, 2*cell)
	}
	if dx, _ := draw(4, 0, motion.Grid*motion.Grid-1); math.Abs(dx-.5*cell) > .1 {
		t.Errorf("from the last cell an arrow is %g long, want %g: it ends at the frame", dx, .5*cell)
	}
}

// TestDensitiesIntegrateToOne: the mass of the points in the view is 1, smoothed or not.
func TestDensitiesIntegrateToOne(t *testing.T) {
	t.Parallel()
	f := flowOf(2)
	f.View.Cells = 40
	f.Net.Counts = [][]int{f.View.Counts([][]float64{{-.5, 0}, {0, .5}, {.5, .5}, {0, 0}})}
	sum := 0.
	for _, p := range densities(f.View, f.Net)[0].F {
		sum += p * f.View.CellSize()
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("the density integrates to %g", sum)
	}
	line := flowOf(1)
	s, sum := overTime(line.View, line.Net), 0.
	for j := range s.High {
		sum += s.At(2, j) * line.View.CellSize()
	}
	if s.Wide != len(line.Times) || math.Abs(sum-1) > .2 { // of four cells, most are at an edge
		t.Errorf("of %d times, the density at one integrates to %g", s.Wide, sum)
	}
	if l := levels([]surface.Surface{{Wide: 1, High: 1, F: []float64{10}}}, []surface.Surface{{Wide: 1, High: 1, F: []float64{2}}}); len(l) != shades || math.Abs(l[shades-1]*math.Sqrt(ratio)-10) > 1e-9 || math.Abs(l[1]/l[0]-ratio) > 1e-9 {
		t.Errorf("levels %v", l)
	}
}

// TestClasses: paths have the colour of their class, and steps stand in the legend.
func TestClasses(t *testing.T) {
	t.Parallel()
	f := flowOf(2)
	f.Label, f.Classes, f.Class = "kind", []string{"a", "b"}, []int{0, 1, 1, -1}
	f.Steps = &motion.Steps{Sampling: "heun, 2 steps", Times: []float64{0, .5, 1}, Paths: motion.Paths{X: [][]float64{{0, 1, 1}}, Y: [][]float64{{0, 0, 1}}}}
	fig := Figures(f)[0]
	for k, want := range []int{1, 2} {
		if n := count(fig.Drawings[:1], `class="to" cx=`); n != 4 || strings.Count(string(fig.Drawings[0]), `r="2.4" fill="`+figure.Var(figure.Palette[k])) < want {
			t.Errorf("fewer than %d ends have colour %d", want, k)
		}
	}
	if len(fig.Legend) != 3 || fig.Legend[1].Text != "kind b" || fig.Legend[2].Text != "heun, 2 steps" || fig.Table.Rows[1][0] != "b" || fig.Table.Rows[3][0] != "none" {
		t.Errorf("legend %+v, table %v", fig.Legend, fig.Table.Rows)
	}
	if !strings.Contains(string(fig.Drawings[0]), `width="3.4"`) || strings.Contains(string(fig.Drawings[1]), `width="3.4"`) {
		t.Error("the steps of the solver are not on the net's paths alone")
	}
}
