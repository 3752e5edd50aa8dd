package comparison

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"flowsweep/experiments"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/sheet"
)

var (
	//go:embed page.html
	pageText string

	pageTemplate = sheet.Template("comparison", pageText, template.FuncMap{
		"joined": func(values []string) string { return strings.Join(values, ", ") },
		"number": func(x experiments.Number) string { return number.Text(float64(x)) },
		"p":      func(x experiments.Number) string { return number.P(float64(x)) },
		"mean":   func(m Mean) string { return number.Interval(float64(m.Mean), float64(m.Low), float64(m.High)) },
		"interval": func(i experiments.Interval) string {
			return number.Interval(float64(i.Mean), float64(i.Low), float64(i.High))
		},
	})
)

// section is a metric on the page.
type section struct {
	Metric
	Figure *figure.Figure // nil where nothing was tested
	First  []Row
	More   []Row // behind a fold
}

// shownRows is the number of rows of a metric that are not folded.
const shownRows = 12

type view struct {
	Comparison
	Head     sheet.Head
	Sections []section
	Quality  *figure.Figure
	By       string // the metric of the quality
}

// Render returns the comparison as a single HTML page that loads nothing else. The same comparison always gives the same bytes.
func Render(c Comparison) ([]byte, error) {
	v := view{Comparison: c, Head: sheet.NewHead(c.B.Sweep + " against " + c.A.Sweep + ": flowsweep comparison")}
	for k, m := range c.Metrics {
		if k == 0 {
			v.By = m.Name
			v.Quality = quality(c, m.Name)
		}
		s := section{Metric: m, First: m.Rows[:min(len(m.Rows), shownRows)], More: m.Rows[min(len(m.Rows), shownRows):]}
		s.Figure = differences(c, m)
		v.Sections = append(v.Sections, s)
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return out.Bytes(), nil
}
