// Package comparison is what two sweeps of a store have to do with each other: as values, in words, and as one page.
//
//	page, err := comparison.Render(c)
package comparison

import "flowsweep/experiments"

// Comparison is how a sweep, B, differs from another one, A. Lower is better for every metric.
type Comparison struct {
	Sentence     string    `json:"sentence"` // what to take away
	A            Side      `json:"a"`
	B            Side      `json:"b"`
	Differences  []Field   `json:"differences" null:"never"` // of the specs
	Environment  []Field   `json:"environment" null:"never"` // differences of what computed them
	Choices      []Choices `json:"choices" null:"never"`     // by target
	Metrics      []Metric  `json:"metrics" null:"never"`     // of the settings that both have
	OnlyA        []string  `json:"only_a" null:"never"`      // settings that only one has
	OnlyB        []string  `json:"only_b" null:"never"`      //
	Incomparable string    `json:"incomparable,omitempty"`   // why no setting of one can be tested against one of the other
}

// Side is one of the two sweeps.
type Side struct {
	Sweep    string  `json:"sweep"`
	Settings int     `json:"settings"`
	Runs     int     `json:"runs"`
	Finished int     `json:"finished"`
	Seeds    int     `json:"seeds"`
	Points   []Point `json:"-"` // of the settings, for the drawing of quality against calls
	Report   string  `json:"-"`
}

// Point is a setting of one sweep, by the metric of the choice.
type Point struct {
	Setting string
	Line    string // what it has in common with others of its line: all but its effort
	NFE     float64
	Mean    float64
	Chosen  bool
}

// Field is a part of the specs, or of the environments, with what it is in each: the values that are swept, in their order. None is
// that the field does not apply.
type Field struct {
	Name string   `json:"field"`
	A    []string `json:"a" null:"never"`
	B    []string `json:"b" null:"never"`
}

// Metric is a metric with the rows of all settings that both sweeps have.
type Metric struct {
	Name string `json:"metric"`
	Rows []Row  `json:"rows" null:"never"`
}

// The findings of a row: how B does beside A.
const (
	Better   = "better"
	Worse    = "worse"
	NoneSeen = "no difference seen"
	Equal    = "equal" // to the last digit
	Untested = "not tested"
)

// Row is a metric of a setting in both sweeps.
type Row struct {
	Setting string    `json:"setting"` // what both have
	Metric  string    `json:"metric"`
	A       Mean      `json:"a"`
	B       Mean      `json:"b"`
	Finding string    `json:"finding"`
	Why     string    `json:"why,omitempty"`     // it is not tested
	Versus  *Contrast `json:"versus,omitempty"`  // nil if it is not tested
	NFE     [2]string `json:"-"`                 // of A and B
	Caution string    `json:"caution,omitempty"` // on the test
}

// Mean is the mean of a metric over the seeds of a setting, with its interval.
type Mean struct {
	experiments.Interval
	Seeds int                   `json:"seeds"`
	Fresh *experiments.Interval `json:"fresh,omitempty"` // on points that the choice never saw
}

// Contrast is a tested difference: that of the means, B - A, and B / A where the metric is a distance.
type Contrast struct {
	Difference experiments.Interval  `json:"difference"`
	Ratio      *experiments.Interval `json:"ratio,omitempty"`
	P          experiments.Number    `json:"p"`      // two-sided
	Holm       experiments.Number    `json:"p_holm"` // corrected for all tested rows of the metric
	Paired     bool                  `json:"paired"` // by seed; otherwise the seeds are different ones
	Seeds      int                   `json:"seeds"`  // pairs, or those of the sweep that has fewer
}

// Choices are the chosen settings for a target, side by side.
type Choices struct {
	Target string  `json:"target,omitempty"` // where there are several
	A      *Chosen `json:"a,omitempty"`      // nil if there is none
	B      *Chosen `json:"b,omitempty"`
	WhyA   string  `json:"why_a,omitempty"` // there is none
	WhyB   string  `json:"why_b,omitempty"`
	Rows   []Row   `json:"metrics" null:"never"` // by metric
}

// Chosen is the chosen setting of a sweep.
type Chosen struct {
	Setting      string             `json:"setting"`
	Run          string             `json:"run"`
	NFE          experiments.Calls  `json:"nfe"`
	Milliseconds experiments.Number `json:"sample_milliseconds"` // for one sample
	Params       int                `json:"params"`
	Verdict      string             `json:"verdict,omitempty"` // by the tests against the target
	Reason       string             `json:"reason"`
}
