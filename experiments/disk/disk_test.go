package disk_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"flowsweep/experiments/disk"
)

func TestSameContent(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	long := bytes.Repeat([]byte("flow"), 1<<15) // two whole parts
	changed := bytes.Clone(long)
	changed[len(changed)-1]++
	for name, c := range map[string]struct {
		a, b []byte
		want bool
	}{
		"empty": {nil, nil, true}, "one empty": {nil, []byte("x"), false}, "short": {[]byte("x"), []byte("x"), true},
		"long": {long, long, true}, "longer": {long, append(bytes.Clone(long), 'x'), false}, "the last byte": {long, changed, false},
		"shorter": {long[:len(long)-1], long, false}, "a part": {long[:1<<16], long, false},
	} {
		a, b := filepath.Join(folder, name+" a"), filepath.Join(folder, name+" b")
		must(t, os.WriteFile(a, c.a, 0o644))
		must(t, os.WriteFile(b, c.b, 0o644))
		if got, err := disk.SameContent(a, b); got != c.want || err != nil {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, c.want)
		}
	}
	if _, err := disk.SameContent(folder+"/gone", folder+"/short a"); err == nil {
		t.Error("a missing file: got no error")
	}
}
