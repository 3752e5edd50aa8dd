package experiments

import (
	"fmt"
	"math"

	"flowsweep/experiments/ode"
)

// tuningVersion is raised when the meaning of what fits coefficients changes.
const tuningVersion = 1

// TuningKey returns the key of the coefficients of a sampling's solver for the net of a fit: a hash of exactly what they depend on.
func TuningKey(fit string, s Sampling) (string, error) {
	return key("tuning", tuningVersion, fit, tuningOf(s))
}

// TuningForm returns the canonical JSON of what is tuned for a sampling.
func TuningForm(s Sampling) string { return Form(tuningOf(s)) }

// tuningOf returns a sampling without what its coefficients do not depend on.
func tuningOf(s Sampling) Sampling {
	s.Count = 0
	return s
}

// Judged is how a tuned solver does on noise that it was not fitted to, beside the best other solver with as many velocity calls. The
// figures are distances to a dense solve from the same noise, on the scale of the net.
type Judged struct {
	Points      int     `json:"points"` // of fresh noise
	RMSE        float64 `json:"rmse"`
	Median      float64 `json:"median"`
	Worst       float64 `json:"worst"`
	Against     string  `json:"against"` // the best other solver, in words
	AgainstRMSE float64 `json:"against_rmse"`
	P           float64 `json:"p"`      // of a paired test that both have the same mean square
	Better      bool    `json:"better"` // at 5 %
}

// ToTune is a solver whose coefficients are fitted to a net.
type ToTune struct {
	Key      string
	Fit      Fit
	Sampling Sampling
}

// Points returns the noise points that the coefficients are fitted to.
func (t ToTune) Points() int {
	p, _ := t.Sampling.Solver.Params.(ode.TunedParams)
	return p.Points
}

// Tunings returns what the plan tunes, each once.
func (p Plan) Tunings() (list []ToTune, err error) {
	seen := map[string]bool{}
	for _, fit := range p.Fits {
		for _, run := range fit.Runs {
			if !run.Sampling.Solver.Fitted {
				continue
			}
			k, err := TuningKey(fit.Key, run.Sampling)
			if err != nil {
				return nil, err
			}
			if !seen[k] {
				seen[k] = true
				list = append(list, ToTune{k, fit, run.Sampling})
			}
		}
	}
	return list, nil
}

// TuningWords says how the fitted coefficients of a setting's solver do on fresh noise, over its seeds. It is empty for other solvers.
// name is that of the setting.
func (s Summary) TuningWords(name string) string {
	n, better, worst, against := 0, 0, 0., ""
	ratio := 0. // geometric mean over the seeds
	for _, r := range s.Runs {
		j := r.Judged
		if j == nil {
			continue
		}
		n++
		ratio += math.Log(j.AgainstRMSE / j.RMSE)
		against = j.Against
		if j.Better {
			better++
		} else {
			worst = max(worst, j.P)
		}
	}
	switch {
	case n == 0:
		return ""
	case better < n:
		return fmt.Sprintf("No difference is found between %s and %s with as many velocity calls, for %d of %d %s (p up to %.2g): use that, which needs no tuning",
			name, against, n-better, n, plural(n, "seed"), worst)
	default:
		return fmt.Sprintf("From fresh noise, %s ends %.1f times nearer to a dense solve than %s, the best other solver with as many velocity calls (%s)",
			name, math.Exp(ratio/float64(n)), against, seeds(n))
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

func seeds(n int) string { return fmt.Sprintf("%d %s", n, plural(n, "seed")) }
