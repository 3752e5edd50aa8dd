package experiments

import (
	"errors"
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

// Fitted reports whether a part of the sampling, its solver or its grid, is fitted to the net.
func (s Sampling) Fitted() bool { return s.Solver.Fitted || s.Grid.Fitted }

// CheckFitted returns an error for a sampling of which a part is fitted that cannot be.
func (s Sampling) CheckFitted() error {
	switch {
	case !s.Grid.Fitted:
		return nil
	case s.Solver.Fitted:
		return fmt.Errorf("%s is fitted on times that are given: use another grid, such as uniform, or another solver, such as ab2", s.Solver.Name)
	case s.SDE.Noise > 0:
		return errors.New("a tuned grid is one for the flow, without noise on the way: use another grid, such as uniform, or leave out sde")
	default:
		return nil
	}
}

// tuningOf returns a sampling without what its coefficients do not depend on.
func tuningOf(s Sampling) Sampling {
	s.Count = 0
	return s
}

// Judged is how a tuned solver does on noise that it was not fitted to, beside the best other solver with as many velocity calls, or
// how a tuned grid does beside even steps of the same solver. The figures are distances to a dense solve from the same noise, on the
// scale of the net.
type Judged struct {
	Points      int     `json:"points"` // of fresh noise
	RMSE        float64 `json:"rmse"`
	Median      float64 `json:"median"`
	Worst       float64 `json:"worst"`
	Against     string  `json:"against"` // the best other solver, in words
	AgainstRMSE float64 `json:"against_rmse"`
	P           float64 `json:"p"`              // of a paired test that both have the same mean square
	Better      bool    `json:"better"`         // at 5 %
	Grid        bool    `json:"grid,omitempty"` // it is a grid, and even steps are taken unless it is better
}

// ToTune is a solver or a grid that is fitted to a net.
type ToTune struct {
	Key      string
	Fit      Fit
	Sampling Sampling
}

// Points returns the noise points that it is fitted to.
func (t ToTune) Points() int {
	if p, ok := t.Sampling.Grid.Params.(ode.TunedGrid); ok {
		return p.Points
	}
	p, _ := t.Sampling.Solver.Params.(ode.TunedParams)
	return p.Points
}

// Tunings returns what the plan tunes, each once.
func (p Plan) Tunings() (list []ToTune, err error) {
	seen := map[string]bool{}
	for _, fit := range p.Fits {
		for _, run := range fit.Runs {
			if !run.Sampling.Fitted() {
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

// TunedFigures is how the fitted coefficients of a setting's solver do on fresh noise, over its seeds.
type TunedFigures struct {
	Seeds, Nearer     int     // seeds, and those for which the test finds the tuned solver nearer
	RMSE, AgainstRMSE float64 // geometric means
	Against           string  // the best other solver, of the last seed
	P                 float64 // the largest of seeds for which the test finds no difference
	Grid              bool    // it is a grid
}

// Better reports whether the tuned solver is nearer for all seeds.
func (t TunedFigures) Better() bool { return t.Nearer == t.Seeds }

// Tuned returns how a fitted solver does, and whether the setting has one.
func (s Summary) Tuned() (t TunedFigures, ok bool) {
	for _, r := range s.Runs {
		j := r.Judged
		if j == nil {
			continue
		}
		t.Seeds++
		t.Grid = j.Grid
		t.RMSE, t.AgainstRMSE, t.Against = t.RMSE+math.Log(j.RMSE), t.AgainstRMSE+math.Log(j.AgainstRMSE), j.Against
		if j.Better {
			t.Nearer++
		} else {
			t.P = max(t.P, j.P)
		}
	}
	n := float64(t.Seeds)
	t.RMSE, t.AgainstRMSE = math.Exp(t.RMSE/n), math.Exp(t.AgainstRMSE/n)
	return t, t.Seeds > 0
}

// TuningWords says how the fitted coefficients of a setting's solver do on fresh noise. It is empty for other solvers. name is that of
// the setting.
func (s Summary) TuningWords(name string) string {
	t, ok := s.Tuned()
	switch {
	case !ok:
		return ""
	case t.Grid && !t.Better():
		return fmt.Sprintf("The times found for %s are no better than even steps on fresh noise for %d of %d %s (p up to %.2g), which take those",
			name, t.Seeds-t.Nearer, t.Seeds, plural(t.Seeds, "seed"), t.P)
	case t.Grid:
		return fmt.Sprintf("From fresh noise, %s ends %.1f times nearer to a dense solve on the times found for it than with even steps (%d %s)",
			name, t.AgainstRMSE/t.RMSE, t.Seeds, plural(t.Seeds, "seed"))
	case !t.Better():
		return fmt.Sprintf("No difference is found between %s and %s with as many velocity calls, for %d of %d %s (p up to %.2g): use that, which needs no tuning",
			name, t.Against, t.Seeds-t.Nearer, t.Seeds, plural(t.Seeds, "seed"), t.P)
	default:
		return fmt.Sprintf("From fresh noise, %s ends %.1f times nearer to a dense solve than %s, the best other solver with as many velocity calls (%d %s)",
			name, t.AgainstRMSE/t.RMSE, t.Against, t.Seeds, plural(t.Seeds, "seed"))
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
