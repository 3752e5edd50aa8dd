package pipeline

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBenchStore prints the promised fields and leaves nothing beside the store.
func TestBenchStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var stdout, stderr strings.Builder
	code := Main([]string{"bench", "store", "--json", "--time", "50ms", "--db", filepath.Join(dir, "runs.db")}, strings.NewReader(""), &stdout, &stderr)
	var speed map[string]float64
	if err := json.Unmarshal([]byte(stdout.String()), &speed); code != exitOK || err != nil {
		t.Fatalf("exit code %d, %v: %s%s", code, err, stdout.String(), stderr.String())
	}
	for _, field := range []string{"points_per_second", "points_per_second_limit", "runs_per_second"} {
		if !(speed[field] > 0) {
			t.Errorf("%s is %g", field, speed[field])
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}

func TestBenchNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want int
	}{{[]string{"bench", "gone"}, exitUsage}, {[]string{"bench"}, exitUsage}, {[]string{"bench", "store", "--time", "0s"}, exitUsage}, {[]string{"bench", "--help"}, exitOK}} {
		var stdout, stderr strings.Builder
		if got := Main(c.args, strings.NewReader(""), &stdout, &stderr); got != c.want {
			t.Errorf("%v: exit code %d, want %d: %s", c.args, got, c.want, stderr.String())
		}
	}
}
