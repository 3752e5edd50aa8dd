package experiments

import (
	"encoding/json"
	"fmt"
	"math"

	"flowsweep/experiments/metric"
)

// Summary is a setting with its seeds aggregated.
type Summary struct {
	Setting       Setting
	Runs          []Result // one a seed
	Planned       int      // seeds the sweep has for it, finished or not
	NFE           int
	Params        int
	Metrics       []Stat  // in the order of the spec
	SampleSeconds float64 // mean of the finished runs
}

// Stat is a metric over the seeds of a setting.
type Stat struct {
	Name string
	Mean float64
	Half float64 // half the width of the 95 % interval of the mean, by Student's t; NaN for fewer than 2 seeds
	N    int     // finished seeds
}

// Stat returns the named metric of the setting, and whether it was measured.
func (s Summary) Stat(name string) (Stat, bool) {
	for _, st := range s.Metrics {
		if st.Name == name {
			return st, true
		}
	}
	return Stat{}, false
}

// Complete reports whether every planned seed finished with a finite value of the metric.
func (s Summary) Complete(name string) bool {
	st, ok := s.Stat(name)
	return ok && st.N == s.Planned && !math.IsNaN(st.Mean) && !math.IsInf(st.Mean, 0)
}

// Summaries groups the results of one sweep by setting, in the order they come.
func Summaries(results []Result, metrics []metric.Metric) ([]Summary, error) {
	var summaries []Summary
	at := map[string]int{}
	for _, r := range results {
		text, err := json.Marshal(r.Setting)
		if err != nil {
			return nil, fmt.Errorf("group run %s: %w", r.Run, err)
		}
		i, ok := at[string(text)]
		if !ok {
			i = len(summaries)
			at[string(text)] = i
			summaries = append(summaries, Summary{Setting: r.Setting})
		}
		summaries[i].Planned++
		if r.State == Finished {
			summaries[i].Runs = append(summaries[i].Runs, r)
		}
	}
	for i := range summaries {
		summaries[i].aggregate(metrics)
	}
	return summaries, nil
}

func (s *Summary) aggregate(metrics []metric.Metric) {
	for _, r := range s.Runs {
		s.NFE, s.Params = r.NFE, r.Params
		s.SampleSeconds += r.SampleSeconds / float64(len(s.Runs))
	}
	for _, m := range metrics {
		var values []float64
		for _, r := range s.Runs {
			if v, ok := r.Metric(m.Name); ok {
				values = append(values, v)
			}
		}
		mean, half := metric.MeanInterval(values)
		s.Metrics = append(s.Metrics, Stat{Name: m.Name, Mean: mean, Half: half, N: len(values)})
	}
}

// Choice is the setting a sweep ends with, and the one of its runs whose net is exported.
type Choice struct {
	Best   int    // index into the summaries
	Run    Result // the run with the lowest metric among the setting's seeds
	Reason string // in one sentence
}

// Choose picks the setting with the lowest mean of the chosen metric among those whose every seed finished with a
// finite value; the first of equals. It returns an error where there is none.
func (c Choose) Choose(summaries []Summary) (Choice, error) {
	best, lowest, complete := -1, math.Inf(1), 0
	for i, s := range summaries {
		if !s.Complete(c.Metric) {
			continue
		}
		complete++
		if st, _ := s.Stat(c.Metric); st.Mean < lowest {
			best, lowest = i, st.Mean
		}
	}
	if best < 0 {
		return Choice{}, fmt.Errorf("no setting finished every seed with a finite %s: see `flowsweep runs` for what happened", c.Metric)
	}
	choice := Choice{Best: best}
	lowest = math.Inf(1)
	for _, r := range summaries[best].Runs {
		if v, _ := r.Metric(c.Metric); v < lowest {
			choice.Run, lowest = r, v
		}
	}
	choice.Reason = fmt.Sprintf("lowest mean %s of %s over %s", c.Metric, count(complete, "setting"), count(summaries[best].Planned, "seed"))
	return choice, nil
}

// count returns "1 seed", "2 seeds" and so on.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
