package experiments

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestShownSpecs: the schema accepts each key of the YAML that documents show, also of parts of specs and in comments that begin with a
// key.
func TestShownSpecs(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	count := 0
	for _, pattern := range []string{"../*.md", "*/*.md", "../*/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range shown(string(text)) {
				count++
				spec := "name: shown\n" + entry
				if !strings.HasPrefix(entry, "target:") && !strings.HasPrefix(entry, "random:") && !strings.HasPrefix(entry, "zip:") {
					spec += "target: moons\n"
				}
				if err := schema.Validate(plain(t, []byte(spec))); err != nil {
					t.Errorf("%s: the schema rejects %q: %v", file, entry, err)
				}
			}
		}
	}
	if count < 30 {
		t.Errorf("found %d parts of specs", count)
	}
}

// shown returns the entries of specs in the YAML blocks of a page, but for names, anchors and what is wrong on purpose.
func shown(page string) (list []string) {
	for _, block := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		if strings.Contains(block[1], "# wrong.yaml") {
			continue
		}
		text := regexp.MustCompile(`(?m)^# ([a-z]+: )`).ReplaceAllString(block[1], "$1")
		for _, entry := range regexp.MustCompile(`(?m)^([a-z]+):.*\n(?:[ \t]+.*\n|[ \t]*\n)*`).FindAllString(text, -1) {
			if !strings.HasPrefix(entry, "name:") && !strings.Contains(entry, "<<: *") {
				list = append(list, entry)
			}
		}
	}
	return list
}
