package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// programVariable is the environment variable that makes the test binary the program.
const programVariable = "FLOWSWEEP_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// program returns a command that runs the program in a process of its own, in the folder.
func program(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), programVariable+"=1")
	return cmd
}

// answer is what a command says.
type answer struct {
	code           int
	stdout, stderr string
	panicked       string // with its stack
}

// runHere runs a command in this process. The name of the folder reads DIR in what it says.
func runHere(dir string, args ...string) (a answer) {
	var stdout, stderr bytes.Buffer
	defer func() {
		a.stdout, a.stderr = strings.ReplaceAll(stdout.String(), dir, "DIR"), strings.ReplaceAll(stderr.String(), dir, "DIR")
		if fault := recover(); fault != nil {
			a.panicked = fmt.Sprintf("%v\n%s", fault, debug.Stack())
		}
	}()
	a.code = Main(args, strings.NewReader(""), &stdout, &stderr)
	return a
}

// smallSpec has a row in nearly every table: baselines, nulls, losses on held-out rows, an adaptive solver and its twin.
const smallSpec = `name: small
target: {file: data.csv}
net: {width: 4, depth: 1, activation: tanh}
train: {steps: 40, batch: 8, rate: 1e-2}
seeds: 2
sample: {solver: [euler, dopri5], steps: 2, tolerance: 1e-1, count: 16}
reference: {count: 6}
metrics: [energy, sliced-w2]
baselines: [gaussian]
`

// wildSpec has a fit that fails and, with --fail-fast, one that is queued.
const wildSpec = `name: wild
target: moons
net: {width: 4, depth: 1, activation: relu}
train: {steps: 20, batch: 4, rate: [1e+38, 1e-2]}
sample: {solver: euler, steps: 2, count: 8}
reference: {count: 8}
metrics: [energy]
`

// fixture is a folder with a store that the program has made.
type fixture struct {
	files      map[string][]byte // by path
	fits, runs []string          // keys of those of wild and of small, the latest sweep
	named      map[string]string // keys by what they stand for in roughRows
}

// write writes the files into a folder.
func (f *fixture) write(dir string) error {
	for path, content := range f.files {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
			return err
		}
	}
	return nil
}

// small returns the fixture that all tests share. Its store holds fits and runs that are finished, failed and killed, the
// last with a checkpoint.
func small(t *testing.T) *fixture {
	t.Helper()
	f, err := makeSmall()
	must(t, err)
	return f
}

var makeSmall = sync.OnceValues(func() (f *fixture, err error) {
	dir, err := os.MkdirTemp("", "flowsweep-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	f = &fixture{files: map[string][]byte{"small.yaml": []byte(smallSpec), "wild.yaml": []byte(wildSpec)}}
	random := rand.New(rand.NewPCG(1, 0))
	data := []byte("x,y\n")
	for range 60 {
		data = fmt.Appendf(data, "%.2f,%.2f\n", random.NormFloat64(), 3+2*random.NormFloat64())
	}
	f.files["data.csv"] = data
	if err := f.write(dir); err != nil {
		return nil, err
	}
	db := filepath.Join(dir, "runs.db")
	for _, c := range []struct {
		code int
		args []string
	}{
		{1, []string{"sweep", filepath.Join(dir, "wild.yaml"), "--fail-fast", "--workers", "1", "--out", filepath.Join(dir, "wild")}},
		{0, []string{"sweep", filepath.Join(dir, "small.yaml"), "--out", filepath.Join(dir, "small")}},
		{0, []string{"tag", "small", "good"}},
		{0, []string{"note", "small", "worth a look"}},
	} {
		if a := runHere(dir, append(c.args, "--db", db)...); a.code != c.code || a.panicked != "" {
			return nil, fmt.Errorf("%v exits with %d (%s): %s", c.args, a.code, a.panicked, a.stderr)
		}
	}
	if err := f.list(dir, db); err != nil {
		return nil, err
	}
	for _, name := range []string{"runs.db", "small/velocity.onnx", "small/report.html"} {
		if f.files[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	return f, nil
})

// list notes the keys, and gives the queued fit a checkpoint, as an interrupt would.
func (f *fixture) list(dir, path string) error {
	for _, name := range []string{"wild", "small"} {
		var rows []struct {
			Run, Fit string
			State    experiments.State
		}
		a := runHere(dir, "runs", "--json", "--sweep", name, "--db", path)
		if err := json.Unmarshal([]byte(a.stdout), &rows); err != nil {
			return err
		}
		for _, r := range rows {
			f.runs = append(f.runs, r.Run)
			if len(f.fits) == 0 || f.fits[len(f.fits)-1] != r.Fit {
				f.fits = append(f.fits, r.Fit)
			}
			if r.State == experiments.Queued {
				if err := interrupt(path, r.Fit); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// interrupt leaves a fit as an interrupt does after a step.
func interrupt(path, fit string) error {
	return workOn(path, func(ctx context.Context, db *store.DB, now time.Time) error {
		if _, err := db.StartFit(ctx, fit, experiments.Environment{}, now); err != nil {
			return err
		}
		if err := db.SaveCheckpoint(ctx, fit, 1, bytes.Repeat([]byte("checkpoint"), 50)); err != nil {
			return err
		}
		return db.EndFit(ctx, fit, experiments.Killed, "interrupted", now)
	})
}

// workOn opens a store and works on it as a sweep would.
func workOn(path string, do func(ctx context.Context, db *store.DB, now time.Time) error) error {
	ctx, now := context.Background(), time.Unix(0, 0)
	db, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	if err = db.Lock(ctx, "a test", func() time.Time { return now }, nil); err == nil {
		err = do(ctx, db, now)
	}
	return errors.Join(err, db.Close())
}
