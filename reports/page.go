// Package reports renders a sweep as one self-contained HTML page with figures. It uses no clock and no files, so the same
// Page always gives the same bytes.
//
//	html, err := reports.Render(reports.Page{Sweep: sweep, Summaries: summaries, Choice: choice})
package reports

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
	"flowsweep/reports/board"
	"flowsweep/reports/comparison"
	"flowsweep/reports/conditional"
	"flowsweep/reports/fields"
	"flowsweep/reports/figure"
	"flowsweep/reports/motion"
	"flowsweep/reports/number"
	"flowsweep/reports/samples"
	"flowsweep/reports/sheet"
	"flowsweep/reports/streams"
)

// Page is everything a report shows.
type Page struct {
	Sweep       experiments.Sweep
	Summaries   []experiments.Summary
	Choice      experiments.Choice         // valid if ChoiceError is empty
	ChoiceError string                     // why nothing could be chosen, or empty
	Targets     []experiments.TargetChoice // a choice for every target, of which Choice is one; may be empty if there is only one
	Baseline    *comparison.Baseline       // what all settings are compared with; nil for nothing
	Samples     []samples.Panel            // first the data, then samples of the chosen net and others
	Pictures    *samples.Pictures          // the data and the samples as images; nil if they are none
	Flow        *motion.Flow               // of the chosen run; nil if it is not stored
	Rows        *samples.Rows              // the data and the samples as rows of a table; nil if all is in Samples
	Calibration *metric.Calibrated         // of the chosen net; nil if no metric asks for it
	Conditions  *conditional.Conditions    // of the chosen setting; nil if it is conditional on nothing
	Curves      []Curve
	Floors      []Floor               // of the summaries; empty if not known
	Classes     []experiments.Classes // of the summaries; without rows where classes are not measured
	Fresh       experiments.Fresh     // of the chosen setting; may be empty
	Verdict     experiments.Verdict
	Memory      experiments.Memory
	Students    []Student            // the settings whose nets learned from a teacher's pairs
	Twin        *experiments.Summary // of the chosen setting at the fixed steps of sampler.onnx, if it is adaptive and this is measured
	Checks      []experiments.Check
	LeftOut     []string               // sentences on files that there are not
	Artifacts   []experiments.Artifact // the files of the output folder
	CSV         string                 // the whole run table, embedded for download
	Fields      fields.Data            // what scripts sort and filter by
	Command     string                 // reproduces the sweep
	Live        string                 // a script of the server that the page comes from, which keeps it fresh; empty in a file
}

// The maximum numbers of runs listed under "All runs" and "Failures". The CSV holds them all, and scripts list those.
const (
	maxRuns   = 100
	maxFailed = 1000
)

var (
	//go:embed page.html
	pageText string

	pageTemplate = sheet.Template("page", pageText, template.FuncMap{
		"number": func(x experiments.Number) string { return number.Text(float64(x)) },
		"size":   number.Whole[int64],
		"less":   func(n, by int) int { return n - by },
	})
)

// report is a page and what is derived from it only once.
type report struct {
	Page
	labels    experiments.Labels // of the summaries
	runLabels experiments.Labels // of the results
	chosen    int                // index into the summaries, or -1
	swept     []experiments.Swept
}

// view is the data of the template, in its order.
type view struct {
	Page
	Head        sheet.Head
	Started     string
	Verdict     verdict
	Glance      figure.Figure
	Quality     []figure.Figure
	Leaderboard board.Board
	Against     *against
	Noise       bool // the noise floor of some metric is known
	InNoise     bool // the leaderboard marks means within it
	Remarks     *remarks
	Samples     []figure.Figure
	Flow        []figure.Figure
	Calibration []figure.Figure
	Conditions  *conditions
	Guidance    string // the formula, if weights stand on the page
	Effects     []figure.Figure
	Heat        heat
	Curves      figure.Figure
	Early       *earlyView
	Budgets     []figure.Figure
	Students    *figure.Table
	Twin        *figure.Table
	Calls       *figure.Table
	Tunings     *figure.Table
	Failures    runTable
	Machines    *figure.Table
	Runs        runTable
	CSVLink     template.URL
	Data        *data // for scripts
}

// Unverified reports whether an ONNX file differs from Go or was not compared with it, which nobody should have to unfold.
func (v view) Unverified() bool {
	return slices.ContainsFunc(v.Checks, func(c experiments.Check) bool { return !c.OK })
}

// Render returns the report as a single HTML page that loads nothing else. It returns an error if a setting has no JSON
// form or the choice is not one of the summaries.
func Render(p Page) ([]byte, error) {
	r, err := newReport(p)
	if err != nil {
		return nil, err
	}
	v := view{
		Page:        p,
		Head:        sheet.NewHead(p.Sweep.Name + ": flowsweep report").WithLive(p.Live),
		Started:     p.Sweep.Started.UTC().Format("2 January 2006, 15:04 UTC"),
		Verdict:     r.verdict(),
		Glance:      samples.Glance(p.Samples, p.Pictures, p.Rows),
		Quality:     r.qualities(),
		Leaderboard: r.leaderboard(),
		Against:     r.against(),
		Noise:       r.any(func(i int, metric string) bool { _, ok := r.noiseFloor(i, metric); return ok }),
		InNoise:     r.any(r.withinNoise),
		Remarks:     r.remarks(),
		Samples:     samples.Figures(p.Samples, p.Pictures, p.Rows),
		Flow:        append(streams.Figures(p.Flow), samples.Ways(p.Flow)...),
		Calibration: samples.Calibration(p.Calibration),
		Conditions:  r.conditions(),
		Guidance:    r.guidanceNote(),
		Effects:     r.effects(),
		Heat:        r.heat(),
		Curves:      r.curves(),
		Early:       r.early(),
		Budgets:     r.budgets(),
		Students:    r.studentTable(),
		Twin:        r.twinTable(),
		Calls:       r.callsTable(),
		Tunings:     r.tuningTable(),
		Failures:    r.failed(),
		Machines:    r.machineTable(),
		Runs:        r.runs(),
		CSVLink:     template.URL("data:text/csv;charset=utf-8;base64," + base64.StdEncoding.EncodeToString([]byte(p.CSV))),
		Data:        r.data(),
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return out.Bytes(), nil
}

func newReport(p Page) (report, error) {
	r := report{Page: p, chosen: -1}
	if p.ChoiceError == "" {
		r.chosen = p.Choice.Chosen
		if r.chosen < 0 || r.chosen >= len(p.Summaries) {
			return r, fmt.Errorf("render report: the choice is setting %d of %d: set ChoiceError if there is none",
				r.chosen, len(p.Summaries))
		}
	}
	r.labels = experiments.NewLabels(settingsOf(p.Summaries, func(s experiments.Summary) experiments.Setting { return s.Setting }))
	r.runLabels = experiments.NewLabels(settingsOf(p.Sweep.Results, func(s experiments.Result) experiments.Setting { return s.Setting }))
	r.swept = r.labels.Swept()
	return r, nil
}

func settingsOf[T any](list []T, setting func(T) experiments.Setting) []experiments.Setting {
	settings := make([]experiments.Setting, len(list))
	for i, item := range list {
		settings[i] = setting(item)
	}
	return settings
}
