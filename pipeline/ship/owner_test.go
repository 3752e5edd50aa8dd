package ship

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/reports"
)

// TestFolderNames: a name that some system reads otherwise gets a folder of another name, and no two names share one.
func TestFolderNames(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, want := range map[string]string{
		"two-moons": "two-moons", "größe": "größe", "a._": "a._", "CON": "_CON", "con": "_con", "nul.txt": "_nul.txt", "COM1": "_COM1", "lpt9.a": "_lpt9.a",
		"console": "console", "com10": "com10", "a.": "__a._", "a..": "__a.._", "CON.": "__CON._", "CON._": "_CON._", "two-moons@1": "two-moons@1", "CON@1": "CON@1",
	} {
		got := folderName(name)
		if got != want || strings.HasSuffix(got, ".") || reserved.MatchString(got) {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s share the folder %s", name, other, got)
		}
		seen[got] = name
	}
}

// TestOwner: the output of a sweep is not replaced by that of another, whether the folder holds its runs or only its page.
func TestOwner(t *testing.T) {
	t.Parallel()
	runs, err := runsCSV(experiments.Sweep{Results: []experiments.Result{{Sweep: "Moons"}}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := reports.Render(reports.Page{Sweep: experiments.Sweep{Name: "Moons"}, ChoiceError: "nothing finished"})
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{csvFile: runs, ReportFile: page} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := SweepFolder(dir, "Moons"); err != nil {
			t.Errorf("%s of the same sweep: %v", file, err)
		}
		for name, folder := range map[string]func(string, string) (string, error){"sweep": SweepFolder, "front": FrontFolder} {
			var taken *OccupiedError
			if _, err := folder(dir, "moons"); !errors.As(err, &taken) || !strings.Contains(err.Error(), "the sweep Moons") {
				t.Errorf("%s of another sweep, for the %s: got %v", file, name, err)
			}
		}
	}
	dir := t.TempDir()
	for file, content := range map[string]string{csvFile: "a,b\n1,2\n", ReportFile: "<title>mine</title>"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := SweepFolder(dir, "moons"); err != nil || out != dir {
		t.Errorf("a folder without a sweep: %v", err)
	}
}
