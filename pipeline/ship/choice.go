package ship

import (
	"cmp"
	"slices"

	"flowsweep/experiments"
	"flowsweep/export"
)

// marginOf returns how far setting i is above the best. It is NaN if the two were not compared.
func marginOf(choice experiments.Choice, i int) experiments.Interval {
	m := choice.Margins[i]
	return experiments.Interval{Mean: experiments.Number(m.Mean), Low: experiments.Number(m.Low), High: experiments.Number(m.High)}
}

// choiceWord returns "chosen", "tied" or "" for setting i.
func choiceWord(choice experiments.Choice, i int) string {
	switch {
	case i == choice.Chosen:
		return "chosen"
	case slices.Contains(choice.Tied, i):
		return "tied"
	default:
		return ""
	}
}

// figure is a metric of a setting in JSON.
type figure struct {
	experiments.Interval
	Over     string               `json:"interval_over"` // what would be another within the interval
	SeedLow  experiments.Number   `json:"seed_low"`      // of the seeds alone
	SeedHigh experiments.Number   `json:"seed_high"`
	Diverged []uint64             `json:"diverged_seeds,omitempty"`
	N        int                  `json:"n"`
	Budget   *budgetJSON          `json:"budget,omitempty"` // of which parts the mean consists
	Null     *experiments.NullRow `json:"null,omitempty"`   // what it reads between the truth and fresh samples of it
}

// figures returns the metrics of a setting by name.
func (o Outcome) figures(s experiments.Summary) map[string]figure {
	list := map[string]figure{}
	for _, st := range s.Metrics {
		if st.N == 0 {
			continue // not measured
		}
		f := figure{
			Interval: st.Interval(), SeedLow: experiments.Number(st.SeedLow), SeedHigh: experiments.Number(st.SeedHigh),
			Diverged: s.Diverged(st.Name), N: st.N, Budget: budgetOf(s, st.Name),
		}
		for _, m := range o.Sweep.Spec.Metrics {
			if m.Name == st.Name {
				f.Over = m.IntervalOver()
			}
		}
		if null, ok := o.Sweep.Null(s.Setting, st.Name); ok {
			row := experiments.NullRowOf(null)
			f.Null = &row
		}
		list[st.Name] = f
	}
	return list
}

// choiceRow is a choice in choice.json: what was chosen, from what, and why.
type choiceRow struct {
	Chosen  chosenRow         `json:"chosen"`
	Best    string            `json:"best"` // of the lowest mean
	By      []string          `json:"by"`   // the metric of the rule and, if that is of the net alone, the one of solver and steps
	Reason  string            `json:"reason"`
	Tied    []string          `json:"tied"`
	Margins []marginRow       `json:"margins"` // to the best, as differences of means in the metric of the rule
	Metrics map[string]figure `json:"metrics"` // of the chosen setting
}

type chosenRow struct {
	Setting string            `json:"setting"`
	NFE     experiments.Calls `json:"nfe"`
	Params  int               `json:"params"`
	Run     string            `json:"run"`
	Seed    uint64            `json:"seed"`
}

type marginRow struct {
	Setting string `json:"setting"`
	experiments.Interval
}

// whole returns a label with the values whole that it shortens.
func (o Outcome) whole(label string) string { return cmp.Or(o.Labels.Whole(label), label) }

// choiceRow returns a choice among these settings in JSON.
func (o Outcome) choiceRow(choice experiments.Choice, settings []int) *choiceRow {
	s := o.Summaries[choice.Chosen]
	row := choiceRow{
		Chosen: chosenRow{o.whole(o.Labels.Setting(choice.Chosen)), s.NFE, s.Params, choice.Run.Run, choice.Run.Seed},
		Best:   o.whole(o.Labels.Setting(choice.Best)), By: choice.By, Reason: choice.Reason, Metrics: o.figures(s),
	}
	for _, i := range choice.Tied {
		row.Tied = append(row.Tied, o.whole(o.Labels.Setting(i)))
	}
	for _, i := range settings {
		row.Margins = append(row.Margins, marginRow{o.whole(o.Labels.Setting(i)), marginOf(choice, i)})
	}
	return &row
}

// choiceJSON is the content of choice.json: the choice of the first target that has one, with its fresh figures, and that of
// every target if there are several.
func choiceJSON(s Shipped) any {
	o := s.Outcome
	type targetRow struct {
		Target string `json:"target"`
		Folder string `json:"folder,omitempty"` // of its files
		Error  string `json:"error,omitempty"`  // why nothing was chosen
		*choiceRow
	}
	object := struct {
		Rule experiments.Choose `json:"choose"`
		*choiceRow
		Fresh   experiments.Fresh   `json:"fresh"`          // of the chosen setting, on points the choice never saw
		Verdict experiments.Verdict `json:"verdict"`        // on the chosen setting, by these
		Twin    any                 `json:"twin,omitempty"` // what sampler.onnx computes, where the chosen setting is adaptive
		Absent  []export.Absent     `json:"absent,omitempty"`
		Targets []targetRow         `json:"targets,omitempty"`
	}{Rule: o.Sweep.Spec.Choose, Fresh: s.Fresh, Verdict: s.Verdict, Twin: twinJSON(o, s.Twin), Absent: s.Absent}
	for _, t := range o.Targets {
		row := targetRow{Target: o.whole(o.Labels.Target(t.Settings[0]))}
		if t.Err != nil {
			row.Error = t.Err.Error()
		} else {
			row.Folder, row.choiceRow = o.folder(t), o.choiceRow(t.Choice, t.Settings)
		}
		if row.choiceRow != nil && t.Chosen == o.Choice.Chosen {
			object.choiceRow = row.choiceRow
		}
		if len(o.Targets) > 1 {
			object.Targets = append(object.Targets, row)
		}
	}
	return object
}

// budgetJSON is the JSON form of a budget: floor + net + solver is the mean.
type budgetJSON struct {
	Solver   experiments.Number `json:"solver"`
	SolverSE experiments.Number `json:"solver_se"`
	Net      experiments.Number `json:"net"`
	NetSE    experiments.Number `json:"net_se"`
	Floor    experiments.Number `json:"noise_floor"` // mean of the null
	Noise    experiments.Number `json:"noise"`       // its standard deviation
}

func budgetOf(s experiments.Summary, metric string) *budgetJSON {
	b, ok := s.Budget(metric)
	if !ok {
		return nil
	}
	n := func(x float64) experiments.Number { return experiments.Number(x) }
	return &budgetJSON{n(b.Solver.Value), n(b.Solver.SE), n(b.Net.Value), n(b.Net.SE), n(b.Floor), n(b.Noise)}
}

// twinJSON is the twin of the chosen setting in choice.json, nil if there is none.
func twinJSON(o Outcome, twin *experiments.Summary) any {
	if twin == nil {
		return nil
	}
	r := origin{twin: twin}.sampled(o.Choice.Run)
	runs, metrics := make([]string, len(twin.Runs)), map[string]experiments.Interval{}
	for i, t := range twin.Runs {
		runs[i] = t.Run
	}
	for _, st := range twin.Metrics {
		metrics[st.Name] = st.Interval()
	}
	return struct {
		Setting string                          `json:"setting"`
		NFE     experiments.Calls               `json:"nfe"`
		Run     string                          `json:"run"`  // of the same seed as the chosen one
		Runs    []string                        `json:"runs"` // of all seeds
		Metrics map[string]experiments.Interval `json:"metrics"`
	}{r.Setting.Sample.Words(), twin.NFE, r.Run, runs, metrics}
}

// SettingRow is a row of `flowsweep runs --by-setting --json`: a setting with its seeds.
type SettingRow struct {
	Sweep         string                `json:"sweep"`
	Setting       experiments.Setting   `json:"setting"`
	NFE           experiments.Calls     `json:"nfe,omitempty"` // calls, params and time only where a seed has finished
	Params        int                   `json:"params,omitempty"`
	Seeds         int                   `json:"seeds"`
	Planned       int                   `json:"planned"` // seeds
	Metrics       map[string]figure     `json:"metrics" null:"never"`
	SampleSeconds float64               `json:"sample_seconds,omitempty"`
	Chosen        bool                  `json:"chosen"`
	Tied          bool                  `json:"tied"`                // as good as the best by the rule
	Memorised     int                   `json:"memorised,omitempty"` // seeds whose samples are copies of training rows
	Margin        *experiments.Interval `json:"margin,omitempty"`    // to the best, in the metric that is chosen by
	Reason        string                `json:"reason,omitempty"`    // of the chosen one
	Tags          []string              `json:"tags,omitempty"`      // of its runs
	Aliases       []string              `json:"aliases,omitempty"`
}

// SettingJSON returns row i of SettingTable as `flowsweep runs --by-setting --json` prints it: a SettingRow or, of a baseline, a
// BaselineRow.
func (o Outcome) SettingJSON(i int) any {
	if i >= len(o.Summaries) {
		return o.baselineRow(o.baselines()[i-len(o.Summaries)])
	}
	s, choice := o.Summaries[i], o.choiceOf(i)
	row := SettingRow{
		o.Sweep.Name, s.Setting, s.NFE, s.Params, len(s.Runs), s.Planned, o.figures(s), s.SampleSeconds, i == choice.Chosen,
		slices.Contains(choice.Tied, i), s.Memorised(), nil, "", s.Tags, s.Aliases,
	}
	if choice.Margins != nil {
		m := marginOf(choice, i)
		row.Margin = &m
	}
	if row.Chosen {
		row.Reason = choice.Reason
	}
	return row
}
