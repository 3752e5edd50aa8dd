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
func choiceJSON(s Shipped) any {
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
	o, choice := s.Outcome, s.Choice
	tied, margins := make([]string, len(choice.Tied)), make([]margin, len(o.Summaries))
	for i, at := range choice.Tied {
		tied[i] = o.Labels.Setting(at)
	}
	for i := range o.Summaries {
		margins[i] = margin{o.Labels.Setting(i), marginOf(choice, i)}
	}
	of := o.Chosen()
	return struct {
		Rule    experiments.Choose  `json:"choose"`
		Chosen  chosen              `json:"chosen"`
		Best    string              `json:"best"` // of the lowest mean
		Reason  string              `json:"reason"`
		Tied    []string            `json:"tied"`
		Margins []margin            `json:"margins"`        // to the best
		Fresh   experiments.Fresh   `json:"fresh"`          // of the chosen setting, on points the choice never saw
		Verdict experiments.Verdict `json:"verdict"`        // on the chosen setting, by these
		Twin    any                 `json:"twin,omitempty"` // what sampler.onnx computes, where the chosen setting is adaptive
	}{
		o.Sweep.Spec.Choose,
		chosen{o.Labels.Setting(choice.Chosen), of.NFE, of.Params, choice.Run.Run, choice.Run.Seed},
		o.Labels.Setting(choice.Best),
		choice.Reason, tied, margins, s.Fresh, s.Verdict, twinJSON(o, s.Twin),
	}
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

// SettingJSON returns setting i as `flowsweep runs --by-setting --json` prints it.
func (o Outcome) SettingJSON(i int) any {
	s, choice := o.Summaries[i], o.Choice
	metrics := map[string]any{}
	for _, st := range s.Metrics {
		m := struct {
			experiments.Interval
			N      int                  `json:"n"`
			Budget *budgetJSON          `json:"budget,omitempty"` // of which parts the mean consists
			Null   *experiments.NullRow `json:"null,omitempty"`   // what it reads between the truth and fresh samples of it
		}{st.Interval(), st.N, budgetOf(s, st.Name), nil}
		if null, ok := o.Sweep.Null(s.Setting, st.Name); ok {
			row := experiments.NullRowOf(null)
			m.Null = &row
		}
		metrics[st.Name] = m
	}
	object := struct {
		Setting       experiments.Setting   `json:"setting"`
		NFE           experiments.Calls     `json:"nfe"`
		Params        int                   `json:"params"`
		Seeds         int                   `json:"seeds"`
		Planned       int                   `json:"planned"`
		Metrics       map[string]any        `json:"metrics"`
		SampleSeconds float64               `json:"sample_seconds"`
		Chosen        bool                  `json:"chosen"`
		Tied          bool                  `json:"tied"`                // as good as the best by the rule
		Memorised     int                   `json:"memorised,omitempty"` // seeds whose samples are copies of training rows
		Margin        *experiments.Interval `json:"margin,omitempty"`    // to the best, in the metric that is chosen by
		Reason        string                `json:"reason,omitempty"`    // of the chosen one
	}{
		s.Setting, s.NFE, s.Params, len(s.Runs), s.Planned, metrics, s.SampleSeconds, i == choice.Chosen,
		slices.Contains(choice.Tied, i), s.Memorised(), nil, "",
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
