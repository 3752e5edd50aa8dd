package reports

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestStudentTable checks that the table has a row for each student, that what is not known of one is a dash, and that what is not
// known of any has no column.
func TestStudentTable(t *testing.T) {
	t.Parallel()
	sweep := sweepOf(t, parse(t, "name: a\ntarget: moons\ncoupling: [independent, reflow]\nsample: {steps: [1, 2]}\nmetrics: [sliced-w2, npe]\n"))
	p := Page{Sweep: sweep, Summaries: sweep.Summaries(), ChoiceError: "none"}
	nan := math.NaN()
	p.Students = []Student{
		{Setting: 2, Metric: "sliced-w2", Straight: Beside{nan, nan}, Apart: Beside{.25, 4.5}, Data: Beside{.5, nan}, Dense: .125},
		{Setting: 3, Metric: "sliced-w2", Straight: Beside{nan, nan}, Apart: Beside{.125, nan}, Data: Beside{.25, nan}, Dense: .125},
	}
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	got := r.studentTable()
	if want := []string{
		"student", "velocity calls", "distance to the teacher’s flow", "of the teacher at as many calls", "sliced-w2", "sliced-w2 of the teacher’s flow",
	}; !slices.Equal(got.Head, want) {
		t.Errorf("columns %q, want %q", got.Head, want)
	}
	if len(got.Rows) != 2 || !slices.Equal(got.Rows[0][2:], []string{"0.250", "4.50", "0.500", "0.125"}) || got.Rows[1][3] != noCell.Text {
		t.Errorf("rows %q", got.Rows)
	}
	html, err := Render(p)
	if err != nil || !strings.Contains(string(html), "Students beside their teachers") {
		t.Errorf("the page has no such table (%v)", err)
	}
	p.Students = nil
	if html, err := Render(p); err != nil || strings.Contains(string(html), "Students beside") {
		t.Errorf("a page without students has the table (%v)", err)
	}
}
