package ship

import (
	"slices"

	"flowsweep/experiments"
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

// choiceJSON is the content of choice.json: what was chosen, from what, and why.
func choiceJSON(o Outcome, fresh experiments.Fresh) any {
	type margin struct {
		Setting string `json:"setting"`
		experiments.Interval
	}
	type chosen struct {
		Setting string            `json:"setting"`
		NFE     experiments.Calls `json:"nfe"`
		Params  int               `json:"params"`
		Run     string            `json:"run"`
		Seed    uint64            `json:"seed"`
	}
	choice := o.Choice
	tied, margins := make([]string, len(choice.Tied)), make([]margin, len(o.Summaries))
	for i, at := range choice.Tied {
		tied[i] = o.Labels.Setting(at)
	}
	for i := range o.Summaries {
		margins[i] = margin{o.Labels.Setting(i), marginOf(choice, i)}
	}
	s := o.Chosen()
	return struct {
		Rule    experiments.Choose `json:"choose"`
		Chosen  chosen             `json:"chosen"`
		Best    string             `json:"best"` // of the lowest mean
		Reason  string             `json:"reason"`
		Tied    []string           `json:"tied"`
		Margins []margin           `json:"margins"` // to the best
		Fresh   experiments.Fresh  `json:"fresh"`   // of the chosen setting, on points the choice never saw
	}{
		o.Sweep.Spec.Choose,
		chosen{o.Labels.Setting(choice.Chosen), s.NFE, s.Params, choice.Run.Run, choice.Run.Seed},
		o.Labels.Setting(choice.Best),
		choice.Reason, tied, margins, fresh,
	}
}

// statsJSON returns the aggregates of every metric, by name.
func (o Outcome) statsJSON(s experiments.Summary) map[string]any {
	metrics := map[string]any{}
	for _, st := range s.Metrics {
		m := struct {
			experiments.Interval
			N    int                  `json:"n"`
			Null *experiments.NullRow `json:"null,omitempty"` // what it reads between the truth and fresh samples of it
		}{st.Interval(), st.N, nil}
		if null, ok := o.Sweep.Null(s.Setting, st.Name); ok {
			row := experiments.NullRowOf(null)
			m.Null = &row
		}
		metrics[st.Name] = m
	}
	return metrics
}

// SettingJSON returns row i of SettingTable as `flowsweep runs --by-setting --json` prints it.
func (o Outcome) SettingJSON(i int) any {
	if i >= len(o.Summaries) {
		return o.baselineJSON(o.baselines()[i-len(o.Summaries)])
	}
	s, choice := o.Summaries[i], o.Choice
	object := struct {
		Setting       experiments.Setting   `json:"setting"`
		NFE           experiments.Calls     `json:"nfe"`
		Params        int                   `json:"params"`
		Seeds         int                   `json:"seeds"`
		Planned       int                   `json:"planned"`
		Metrics       map[string]any        `json:"metrics"`
		SampleSeconds float64               `json:"sample_seconds"`
		Chosen        bool                  `json:"chosen"`
		Tied          bool                  `json:"tied"`             // as good as the best by the rule
		Margin        *experiments.Interval `json:"margin,omitempty"` // to the best, in the metric that is chosen by
		Reason        string                `json:"reason,omitempty"` // of the chosen one
	}{
		s.Setting, s.NFE, s.Params, len(s.Runs), s.Planned, o.statsJSON(s), s.SampleSeconds, i == choice.Chosen,
		slices.Contains(choice.Tied, i), nil, "",
	}
	if choice.Margins != nil {
		m := marginOf(choice, i)
		object.Margin = &m
	}
	if object.Chosen {
		object.Reason = choice.Reason
	}
	return object
}
