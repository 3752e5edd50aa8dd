package live

import (
	"fmt"
	"math"
	"strings"
	"time"

	"flowsweep/pipeline/stage"
	"flowsweep/reports/number"
)

// Sentence returns what the sweep does as a line for people: "training 2 nets: 12,000 of 60,000 steps, 1,830 steps/s, about 26 s left".
func (s Status) Sentence(now time.Time) string {
	var parts []string
	if steps := s.StepsTotal; s.Steps < steps && s.Steps+len(s.Fits) > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s steps", number.Whole(s.Steps), number.Whole(steps)))
		if rate := s.Rate(); rate > 0 {
			parts = append(parts, Rate(rate))
		}
	}
	if s.Runs < s.RunsTotal && s.Runs > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s runs", number.Whole(s.Runs), number.Whole(s.RunsTotal)))
	}
	if len(parts) == 0 {
		return s.Activity
	}
	if left, ok := s.ETA(now); ok {
		parts = append(parts, "about "+Duration(left)+" left")
	}
	return s.Activity + ": " + strings.Join(parts, ", ")
}

// Rate returns the training steps a second of all fits at work.
func (s Status) Rate() (rate float64) {
	for _, f := range s.Fits {
		if f.Step < f.Steps {
			rate += f.Rate
		}
	}
	return rate
}

// Rate returns steps a second in words, to three digits.
func Rate(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.3g steps/s", rate)
	}
	unit := math.Pow10(max(number.Exponent(rate)-2, 0))
	return number.Whole(int64(math.Round(rate/unit)*unit)) + " steps/s"
}

// Duration returns a time in words, in its two largest units: "26 s", "3 min 5 s", "2 h 10 min", "4 d 3 h".
func Duration(d time.Duration) string {
	seconds := int64(d.Round(time.Second) / time.Second)
	two := func(n int64, large, small string, per int64) string {
		if n%per == 0 {
			return fmt.Sprintf("%d %s", n/per, large)
		}
		return fmt.Sprintf("%d %s %d %s", n/per, large, n%per, small)
	}
	switch {
	case seconds < 60:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 3600:
		return two(seconds, "min", "s", 60)
	case seconds < 86400:
		return two(seconds/60, "h", "min", 60)
	default:
		return two(seconds/3600, "d", "h", 24)
	}
}

// doing says what each stage of a sweep does: the kind of work and, where it is counted, what is at work for one and for several.
var doing = map[stage.Stage]struct{ text, one, many string }{
	stage.Train:   {"training", "net", "nets"},
	stage.Tune:    {"tuning", "solver", "solvers"},
	stage.Sample:  {text: "sampling"},
	stage.Measure: {text: "measuring"},
	stage.Nulls:   {text: "measuring samples of the truth"},
	stage.Choose:  {text: "choosing a setting"},
	stage.Fresh:   {text: "measuring the chosen setting on fresh points"},
	stage.Export:  {text: "exporting"},
	stage.Page:    {text: "writing the page"},
}

// words returns what goes on, in words.
func words(open []stage.Open) string {
	var list []string
	for _, o := range open {
		d := doing[o.Stage]
		text := d.text
		switch {
		case o.Total > 0:
			text += fmt.Sprintf(" (%d of %d)", o.Done, o.Total)
		case d.one != "" && o.Times == 1:
			text += " 1 " + d.one
		case d.one != "":
			text += fmt.Sprintf(" %d %s", o.Times, d.many)
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// crewWords returns what a crew does, in words.
func crewWords(fits []Fit, machines []Machine) string {
	busy := 0
	for _, m := range machines {
		if m.Fits > 0 {
			busy++
		}
	}
	count := func(n int, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, many)
	}
	switch {
	case len(machines) == 0:
		return "waiting for machines"
	case len(fits) == 0:
		return "waiting for " + count(len(machines), "machine", "machines")
	default:
		return fmt.Sprintf("%s on %s", count(len(fits), "fit", "fits"), count(busy, "machine", "machines"))
	}
}
