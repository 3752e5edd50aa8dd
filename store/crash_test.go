package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// roleSweep does what is left of tiny, with the number of seeds in its second argument, and prints what is acknowledged:
// "fit KEY", "run KEY", "metrics KEY", "checkpoint KEY STEP". Every content is its owner's key.
func roleSweep(ctx context.Context, path string) error {
	plan, err := parsePlan(strings.Replace(tiny, "seeds: 2", "seeds: "+os.Args[2], 1))
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	if err := db.Lock(ctx, "sweep", time.Now, func(store.Worker) {}); err != nil {
		return err
	}
	have, err := db.States(ctx, plan)
	if err != nil {
		return err
	}
	if err := db.StartSweep(ctx, plan, env, time.Now()); err != nil {
		return err
	}
	for _, fit := range plan.Fits {
		if have.Fits[fit.Key] != experiments.Finished {
			if err := crashFit(ctx, db, fit.Key); err != nil {
				return err
			}
		}
		for _, r := range fit.Runs {
			if have.Runs[r.Key] != experiments.Finished {
				if err := db.FinishRun(ctx, r.Key, env, store.Sampled{Samples: []byte(r.Key), NFE: 1, NFEMax: 1, Seconds: 1}, time.Now()); err != nil {
					return err
				}
				fmt.Println("run", r.Key)
			}
			if err := db.SaveMetrics(ctx, r.Key, r.Reference, []experiments.Value{{Name: "mmd", Value: 1}}); err != nil {
				return err
			}
			fmt.Println("metrics", r.Key)
		}
	}
	return errors.Join(db.FinishSweep(ctx, plan.Spec.Name, experiments.Finished, time.Now()), db.Close())
}

// crashFit trains the fit, from its checkpoint if there is one.
func crashFit(ctx context.Context, db *store.DB, fit string) error {
	if _, err := db.StartFit(ctx, fit, env, time.Now()); err != nil {
		return err
	}
	step, _, _, err := db.Checkpoint(ctx, fit)
	if err != nil {
		return err
	}
	for step++; step <= 40; step++ {
		db.LogLosses(fit, experiments.Loss{Step: step, Value: float64(step)})
		if step%10 == 0 {
			if err := db.SaveCheckpoint(ctx, fit, step, []byte(fit)); err != nil {
				return err
			}
			fmt.Println("checkpoint", fit, step)
		}
	}
	if err := db.FinishFit(ctx, fit, 1, 1, []byte(fit), time.Now()); err != nil {
		return err
	}
	fmt.Println("fit", fit)
	return nil
}

// killsVariable names the environment variable for the number of kills of TestKill. A night is enough for a few thousand.
const killsVariable = "STORE_TEST_KILLS"

// TestKill kills a sweep at random moments, again and again. Whatever it acknowledged must be in the store, which must be
// intact, and the next sweep continues from there.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	kills := 10
	if n, err := strconv.Atoi(os.Getenv(killsVariable)); err == nil {
		kills = n
	}
	rng := rand.New(rand.NewPCG(1, 2))
	acked := map[string]bool{}
	seeds := 0
	for range kills {
		if seeds == 0 || rng.IntN(3) == 0 {
			seeds += 2 // more work
		}
		p := begin(t, "sweep", path, fmt.Sprint(seeds))
		lines := rng.IntN(40)
		for i := 0; i < lines && p.stdout.Scan(); i++ {
			acked[p.stdout.Text()] = true
		}
		time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond)
		must(t, p.cmd.Process.Kill())
		for p.stdout.Scan() { // also acknowledged
			acked[p.stdout.Text()] = true
		}
		_ = p.cmd.Wait() // returns the kill as an error
		checkAcked(t, path, acked)
	}
	p := begin(t, "sweep", path, fmt.Sprint(seeds))
	for p.stdout.Scan() {
		acked[p.stdout.Text()] = true
	}
	must(t, p.cmd.Wait())
	checkAcked(t, path, acked)
	db := open(t, path)
	for _, r := range try(db.Sweep(t.Context(), "tiny"))(t).Results {
		losses := try(db.Losses(t.Context(), r.Fit))(t)
		if r.State != experiments.Finished || len(r.Metrics) != 1 || len(losses) != 40 {
			t.Errorf("in the end run %s is %s with %d metrics, and its fit has %d losses of 40", r.Run, r.State, len(r.Metrics), len(losses))
		}
	}
}

// checkAcked checks that the store holds what a killed process acknowledged.
func checkAcked(t *testing.T, path string, acked map[string]bool) {
	t.Helper()
	db := open(t, path)
	defer db.Close()
	for _, f := range try(db.Check(t.Context()))(t) {
		if f.Damage {
			t.Errorf("damage after a kill: %+v", f)
		}
	}
	for line := range acked {
		word, rest, _ := strings.Cut(line, " ")
		key, step, _ := strings.Cut(rest, " ")
		ok := false
		switch word {
		case "fit":
			got := try(db.Weights(t.Context(), key))(t)
			ok = string(got) == key && try(db.Fit(t.Context(), key))(t).State == experiments.Finished
		case "run":
			got := try(db.Samples(t.Context(), key))(t)
			ok = string(got) == key && try(db.Run(t.Context(), key))(t).State == experiments.Finished
		case "metrics":
			ok = len(try(db.Run(t.Context(), key))(t).References) == 1
		case "checkpoint":
			at, content, there, err := db.Checkpoint(t.Context(), key)
			must(t, err)
			want := try(strconv.Atoi(step))(t)
			ok = there && at >= want && string(content) == key || try(db.Fit(t.Context(), key))(t).State == experiments.Finished
			if losses := try(db.Losses(t.Context(), key))(t); len(losses) < want {
				t.Errorf("%q was acknowledged, but there are %d losses", line, len(losses))
			}
		}
		if !ok {
			t.Errorf("%q was acknowledged, but is not in the store", line)
		}
	}
}

// TestNothingIsDoneTwice checks that several processes with the same plan do each fit once, even if one of them dies.
func TestNothingIsDoneTwice(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "runs.db")
			var all []process
			for range n {
				all = append(all, begin(t, "sweep", path, "3"))
			}
			said := map[string]int{}
			for i, p := range all {
				for lines := 0; p.stdout.Scan(); lines++ {
					if said[p.stdout.Text()]++; i == 0 && lines == 10 {
						must(t, p.cmd.Process.Kill())
					}
				}
				if err := p.cmd.Wait(); i > 0 {
					must(t, err)
				}
			}
			for line, times := range said {
				if times > 1 && !strings.HasPrefix(line, "metrics") { // metrics are measured again each time
					t.Errorf("%q was printed %d times", line, times)
				}
			}
			db := open(t, path)
			for _, r := range try(db.Sweep(t.Context(), "tiny"))(t).Results {
				if r.State != experiments.Finished {
					t.Errorf("run %s is %s", r.Run, r.State)
				}
			}
		})
	}
}

// TestDiskFull checks that a full disk causes errors, keeps what was acknowledged and does not stop readers, and that work
// can continue when there is space again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	pages := try(db.LimitPages(1 << 30))(t)
	_ = try(db.LimitPages(pages + 6))(t)
	fit := plan.Fits[0]
	startFit(t, db, fit.Key)
	samples := make([]byte, 8192)
	var done []string
	var full error
	for i, r := range fit.Runs {
		samples[0] = byte(i)
		if full = db.FinishRun(t.Context(), r.Key, env, store.Sampled{Samples: samples, NFE: 1, NFEMax: 1, Seconds: 1}, noon); full != nil {
			break
		}
		done = append(done, r.Key)
	}
	if wantError(t, full, "finish run", "full"); len(done) == 0 {
		t.Fatal("nothing fitted")
	}
	for step := range 10_000 {
		db.LogLosses(fit.Key, experiments.Loss{Step: step, Value: 1})
	}
	wantError(t, db.FinishFit(t.Context(), fit.Key, 1, 1, nil, noon), "losses of fit", "full")
	for i, key := range done {
		if got := try(db.Samples(t.Context(), key))(t); len(got) != 8192 || got[0] != byte(i) {
			t.Errorf("samples of an acknowledged run: got %d bytes", len(got))
		}
	}
	if s := try(db.Sweep(t.Context(), ""))(t); len(s.Results) != plan.Runs() {
		t.Errorf("results: got %d", len(s.Results))
	}
	if list := try(db.Check(t.Context()))(t); len(list) != 0 {
		t.Errorf("check: %+v", list)
	}
	_ = try(db.LimitPages(1 << 30))(t)
	// EndFit reports the missing losses, and stores the failure nevertheless.
	wantError(t, db.EndFit(t.Context(), fit.Key, experiments.Failed, full.Error(), noon), "losses of fit")
	if f := try(db.Fit(t.Context(), fit.Key))(t); f.State != experiments.Failed || f.Error != full.Error() {
		t.Errorf("the fit is %s: %q", f.State, f.Error)
	}
	trainFit(t, db, fit.Key, []byte("weights"))
}

// TestDamagedLog truncates the write-ahead log of a killed process, or flips one of its bytes. SQLite's checksums end the
// log there: everything acknowledged before is in the store, and everything later is lost without a trace.
func TestDamagedLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	type ack struct {
		run string
		end int // of the log at that time
	}
	logEnd := func() int { return int(try(os.Stat(path + "-wal"))(t).Size()) }
	plan := start(t, db, tiny)
	started := logEnd()
	var acks []ack
	for _, fit := range plan.Fits {
		trainFit(t, db, fit.Key, []byte(fit.Key))
		for _, r := range fit.Runs {
			must(t, db.FinishRun(t.Context(), r.Key, env, store.Sampled{Samples: []byte(r.Key), NFE: 1, NFEMax: 1, Seconds: 1}, noon))
			acks = append(acks, ack{r.Key, logEnd()})
		}
	}
	file, log := try(os.ReadFile(path))(t), try(os.ReadFile(path+"-wal"))(t)
	rng := rand.New(rand.NewPCG(3, 4))
	for try := range 30 {
		at := rng.IntN(len(log))
		damaged := append([]byte(nil), log...)
		if damaged[at] ^= 1 << rng.IntN(8); try%2 == 0 {
			damaged = damaged[:at]
		}
		checkDamagedLog(t, file, damaged, func(db *store.DB) {
			for _, a := range acks {
				r, err := db.Run(t.Context(), a.run)
				if err != nil { // the damage precedes the plan
					wantError(t, err, "not in the store")
				}
				state := r.State
				content, err := db.Samples(t.Context(), a.run)
				if finished := state == experiments.Finished; finished != (err == nil) || finished && string(content) != a.run {
					t.Errorf("run %s is %q, and its samples are %q (%v)", a.run, state, content, err)
				}
				if a.end <= at && state != experiments.Finished {
					t.Errorf("the log is damaged at byte %d, but run %s, complete at byte %d, is %q", at, a.run, a.end, state)
				}
				if a.end > at+4096+24+32 && state == experiments.Finished { // its last frame is after the damage
					t.Errorf("the log is damaged at byte %d, but run %s, complete at byte %d, is in the store", at, a.run, a.end)
				}
			}
			if names, err := db.SweepNames(t.Context()); started <= at && (err != nil || len(names) != 1) {
				t.Errorf("the sweep from before the damage: got %q", names)
			}
		})
	}
}

func checkDamagedLog(t *testing.T, file, log []byte, check func(db *store.DB)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "runs.db")
	must(t, os.WriteFile(path, file, 0o644))
	must(t, os.WriteFile(path+"-wal", log, 0o644))
	db := open(t, path)
	defer db.Close()
	for _, f := range try(db.Check(t.Context()))(t) {
		if f.Damage {
			t.Errorf("%+v", f)
		}
	}
	check(db)
}

// FuzzDamagedFile checks that, whatever is written over a store, nothing panics and no content other than the stored one
// is returned.
func FuzzDamagedFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "runs.db")
	db, err := store.Open(f.Context(), path)
	if err != nil {
		f.Fatal(err)
	}
	plan, err := parsePlan(tiny)
	if err != nil {
		f.Fatal(err)
	}
	fit := plan.Fits[0].Key
	weights := strings.Repeat("weights ", 1000)
	if err := errors.Join(
		db.Lock(f.Context(), "fuzz", fixedClock, nil), db.StartSweep(f.Context(), plan, env, noon),
		db.FinishFit(f.Context(), fit, 1, 1, []byte(weights), noon), db.Close(),
	); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	for _, at := range []int{0, 18, 24, 28, 60, 68, 100, 4096, 8192, len(whole) - 4096, len(whole) - 10} {
		f.Add(at, []byte{0xff, 0, 1, 0x80})
	}
	f.Fuzz(func(t *testing.T, at int, over []byte) {
		if at < 0 || at >= len(whole) {
			return
		}
		damaged := append([]byte(nil), whole...)
		copy(damaged[at:], over)
		path := filepath.Join(t.TempDir(), "runs.db")
		must(t, os.WriteFile(path, damaged, 0o644))
		_ = store.CheckPath(path)
		db, err := store.Open(t.Context(), path)
		if err != nil {
			return
		}
		defer db.Close()
		_, _ = db.Check(t.Context())
		_, _ = db.Sweep(t.Context(), "")
		_, _ = db.States(t.Context(), plan)
		if got, err := db.Weights(t.Context(), fit); err == nil && string(got) != weights {
			t.Errorf("%d bytes over byte %d: other weights were returned", len(over), at)
		}
	})
}
