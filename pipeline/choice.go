package pipeline

import (
	"slices"

	"flowsweep/experiments"
)

// interval is a mean, or a difference of means, and its interval in JSON.
type interval struct {
	Mean experiments.Number `json:"mean"`
	Low  experiments.Number `json:"low"`
	High experiments.Number `json:"high"`
}

// marginOf returns how far setting i lies above the best. All is NaN where it was not compared.
func marginOf(choice experiments.Choice, i int) interval {
	m := choice.Margins[i]
	return interval{experiments.Number(m.Mean), experiments.Number(m.Low), experiments.Number(m.High)}
}

// standing says in a word how setting i fared in the choice: chosen, tied or nothing.
func standing(choice experiments.Choice, i int) string {
	switch {
	case i == choice.Chosen:
		return "chosen"
	case slices.Contains(choice.Tied, i):
		return "tied"
	default:
		return ""
	}
}

// choiceJSON is the form of choice.json: what was chosen, from what, and why.
func choiceJSON(rule experiments.Choose, summaries []experiments.Summary, choice experiments.Choice, labels experiments.Labels, fresh freshFigures) any {
	type margin struct {
		Setting string `json:"setting"`
		interval
	}
	type chosen struct {
		Setting string            `json:"setting"`
		NFE     experiments.Calls `json:"nfe"`
		Params  int               `json:"params"`
		Run     string            `json:"run"`
		Seed    uint64            `json:"seed"`
	}
	tied, margins := make([]string, len(choice.Tied)), make([]margin, len(summaries))
	for i, at := range choice.Tied {
		tied[i] = labels.Setting(at)
	}
	for i := range summaries {
		margins[i] = margin{labels.Setting(i), marginOf(choice, i)}
	}
	s := summaries[choice.Chosen]
	return struct {
		Rule    experiments.Choose `json:"choose"`
		Chosen  chosen             `json:"chosen"`
		Best    string             `json:"best"` // of the lowest mean
		Reason  string             `json:"reason"`
		Tied    []string           `json:"tied"`
		Margins []margin           `json:"margins"` // to the best
		Fresh   freshFigures       `json:"fresh"`   // of the chosen setting, on points the choice never saw
	}{
		rule,
		chosen{labels.Setting(choice.Chosen), s.NFE, s.Params, choice.Run.Run, choice.Run.Seed},
		labels.Setting(choice.Best),
		choice.Reason, tied, margins, fresh,
	}
}

// summaryJSON is the form of a setting in `flowsweep runs --by-setting --json`.
func summaryJSON(sweep experiments.Sweep, summaries []experiments.Summary, choice experiments.Choice, i int) any {
	s := summaries[i]
	metrics := map[string]any{}
	for _, st := range s.Metrics {
		m := struct {
			interval
			N    int          `json:"n"`
			Null *nullSummary `json:"null,omitempty"` // what it reads between the truth and fresh samples of it
		}{interval{experiments.Number(st.Mean), experiments.Number(st.Low), experiments.Number(st.High)}, st.N, nil}
		if null, ok := sweep.Null(s.Setting, st.Name); ok {
			summary := nullOf(null)
			m.Null = &summary
		}
		metrics[st.Name] = m
	}
	object := struct {
		Setting       experiments.Setting `json:"setting"`
		NFE           experiments.Calls   `json:"nfe"`
		Params        int                 `json:"params"`
		Seeds         int                 `json:"seeds"`
		Planned       int                 `json:"planned"`
		Metrics       map[string]any      `json:"metrics"`
		SampleSeconds float64             `json:"sample_seconds"`
		Chosen        bool                `json:"chosen"`
		Tied          bool                `json:"tied"`             // as good as the best by the rule
		Margin        *interval           `json:"margin,omitempty"` // to the best, in the metric that is chosen by
		Reason        string              `json:"reason,omitempty"` // of the chosen one
	}{
		s.Setting, s.NFE, s.Params, len(s.Runs), s.Planned, metrics, s.SampleSeconds, i == choice.Chosen,
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
