package experiments

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments/metric"
)

// Memory is what is known of whether a setting's nets copy their training rows. Numbers are means over the seeds.
type Memory struct {
	Data    bool // the target consists of rows
	Held    int  // rows held out to measure with; 0 if nothing can be known
	Seeds   int
	Copies  int  // seeds whose samples are copies
	Taught  bool // its pairs are those of a teacher, of which none has a held-out row
	Near    float64
	P       float64 // lowest of nn-share
	HeldOut float64 // loss
	Gap     float64 // to that on training rows
	Lowest  []Loss  // of each seed, the point of the loss curve where the held-out loss is lowest; none if not logged
	Last    int     // step of training
}

// MemoryOf returns what is known of a setting, given the loss curves of its seeds.
func MemoryOf(s Summary, curves [][]Loss) Memory {
	t := s.Setting.Target
	m := Memory{Data: t.Rows.Len() > 0, Held: t.Held.Len(), Seeds: len(s.Runs), Copies: s.Memorised(), Taught: s.Setting.Coupling.Taught, P: 1, Last: s.Setting.Train.Steps}
	of := func(name string) float64 { return metric.Mean(s.values(name)).Value }
	m.Near, m.HeldOut, m.Gap = of(metric.NearShare.Name), of(metric.HeldOutLoss.Name), of(metric.LossGap.Name)
	for _, r := range s.Runs {
		if v, ok := r.value(metric.NNShare.Name); ok && v.P > 0 {
			m.P = min(m.P, v.P)
		}
	}
	for _, curve := range curves {
		if l, ok := LowestHeldOut(curve); ok {
			m.Lowest = append(m.Lowest, l)
		}
	}
	return m
}

// LowestHeldOut returns the point of a loss curve where the held-out loss is lowest, and whether it was logged.
func LowestHeldOut(curve []Loss) (lowest Loss, ok bool) {
	for _, l := range curve {
		if l.HeldOut > 0 && (!ok || l.HeldOut < lowest.HeldOut) {
			lowest, ok = l, true
		}
	}
	return lowest, ok
}

// Sentence says in words what is known, or nothing if the target is not made of rows.
func (m Memory) Sentence() string {
	switch {
	case !m.Data:
		return ""
	case m.Held == 0:
		return "No rows are held out, so nothing here shows whether the net copies its rows: set holdout."
	case m.Seeds == 0:
		return ""
	}
	var parts []string
	if m.Copies > 0 {
		parts = append(parts, fmt.Sprintf("The net copies its training rows (%d of %s): %s of its samples are nearer to one than nearly all held-out rows are "+
			"(p %.2g). Its other figures do not show this.", m.Copies, count(m.Seeds, "seed"), percent2(m.Near), m.P))
	} else {
		parts = append(parts, fmt.Sprintf("No sign that the net copies its training rows: %s of its samples are nearer to one than nearly all held-out rows are, "+
			"where %s would be by chance.", percent2(m.Near), percent2(metric.NearByChance(m.Held))))
	}
	parts = append(parts, m.losses()...)
	if m.Held < minReference && m.Copies == 0 {
		parts = append(parts, fmt.Sprintf("With %s, little more than plain copies can be seen.", count(m.Held, "held-out row")))
	}
	return strings.Join(parts, " ")
}

// losses says how the held-out loss compares with that on training rows, and when it was lowest.
func (m Memory) losses() []string {
	parts := []string{fmt.Sprintf("Its loss is %.3g on held-out rows and %.3g on training rows.", m.HeldOut, m.HeldOut-m.Gap)}
	if m.Taught {
		return []string{"It has learned from its teacher's samples and not from rows, so that it has no loss on them; what the teacher copies, it copies."}
	}
	if len(m.Lowest) == 0 {
		return parts
	}
	steps := make([]int, len(m.Lowest))
	mean := 0.
	for i, l := range m.Lowest {
		steps[i] = l.Step
		mean += l.HeldOut / float64(len(m.Lowest))
	}
	slices.Sort(steps)
	at := steps[(len(steps)-1)/2]
	switch {
	case at == m.Last:
		parts = append(parts, "It was still falling on held-out rows when the training ended: more steps may help.")
	case m.Copies > 0:
		parts = append(parts, fmt.Sprintf("It was lowest on held-out rows, about %.3g, at step %d of %d: train no longer, or add rows.", mean, at, m.Last))
	default:
		parts = append(parts, fmt.Sprintf("It was lowest on held-out rows, about %.3g, at step %d of %d.", mean, at, m.Last))
	}
	return parts
}

// percent2 formats a share to two digits.
func percent2(share float64) string { return fmt.Sprintf("%.2g %%", 100*share) }
