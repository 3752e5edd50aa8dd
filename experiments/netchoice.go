package experiments

import (
	"cmp"
	"slices"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/metric"
)

// netNoun is what a metric of the net alone chooses.
const netNoun = "net"

// chooseNet chooses among nets by Choose.Metric, a metric of the net alone: of those as good as the best, the one with the
// fewest parameters. Among the settings of that net it chooses by the metric of samplerMetric, with the same rule. Margins
// are those of the nets, in Choose.Metric, and Tied are the settings of the chosen net that are as good as the best of
// them or, if it has only one setting, one of every tied net. Sweeps of earlier versions may have no metric to choose solver and steps by. The cheapest ones are then taken, as
// those versions did.
func (c Choose) chooseNet(s selection, candidates []int) Choice {
	nets, of := c.nets(s.summaries, candidates)
	t := c.compare(s.summaries, nets)
	net := c.pick(s.summaries, t, byNetCost)
	choice := Choice{Best: t.best, Margins: t.margins, By: []string{c.Metric}, Reason: c.reason(s, net, t, netNoun)}
	var own []int
	for _, i := range candidates {
		choice.Margins[i] = t.margins[of[i]]
		if of[i] == net {
			own = append(own, i)
		}
	}
	choice.Chosen, choice.Tied = own[0], own
	if len(own) == 1 {
		choice.Tied = t.tied
		return choice
	}
	sampler := c
	sampler.Metric = samplerMetric(s.summaries[net].Metrics)
	complete := slices.DeleteFunc(slices.Clone(own), func(i int) bool { return !s.summaries[i].Complete(sampler.Metric) })
	if len(complete) == 0 {
		choice.Reason += ". Its solver and steps are the cheapest, as no metric of samples says which are good enough"
		return choice
	}
	if left := sampler.converged(s.summaries, complete); len(left) > 0 {
		complete = left
	}
	slices.SortStableFunc(complete, func(i, j int) int { return byCost(s.summaries[i], s.summaries[j], sampler.Metric) })
	u := sampler.compare(s.summaries, complete)
	choice.By = append(choice.By, sampler.Metric)
	choice.Chosen, choice.Tied = sampler.pick(s.summaries, u, byCost), u.tied
	if net == t.best {
		choice.Best = u.best
	}
	s.left = 0
	choice.Reason += ". Its solver and steps are the " + sampler.reason(s, choice.Chosen, u, "setting")
	return choice
}

// nets returns one of the candidates for every net, by increasing cost of the net, and for every candidate that of its net.
func (c Choose) nets(summaries []Summary, candidates []int) (nets []int, of map[int]int) {
	first := map[string]int{}
	of = map[int]int{}
	for _, i := range candidates {
		form := Form(summaries[i].Setting.Recipe)
		if _, seen := first[form]; !seen {
			first[form] = i
			nets = append(nets, i)
		}
		of[i] = first[form]
	}
	slices.SortStableFunc(nets, func(i, j int) int { return byNetCost(summaries[i], summaries[j], c.Metric) })
	return nets, of
}

// byNetCost orders settings by the parameters of their nets and by mean.
func byNetCost(a, b Summary, metric string) int {
	x, _ := a.Stat(metric)
	y, _ := b.Stat(metric)
	return cmp.Or(cmp.Compare(a.Params, b.Params), cmp.Compare(x.Mean, y.Mean))
}

// samplerMetric returns the name of the measured metric that solver and steps are chosen by: the first metric of samples
// against the truth or else, a distance from exact integration. It is empty if there is neither.
func samplerMetric(measured []Stat) string {
	for _, fits := range []func(m metric.Metric) bool{judgesSamples, judgesSolver} {
		for _, st := range measured {
			if m, ok := metricNamed(st.Name); ok && fits(m) {
				return m.Name
			}
		}
	}
	return ""
}

func judgesSamples(m metric.Metric) bool { return m.TwoSamples() || m.JudgeMixture != nil }

func judgesSolver(m metric.Metric) bool { return m.OfRun != nil && m.Order > 0 }

// checkSampler records a problem if the metric to choose by says nothing of solver and steps, a net is sampled in several
// ways, and no other metric tells these apart.
func checkSampler(t *declare.Text, docs []*document) {
	first := docs[0]
	m, ok := metricNamed(first.Choose.Metric)
	if !ok || m.OfNet == nil || slices.ContainsFunc(first.Metrics, func(m metric.Metric) bool { return judgesSamples(m) || judgesSolver(m) }) {
		return
	}
	sampling := map[string]string{} // by recipe
	for _, doc := range docs {
		s := doc.setting()
		recipe, own := Form(s.Recipe), Form(s.Sample)
		if other, seen := sampling[recipe]; seen && other != own {
			at := t.Root().Key("metrics")
			if choose := t.Root().Key("choose"); choose.Has("metric") {
				at = choose.Key("metric")
			}
			t.Problem(at, "%s says nothing of solver and steps: add a metric of samples, such as %s, or %s to metrics", m.Name,
				metric.SlicedW2.Name, metric.PathRMSE.Name)
			return
		}
		sampling[recipe] = own
	}
}
