package sweep

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"flowsweep/experiments"
	"flowsweep/experiments/target"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/live"
	"flowsweep/store"
)

// sweeper is a sweep at work.
type sweeper struct {
	Sweep
	left   Work
	env    experiments.Environment
	labels map[string]string // of the fits, by key
	judges *job.Judges
	cannot map[string]bool // keys of references with the names of metrics that cannot be measured against them
	memory float64         // bytes this machine has; 0 where that is not known
	free   float64         // bytes on the disk of the store; 0 where that is not known
	cores  int             // per fit
	show   *progress
	front  *front // that answers other machines; nil without any

	mu       sync.Mutex
	failures []string
	reached  map[string]int // steps of fits that this sweep has trained so far, of those that go on
}

// newSweeper repairs what is damaged and finds out what is left to do.
func newSweeper(ctx context.Context, s Sweep) (*sweeper, error) {
	env := Environment(s.Engine.Name)
	env.Machine, env.Rounding = s.Machine, s.Rounding
	mended, err := s.DB.Mend(ctx, s.Plan, env, s.Now())
	if err != nil {
		return nil, err
	}
	for _, what := range mended {
		fmt.Fprintf(s.Log, "damaged: %s: it is made again\n", what)
	}
	left, err := Remaining(ctx, s.DB, s.Part.Of(s.Plan))
	if err != nil {
		return nil, err
	}
	if s.RetryFailed {
		left = left.failedOnly()
	}
	return &sweeper{
		Sweep: s, left: left, env: env, labels: fitLabels(s.Plan), judges: job.NewJudges(s.Engine, s.Plan.Spec), memory: live.MachineMemory(), free: store.Free(s.File),
		cannot: map[string]bool{}, show: &progress{w: s.Log, account: s.newAccount(ctx)},
	}, nil
}

// environment describes what computes the results of the sweep.
func (s Sweep) environment() experiments.Environment {
	env := Environment(s.Engine.Name)
	env.Machine, env.Rounding = s.Machine, s.Rounding
	return env
}

// fitLabels returns by key what distinguishes the fits of a plan, apart from their seeds.
func fitLabels(plan experiments.Plan) map[string]string {
	var settings []experiments.Setting
	byForm, at := map[string]int{}, make([]int, len(plan.Fits)) // thousands of seeds are of one setting
	for i, fit := range plan.Fits {
		runs := fit.Runs
		if len(runs) == 0 {
			runs = fit.Dense
		}
		s := experiments.Setting{Recipe: fit.Recipe, Sample: runs[0].Sampling}
		form := s.Form()
		if _, known := byForm[form]; !known {
			byForm[form] = len(settings)
			settings = append(settings, s)
		}
		at[i] = byForm[form]
	}
	labels := experiments.NewLabels(settings)
	short := make([]string, len(settings))
	for i := range settings {
		short[i] = labels.Recipe(i)
	}
	byKey := map[string]string{}
	for i, fit := range plan.Fits {
		byKey[fit.Key] = short[at[i]]
	}
	return byKey
}

// failed notes and prints a failure. With FailFast, and if the data are gone that all others need, it returns it as an error, which stops
// the sweep.
func (s *sweeper) failed(kind, key string, err error) error {
	text := fmt.Sprintf("%s %s failed: %v", kind, key, err)
	s.note(text)
	var gone *target.ReadError
	if s.FailFast || errors.As(err, &gone) {
		return errors.New(text)
	}
	return nil
}

// note prints a failure, and keeps it for the end of the output.
func (s *sweeper) note(text string) {
	s.mu.Lock()
	s.failures = append(s.failures, text)
	s.mu.Unlock()
	s.show.account.Fail()
	s.show.line("%s", text)
}
