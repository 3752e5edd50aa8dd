package manual

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	run := func(*cobra.Command, []string) error { return nil }
	root := &cobra.Command{Use: "flowsweep", Short: "Sweeps"}
	store := &cobra.Command{Use: "db", Short: "Look after the store"}
	store.AddCommand(&cobra.Command{Use: "check", Short: "Check the store", RunE: run})
	hidden := &cobra.Command{Use: "secret", Hidden: true, RunE: run}
	root.AddCommand(store, hidden)
	folder := t.TempDir()
	files, err := Write(root, folder, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"man1/flowsweep.1", "man1/flowsweep-db.1", "man1/flowsweep-db-check.1", "completions/_flowsweep"} {
		if !slices.Contains(files, filepath.FromSlash(path)) {
			t.Errorf("no %s among %q", path, files)
		}
	}
	for _, path := range files {
		text, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil || len(text) == 0 {
			t.Errorf("%s has %d bytes, %v", path, len(text), err)
		}
		if strings.Contains(path, "secret") {
			t.Errorf("%s is a page of a hidden command", path)
		}
	}
	page, err := os.ReadFile(filepath.Join(folder, "man1", "flowsweep-db-check.1"))
	if err != nil || !strings.Contains(string(page), `"Nov 2026"`) || !strings.Contains(string(page), "Check the store") {
		t.Errorf("the page is %q, %v", page, err)
	}
}

// TestShellsTakeCompletions: the shells that are here find no fault in their scripts.
func TestShellsTakeCompletions(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	root := &cobra.Command{Use: "flowsweep", Short: "Sweeps", RunE: func(*cobra.Command, []string) error { return nil }}
	if _, err := Write(root, folder, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for shell, script := range map[string]string{"bash": "flowsweep", "zsh": "_flowsweep", "fish": "flowsweep.fish"} {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("no %s here", shell)
			}
			if out, err := exec.Command(path, "-n", filepath.Join(folder, "completions", script)).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
