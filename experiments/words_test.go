package experiments

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/declare"
)

// TestWordsGolden: the second half of specs/README.md is what the walk that makes the schema finds.
func TestWordsGolden(t *testing.T) {
	const file, mark = "specs/README.md", "<!-- From here on: go test ./experiments -run TestWordsGolden -update -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, have, ok := strings.Cut(string(text), mark)
	if !ok {
		t.Fatalf("%s has no line %q", file, mark)
	}
	got := newGlossary().page()
	if *update {
		if err := os.WriteFile(file, []byte(head+mark+got), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if have != got {
		t.Errorf("%s does not have the words of a spec: run `go test ./experiments -run TestWordsGolden -update`", file)
	}
}

// TestWordsAreExplained: every word says what it does.
func TestWordsAreExplained(t *testing.T) {
	t.Parallel()
	count := 0
	for _, s := range newGlossary().sections {
		for _, w := range s.Words {
			count++
			if w.Doc == "" {
				t.Errorf("%s %s: the word %s has no doc", s.Kind, s.Name, w.Key)
			}
		}
	}
	if count < 100 {
		t.Errorf("found %d words", count)
	}
}

// glossary writes the words of specs as Markdown.
type glossary struct {
	sections    []declare.Section
	definitions declare.Object
}

func newGlossary() glossary {
	sections, definitions := declare.Sections(language(nil), defaults())
	return glossary{sections, definitions}
}

// page has a table for the spec itself, and one for each mapping and each kind of values in it.
func (g glossary) page() string {
	var b strings.Builder
	b.WriteString("\n## Every word\n\nA word with [ ] may also have a list of values, which are swept.\n\n")
	var done []string
	for _, s := range g.sections {
		name := title(s)
		switch {
		case slices.Contains(done, name):
			continue
		case name != "":
			fmt.Fprintf(&b, "\n### %s\n\n", name)
		}
		done = append(done, name)
		if s.Kind == "" {
			b.WriteString("| word | value | default | what it is |\n| --- | --- | --- | --- |\n")
			g.rows(&b, s, "")
		} else {
			g.kind(&b, s.Kind)
		}
	}
	return b.String()
}

// title returns the heading under which a section stands, "" for the spec itself.
func title(s declare.Section) string {
	if s.Kind != "" {
		return s.Kind
	}
	return s.Name
}

// kind writes the families of a kind: their names, and a table of their parameters.
func (g glossary) kind(b *strings.Builder, kind string) {
	var plain, alike, words []string
	var others []declare.Section
	for _, s := range g.sections {
		switch {
		case s.Kind != kind:
		case len(s.Words) > 0 && s.Words[0].Doc == "as for a file":
			alike, words = append(alike, "`"+s.Name+"`"), nil
			for _, w := range s.Words {
				words = append(words, "`"+w.Key+"`")
			}
		case len(s.Words) == 0:
			plain = append(plain, "`"+s.Name+"`")
		case kind == "source" && s.Name != "file":
			plain = append(plain, "`"+s.Name+"`") // with the words of the target
		default:
			others = append(others, s)
		}
	}
	if len(plain) > 0 {
		fmt.Fprintf(b, "%s.\n", strings.Join(plain, ", "))
	}
	if kind == "source" {
		b.WriteString("A source with the name of a [target](#target) takes its words.\n")
	}
	if len(alike) > 0 {
		fmt.Fprintf(b, "%s take %s, as a file does.\n", strings.Join(alike, ", "), strings.Join(words, ", "))
	}
	if len(others) == 0 {
		return
	}
	if len(plain)+len(alike) > 0 {
		b.WriteString("\n")
	}
	b.WriteString("| name | word | value | default | what it is |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range others {
		g.rows(b, s, "`"+s.Name+"`")
	}
}

// rows writes the words of a section, the first with the name in front if there is one.
func (g glossary) rows(b *strings.Builder, s declare.Section, name string) {
	for i, w := range s.Words {
		if s.Kind != "" {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(b, "| %s ", name)
		}
		list := ""
		if w.Swept {
			list = " [ ]"
		}
		fmt.Fprintf(b, "| `%s`%s | %s | %s | %s |\n", w.Key, list, g.value(w.Value), g.preset(w), w.Doc)
	}
}

// preset returns the default of a word.
func (g glossary) preset(w declare.Word) string {
	if w.Required || w.Default == 0 && w.Value["minimum"] != nil && string(w.Value["minimum"].(json.RawMessage)) != "0" {
		return "must be given"
	}
	text, err := json.Marshal(w.Default)
	if err != nil {
		panic(err)
	}
	switch s := string(text); {
	case s == `""` || s == "null" || s[0] == '{':
		return ""
	default:
		return strings.NewReplacer(`"`, "", ",", ", ").Replace(s)
	}
}
