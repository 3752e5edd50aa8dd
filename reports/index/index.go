// Package index is a page that lists the sweeps of a store, with links to their reports.
//
//	page, err := index.Render([]index.Sweep{{Name: "two-moons", Report: "two-moons/report.html"}})
package index

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	"flowsweep/experiments"
	"flowsweep/reports/number"
	"flowsweep/reports/sheet"
)

// Sweep is a sweep as the list shows it.
type Sweep struct {
	Name     string
	Report   string // its path from the page; empty if there is none
	State    experiments.State
	Started  time.Time // the latest time
	Targets  []string
	Runs     int
	Finished int
	Failed   int
	Choices  []Choice // one for each target that has one
	Problem  string   // why the choice cannot be read
}

// Choice is what a sweep chose for a target.
type Choice struct {
	Target  string // if there are several
	Setting string
	Metric  string
	Mean    experiments.Interval
	NFE     experiments.Calls
	Verdict string // in a word
}

// Title is that of the page, by which it is known again.
const Title = "flowsweep: sweeps"

var (
	//go:embed page.html
	pageText string

	pageTemplate = sheet.Template("index", pageText, template.FuncMap{
		"joined": func(values []string) string { return strings.Join(values, ", ") },
		"date":   func(t time.Time) string { return t.UTC().Format("2006-01-02") },
		"mean": func(i experiments.Interval) string {
			return number.Interval(float64(i.Mean), float64(i.Low), float64(i.High))
		},
	})
)

// Render returns the list as a single HTML page that loads nothing else.
func Render(sweeps []Sweep) ([]byte, error) {
	var out bytes.Buffer
	view := struct {
		Head   sheet.Head
		Sweeps []Sweep
		Count  string
	}{sheet.NewHead(Title), sweeps, number.Plural(len(sweeps), "sweep")}
	if err := pageTemplate.Execute(&out, view); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return out.Bytes(), nil
}
