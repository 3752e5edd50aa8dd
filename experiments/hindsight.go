package experiments

import (
	"fmt"
	"math"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
)

// Hindsight says what early_stop would have done to a sweep all of whose trainings went on to their ends, over resamplings of its seeds,
// with replacement and the same for all settings.
type Hindsight struct {
	Resamplings int     // in each group of candidates that are compared
	Cut         int     // in which the best at the end would have stopped
	Untied      int     // in which all would have stopped that the whole sweep finds tied with its best
	Worst       float64 // how many times the mean of the best the best of the others was, at most
}

// resamplings is how often the seeds are resampled.
const resamplings = 2000

// String says how often the best would have stopped.
func (h Hindsight) String() string {
	text := fmt.Sprintf("over %d resamplings of the stored seeds, the best at the end would have stopped in %.2g %%, and all that are tied with it in %.2g %%",
		h.Resamplings, 100*float64(h.Cut)/float64(h.Resamplings), 100*float64(h.Untied)/float64(h.Resamplings))
	if h.Cut > 0 {
		text += fmt.Sprintf("; what went on was up to %.3g times its mean", h.Worst)
	}
	return text
}

// Past is what is known of a fit whose training went on to its end.
type Past struct {
	Curve []Loss
	Tied  bool      // the whole sweep finds its setting, sampled in some way, tied with the best
	Ends  []float64 // the metric of the choice, of each of its runs
}

// Hindsight works out what the rule of a plan would have done, where early stopping is by the loss that was logged until then: on
// held-out rows or, where none are, the mean over the last tenth of the steps, each of which drew new pairs, the same for all settings of
// a seed. So only what shares path and coupling is compared. The best is the candidate with the lowest mean of the metric of the choice, with
// the best of its ways to sample. It returns false if a fit is not known, or nothing is compared.
func (p Plan) Hindsight(known map[string]Past) (h Hindsight, ok bool) {
	rule := p.Spec.EarlyStop
	rule.Metric = metric.HeldOutLoss.Name
	p.Spec.EarlyStop = rule
	seeds := len(p.Spec.Seeds)
	for g, b := range p.Brackets() {
		if len(b.Candidates) < 2 {
			continue
		}
		for _, c := range b.Candidates {
			for _, key := range c.Fits {
				if f, there := known[key]; !there || len(f.Curve) == 0 || len(f.Ends) == 0 || len(c.Fits) != seeds {
					return h, false
				}
			}
		}
		random := flow.NewStream(1, "hindsight").At(uint64(g))
		for range resamplings {
			drawn := make([]int, seeds)
			for i := range drawn {
				drawn[i] = random.IntN(seeds)
			}
			h.add(rule, b.Candidates, drawn, known)
		}
	}
	return h, h.Resamplings > 0
}

// add counts what the rule does with seeds that were drawn.
func (h *Hindsight) add(rule EarlyStop, candidates []Candidate, drawn []int, known map[string]Past) {
	reached, resampled := map[string]Reached{}, make([]Candidate, len(candidates))
	for i, c := range candidates {
		resampled[i] = Candidate{Steps: c.Steps}
		for k, seed := range drawn {
			key := fmt.Sprint(i, " ", k)
			resampled[i].Fits = append(resampled[i].Fits, key)
			r := Reached{Values: map[int]float64{}}
			for _, step := range rule.Rungs(c.Steps) {
				r.Values[step] = lossAt(known[c.Fits[seed]].Curve, step)
			}
			reached[key] = r
		}
	}
	stopped := rule.Halve([]Bracket{{resampled}}, reached).Stopped
	best, left, cut := math.Inf(1), math.Inf(1), false
	tied, tiedLeft := false, false
	for i, c := range candidates {
		end, gone := endOf(c, drawn, known), stopped[resampled[i].Fits[0]] > 0
		if end < best {
			best, cut = end, gone
		}
		if !gone {
			left = min(left, end)
		}
		is := known[c.Fits[0]].Tied
		tied, tiedLeft = tied || is, tiedLeft || is && !gone
	}
	h.Resamplings++
	if tied && !tiedLeft {
		h.Untied++
	}
	if cut {
		h.Cut++
		h.Worst = max(h.Worst, left/best)
	}
}

// endOf returns the lowest mean over the drawn seeds of a candidate's ways to sample.
func endOf(c Candidate, drawn []int, known map[string]Past) float64 {
	best := math.Inf(1)
	for k := range known[c.Fits[0]].Ends {
		mean := 0.
		for _, seed := range drawn {
			if ends := known[c.Fits[seed]].Ends; k < len(ends) {
				mean += ends[k] / float64(len(drawn))
			}
		}
		best = min(best, mean)
	}
	return best
}

// lossAt returns the loss that a curve shows at a step: the held-out one that was logged last or, without any, the mean of the
// training loss over the last tenth of the steps.
func lossAt(curve []Loss, step int) float64 {
	held, sum, n := 0., 0., 0
	for _, l := range curve {
		switch {
		case l.Step > step:
		case l.HeldOut > 0:
			held = l.HeldOut
		case l.Step > step-max(1, step/10):
			sum += l.Value
			n++
		}
	}
	if held > 0 {
		return held
	}
	return sum / float64(n) // NaN for none
}
