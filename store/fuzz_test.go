package store_test

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// fuzzed takes changed parts of a fit into a store with a sweep.
type fuzzed struct {
	make        sync.Once
	fit         string
	part, empty []byte // files of a good part, and of the store
	before      string // rows of the store
}

func (z *fuzzed) prepare(t *testing.T) {
	z.make.Do(func() {
		plan := planOf(t, tiny)
		z.fit, z.part = plan.Fits[0].Key, try(os.ReadFile(partOf(t, plan.Fits[0])))(t)
		path := filepath.Join(t.TempDir(), "here.db")
		db := open(t, path)
		lock(t, db)
		must(t, db.StartSweep(t.Context(), plan, env, noon))
		must(t, db.FinishSweep(t.Context(), "tiny", experiments.Killed, noon))
		must(t, db.Close())
		z.empty, z.before = try(os.ReadFile(path))(t), dump(t, path)
	})
}

// take takes a part in. A refused one must change nothing, and one that is taken in must leave a whole store.
func (z *fuzzed) take(t *testing.T, part string) {
	path := filepath.Join(filepath.Dir(part), "here.db")
	must(t, os.WriteFile(path, z.empty, 0o644))
	db := open(t, path)
	lock(t, db)
	if _, err := db.Take(t.Context(), part, z.fit); err != nil {
		if dump(t, path) != z.before {
			t.Fatalf("refused (%v), and changed something", err)
		}
		return
	}
	for _, f := range try(db.Check(t.Context()))(t) {
		if f.Damage {
			t.Errorf("taken in, and damaged: %s", f.Text)
		}
	}
}

// FuzzTake changes bytes of a part, as it is and with the seals of its rows made anew, as who changes it on purpose would.
func FuzzTake(f *testing.F) {
	for i, at := range []uint32{16, 18, 24, 28, 44, 56, 60, 68, 96, 100, 105, 4096 * 3, 4096*5 + 1, 4096*9 + 8, 4096*12 + 4000, 4096*20 + 100} {
		f.Add(at, []byte{byte(i), 0xff}, i%2 == 1)
	}
	var z fuzzed
	f.Fuzz(func(t *testing.T, at uint32, change []byte, seal bool) {
		z.prepare(t)
		content := slices.Clone(z.part)
		for i, b := range change {
			content[(int(at)+i)%len(content)] ^= b
		}
		path := filepath.Join(t.TempDir(), "changed.db")
		must(t, os.WriteFile(path, content, 0o644))
		if seal {
			_ = store.Seal(t.Context(), path)
		}
		z.take(t, path)
	})
}
