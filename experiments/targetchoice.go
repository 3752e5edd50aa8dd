package experiments

import "flowsweep/experiments/metric"

// TargetChoice is the choice among the settings of one target.
type TargetChoice struct {
	Choice         // Chosen is -1 where there is none
	Settings []int // indices of the target's settings into the summaries
	Err      error // why nothing could be chosen, if so
}

// ByTarget chooses for one target at a time, in order of appearance. Values of a metric say nothing across targets: the nll
// of a narrow target is lower because its entropy is.
func (c Choose) ByTarget(summaries []Summary, name func(i int) string) []TargetChoice {
	var list []TargetChoice
	at := map[string]int{}
	for i, s := range summaries {
		form := Form(s.Setting.Target)
		k, seen := at[form]
		if !seen {
			k = len(list)
			at[form] = k
			list = append(list, TargetChoice{})
		}
		list[k].Settings = append(list[k].Settings, i)
	}
	if len(list) == 0 { // the error says what is missing
		list = append(list, TargetChoice{})
	}
	for k := range list {
		list[k].choose(c, summaries, name)
	}
	return list
}

// choose fills in the choice among the settings.
func (t *TargetChoice) choose(c Choose, summaries []Summary, name func(i int) string) {
	own := make([]Summary, len(t.Settings))
	for k, i := range t.Settings {
		own[k] = summaries[i]
	}
	choice, err := c.Choose(own, func(k int) string { return name(t.Settings[k]) })
	if err != nil {
		t.Choice, t.Err = Choice{Chosen: -1}, err
		return
	}
	margins := make([]metric.Margin, len(summaries))
	for i := range margins {
		margins[i] = noMargin
	}
	for k, i := range t.Settings {
		margins[i] = choice.Margins[k]
	}
	for j, k := range choice.Tied {
		choice.Tied[j] = t.Settings[k]
	}
	choice.Margins, choice.Chosen, choice.Best = margins, t.Settings[choice.Chosen], t.Settings[choice.Best]
	t.Choice = choice
}
