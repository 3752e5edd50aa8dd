package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// long is a text of 1,000 characters, with what a terminal must not get.
var long = "\x1b[31m%d %s " + strings.Repeat("long ", 196) + "\a\r\nend"

// roughStore is the fixture with what is hard to show: fits and runs in all states, keys that look like numbers, values that
// are huge or not finite, and labels, names, errors, tags and notes of 1,000 characters.
var roughStore = sync.OnceValues(func() (f *fixture, err error) {
	start, err := makeSmall()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "flowsweep-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	f = &fixture{files: maps.Clone(start.files), named: map[string]string{
		"FIT": start.fits[len(start.fits)-1], "RUN": start.runs[len(start.runs)-1], "FAILED": start.fits[0],
	}}
	if f.files["rough.yaml"], err = roughSpec(); err != nil {
		return nil, err
	}
	if err := f.write(dir); err != nil {
		return nil, err
	}
	db := filepath.Join(dir, "runs.db")
	if err := workOn(db, f.addStates); err != nil {
		return nil, err
	}
	for _, args := range [][]string{
		{"sweep", filepath.Join(dir, "rough.yaml"), "--out", filepath.Join(dir, "rough")},
		{"tag", "rough", long},
		{"note", "rough", long},
		{"tag", f.named["FIT"], long},
		{"note", f.named["RUN"], long},
		{"promote", f.named["RUN"], "--as", "rough", "--note", long},
	} {
		if a := runHere(dir, append(args, "--db", db)...); a.code != 0 || a.panicked != "" {
			return nil, fmt.Errorf("%.40q exits with %d (%s): %s", args, a.code, a.panicked, a.stderr)
		}
	}
	if err := workOn(db, f.addValues); err != nil {
		return nil, err
	}
	f.files["runs.db"], err = os.ReadFile(db)
	f.files["other.db"], f.files["address"] = start.files["runs.db"], []byte(overText)
	return f, err
})

// looksLikeNumber matches keys that are read as numbers by what takes looks for types.
var looksLikeNumber = regexp.MustCompile(`^[0-9]+e[0-9]+$`)

// roughSpec returns a spec whose labels are long, with a seed of which a run has a key that looks like a number.
func roughSpec() ([]byte, error) {
	times := make([]string, 201)
	for i := range times {
		times[i] = fmt.Sprint(float64(i) / 200)
	}
	grid := strings.Join(times, ", ")
	const spec = `name: rough
target: {name: gaussian, dim: 2, std: 0.5}
net: {width: 4, depth: 1, activation: tanh}
train: {steps: 10, batch: 4}
seeds: %s
reference: {count: 8}
metrics: [energy, sliced-w2]
zip:
  - sample: {solver: euler, steps: 1, count: 8}
`
	const more = `  - sample: {solver: euler, steps: 200, count: 8, grid: {name: explicit, times: [%s]}}
`
	parsed, err := experiments.Parse("rough.yaml", fmt.Appendf(nil, spec, "3000"))
	if err != nil {
		return nil, err
	}
	plan, err := parsed.Plan()
	if err != nil {
		return nil, err
	}
	for _, fit := range plan.Fits {
		if slices.ContainsFunc(fit.Runs, func(r experiments.Run) bool { return looksLikeNumber.MatchString(r.Key) }) {
			seeds := fmt.Sprintf("[%d, %d, %d]", fit.Seed, fit.Seed+1, fit.Seed+2)
			return fmt.Appendf(nil, spec+more+more, seeds, grid, strings.Replace(grid, "0.995", "0.996", 1)), nil
		}
	}
	return nil, errors.New("no key looks like a number: try more seeds")
}

// statesSpec is never trained: its fits are given their states.
const statesSpec = `name: states
target: gaussian
net: {width: 4, depth: 1}
train: {steps: 30, batch: 4}
seeds: 8
sample: {solver: euler, steps: 1, count: 8}
reference: {count: 8}
metrics: [energy]
`

// addStates adds a sweep with a fit and a run in every state.
func (f *fixture) addStates(ctx context.Context, db *store.DB, now time.Time) error {
	spec, err := experiments.Parse("states.yaml", []byte(statesSpec))
	if err != nil {
		return err
	}
	plan, err := spec.Plan()
	if err != nil {
		return err
	}
	env := experiments.Environment{Version: "0.1.0", CPU: long}
	if err := db.StartSweep(ctx, plan, env, now); err != nil {
		return err
	}
	for i, name := range []string{"FAILED", "KILLED", "LOST", "RUNNING", "QUEUED", "FAILED RUN", "KILLED RUN", "LOST RUN"} {
		fit, state := plan.Fits[i], experiments.State(strings.ToLower(strings.TrimSuffix(name, " RUN")))
		f.named[name] = fit.Key
		if state == experiments.Queued {
			continue
		}
		if _, err := db.StartFit(ctx, fit.Key, env, now); err != nil {
			return err
		}
		db.LogLosses(fit.Key, experiments.Loss{Step: 1, Value: 1e32}, experiments.Loss{Step: 2, Value: math.Inf(1)}, experiments.Loss{Step: 3, Value: math.NaN()})
		switch {
		case strings.HasSuffix(name, " RUN"):
			f.named[name] = fit.Runs[0].Key
			err = errors.Join(db.FinishFit(ctx, fit.Key, 1, 17, []byte("weights"), now), db.EndRun(ctx, fit.Runs[0].Key, env, state, long, now))
		case state == experiments.Running: // until this process ends
		default:
			err = errors.Join(db.SaveCheckpoint(ctx, fit.Key, 2, []byte("checkpoint")), db.EndFit(ctx, fit.Key, state, long, now))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addValues gives runs of the sweep values that are huge or not finite, and notes the run whose key looks like a number.
func (f *fixture) addValues(ctx context.Context, db *store.DB, _ time.Time) error {
	sweep, err := db.Sweep(ctx, "rough")
	if err != nil {
		return err
	}
	// The first setting, of one step, keeps its own.
	huge := []float64{1e32, 3e32, -1e-300, math.NaN(), math.Inf(1), math.Inf(-1)}
	at := 0
	for _, r := range sweep.Results {
		if looksLikeNumber.MatchString(r.Run) {
			f.named["DIGITS"] = r.Run
		}
		if r.Setting.Sample.Steps == 1 {
			continue
		}
		v := huge[at]
		at++
		if err := db.SaveMetrics(ctx, r.Run, r.Reference, []experiments.Value{{Name: "energy", Value: v, SE: math.Abs(v)}}); err != nil {
			return err
		}
	}
	return nil
}
