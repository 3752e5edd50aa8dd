package reports

import (
	"strings"
	"testing"

	"flowsweep/experiments/metric"
	"flowsweep/reports/samples"
)

// calibrated is a page's calibration of two coordinates with 250 points, of whose ranks the lowest tenth holds so many.
func calibrated(lowest int) metric.Calibrated {
	c := metric.Calibrated{Points: 250, Draws: 99, Level: .95}
	even := []int{lowest, 25, 25, 25, 25, 25, 25, 25, 25, 25}
	c.Coordinates = []metric.RankCounts{{Name: "a", Counts: even, Low: 11, High: 41}, {Counts: even, Low: 11, High: 41}}
	for k := range 99 {
		at := c.Credibility(k)
		c.Coverage.Shares = append(c.Coverage.Shares, at+.01)
		c.Coverage.Low, c.Coverage.High = append(c.Coverage.Low, at-.05), append(c.Coverage.High, at+.05)
	}
	return c
}

// TestCalibrationFigures: the captions say whether anything is outside its band, and every number is in a table.
func TestCalibrationFigures(t *testing.T) {
	t.Parallel()
	inside, outside := calibrated(25), calibrated(60)
	figures := samples.Calibration(&inside)
	if len(figures) != 2 || len(figures[0].Drawings) != 2 || len(figures[1].Drawings) != 1 {
		t.Fatalf("%d figures", len(figures))
	}
	if rows := len(figures[0].Table.Rows); rows != 20 || len(figures[1].Table.Rows) != 99 {
		t.Errorf("%d ranks and %d shares in the tables, want 20 and 99", rows, len(figures[1].Table.Rows))
	}
	if !strings.Contains(figures[0].Caption, "All bins are inside") || !strings.Contains(figures[1].Caption, "is inside its band") {
		t.Errorf("captions: %s %s", figures[0].Caption, figures[1].Caption)
	}
	if !strings.Contains(string(figures[0].Drawings[1]), "coordinate 2") {
		t.Error("a coordinate without a name has none in its drawing")
	}
	outside.Coverage.Shares[50] = .9
	figures = samples.Calibration(&outside)
	if !strings.Contains(figures[0].Caption, "2 bins are outside") || !strings.Contains(figures[1].Caption, "leaves its band (arXiv 2103.10522) at 1 of 99") {
		t.Errorf("captions: %s %s", figures[0].Caption, figures[1].Caption)
	}
	if samples.Calibration(nil) != nil {
		t.Error("figures of no calibration")
	}
	if figures := samples.Calibration(&metric.Calibrated{}); len(figures) != 1 || !strings.Contains(figures[0].Caption, "not finite") {
		t.Error("nothing is said of draws that are not finite")
	}
}

// TestCalibrationIsASection of a page that has one, and no trace of it is in others.
func TestCalibrationIsASection(t *testing.T) {
	t.Parallel()
	p := fullPage(t)
	html, err := Render(p)
	if err != nil || strings.Contains(string(html), "alibration") {
		t.Errorf("a page without a calibration mentions it: %v", err)
	}
	c := calibrated(25)
	p.Calibration = &c
	html, err = Render(p)
	if err != nil || strings.Count(string(html), `<section id="calibration">`) != 1 || !strings.Contains(string(html), `<a href="#calibration">`) {
		t.Errorf("the section of a page with a calibration: %v", err)
	}
}
