package cost

import (
	"fmt"
	"strings"
	"time"
)

// maxLines limits the lines of a kind that are printed; --json has all.
const maxLines = 12

// Print prints the estimate, a line for each group.
func (e Estimate) Print(line func(name, format string, args ...any)) {
	if len(e.Training)+len(e.Sampling)+len(e.Metrics) == 0 {
		return
	}
	tried := ""
	if e.Tried > .1 {
		tried = fmt.Sprintf("; trying what was not measured here took %.1f s", e.Tried)
	}
	line("time", "about %s with %d workers: of one worker, training %s, sampling %s, metrics %s%s", about(e.Seconds), e.Workers,
		about(e.TrainSeconds()), about(e.SampleSeconds()), about(e.MeasureSeconds()), tried)
	for i, t := range e.Training {
		if i == maxLines {
			line("training", "%d more groups: see --json", len(e.Training)-i)
			break
		}
		line("training", "%s of %s, %s, batch %d: %s, %s", fits(t.Fits), t.Net, t.Coupling, t.Batch, about(t.Seconds), t.rate())
	}
	for i, s := range e.Sampling {
		if i == maxLines {
			line("sampling", "%d more nets: see --json", len(e.Sampling)-i)
			break
		}
		line("sampling", "%d runs of %s: %s, %.3g million velocity calls of one point, %s", s.Runs, s.Net, about(s.Seconds), s.Calls/1e6, source(s.From, s.Of))
	}
	for _, m := range e.Metrics {
		line("metric", "%s, %d times for runs and %d for the truth: %s, %s", m.Metric, m.Runs, m.Truths, about(m.Seconds), source(m.From, 0))
	}
	if len(e.Without) > 0 {
		line("metric", "%s: not counted", strings.Join(e.Without, ", "))
	}
}

// rate says how fast steps are, what of that is the pairing, and where that is from.
func (t Training) rate() string {
	if t.StepSeconds <= 0 {
		return source(t.From, t.Of)
	}
	pairing := ""
	if share := t.PairSeconds / t.StepSeconds; share >= .1 && t.PairSeconds > 0 {
		pairing = fmt.Sprintf(", pairing alone %.3g a second", 1/t.PairSeconds)
	}
	return fmt.Sprintf("%.3g steps a second%s, %s", 1/t.StepSeconds, pairing, source(t.From, t.Of))
}

func fits(n int) string {
	if n == 1 {
		return "1 fit"
	}
	return fmt.Sprintf("%d fits", n)
}

// source says in words where a figure is from.
func source(f From, of int) string {
	switch f {
	case Measured:
		return fmt.Sprintf("as measured here in %s", fits(of))
	case Tried:
		return "as tried now"
	default:
		return "a guess"
	}
}

// about returns a time in words.
func about(seconds float64) string {
	d := time.Duration(min(seconds, 1e9) * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.2g s", seconds)
	case d < time.Hour:
		return d.Round(time.Second).String()
	default:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
}
