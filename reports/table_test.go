package reports

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/metric"
	"flowsweep/reports/samples"
)

// tableOf has so many columns of numbers and one of categories, whose samples differ in the last column of numbers most.
func tableOf(numbers int) *samples.Rows {
	r := &samples.Rows{Truth: samples.Panel{Title: "data"}, Samples: samples.Panel{Title: "samples", Chosen: true}}
	for j := range numbers {
		name := fmt.Sprintf("n%d", j)
		r.Columns = append(r.Columns, metric.TableColumn{Name: name})
		r.Marginals = append(r.Marginals, metric.Marginal{Column: name, Measurement: metric.Measurement{Value: .01 * float64(j), SE: .001}})
	}
	r.Columns = append(r.Columns, metric.TableColumn{Name: "region", Categories: []string{"north <i>", "south"}})
	r.Marginals = append(r.Marginals, metric.Marginal{Column: "region", Measurement: metric.Measurement{Value: .7}})
	for i := range 40 {
		truth, samples := make([]float64, numbers+1), make([]float64, numbers+1)
		for j := range numbers {
			truth[j], samples[j] = float64(i*(j+1)%17), float64(i*(j+2)%17)
		}
		truth[numbers], samples[numbers] = float64(i%2), float64(min(i%4, 1))
		r.Truth.Points, r.Samples.Points = append(r.Truth.Points, truth), append(r.Samples.Points, samples)
	}
	for b := 1; b < numbers; b++ {
		for a := range b {
			r.Correlations = append(r.Correlations, metric.Correlation{
				A: metric.Measured{Column: r.Columns[a].Name}, B: metric.Measured{Column: r.Columns[b].Name},
				Samples: metric.Measurement{Value: .01 * float64(b)}, Reference: metric.Measurement{Value: .5 - .01*float64(a)},
			})
		}
	}
	return r
}

// TestFiguresOfATable: every column is drawn by its name, and the pairs that the data correlate most or the samples miss most,
// never the first two coordinates alone.
func TestFiguresOfATable(t *testing.T) {
	t.Parallel()
	figures := samples.Figures(nil, nil, tableOf(4))
	if len(figures) != 3 || len(figures[0].Drawings) != 5 || len(figures[1].Drawings) != 2*samples.MaxPairs || len(figures[2].Drawings) != 2 {
		t.Fatalf("%d figures: %+v", len(figures), figures)
	}
	for i, name := range []string{"n0", "n1", "n2", "n3", "region"} {
		if !strings.Contains(string(figures[0].Drawings[i]), "<title>"+name+"</title>") {
			t.Errorf("drawing %d is not of %s", i, name)
		}
	}
	bars := string(figures[0].Drawings[4])
	if !strings.Contains(bars, "north &lt;i&gt;") || !strings.Contains(bars, "south") {
		t.Errorf("categories are not named, or not escaped: %s", bars)
	}
	// The largest distance comes first, with the shares below: half of the data and three quarters of the samples lie in the south.
	rows := figures[0].Table.Rows
	if got := []string{rows[0][0], rows[2][0], rows[2][3], rows[2][5], rows[3][0]}; !slices.Equal(got, []string{"region", "region: south", "0.500", "0.750", "n3"}) {
		t.Errorf("table %v", rows)
	}
	if first := figures[1].Table.Rows[0]; first[0] != "n0" || first[1] != "n1" || first[6] != "0.490" {
		t.Errorf("the pair that is missed most: %v", first)
	}
}

// TestFiguresOfManyColumns: no more are drawn than a person can look at, and the page says so.
func TestFiguresOfManyColumns(t *testing.T) {
	t.Parallel()
	figures := samples.Figures(nil, nil, tableOf(60))
	if len(figures) != 2 || len(figures[0].Drawings) != samples.MaxMarginals || !strings.Contains(figures[0].Caption, "the other 49 too") {
		t.Errorf("%d figures, %d drawings: %s", len(figures), len(figures[0].Drawings), figures[0].Caption)
	}
	if !strings.Contains(string(figures[0].Drawings[samples.MaxMarginals-1]), "<title>region</title>") {
		t.Error("the column with the largest distance is not drawn")
	}
}

// TestFiguresOfTwoColumns: two columns are drawn as a plane too.
func TestFiguresOfTwoColumns(t *testing.T) {
	t.Parallel()
	r := tableOf(1)
	figures := samples.Figures([]samples.Panel{r.Truth, r.Samples}, nil, r)
	if len(figures) != 2 || !strings.Contains(figures[0].Caption, "The shapes should match") || len(figures[1].Drawings) != 2 {
		t.Errorf("figures %+v", figures)
	}
}
