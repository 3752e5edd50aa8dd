package store_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"flowsweep/store"
	"flowsweep/store/view"
)

var update = flag.Bool("update", false, "rewrite the part of README.md that is made from the migrations")

// TestGoldenViews checks that README.md lists the views as they are described where they are made.
func TestGoldenViews(t *testing.T) {
	t.Parallel()
	const page, start, end = "README.md", "<!-- made from migrations/*.sql by `task golden` -->\n", "<!-- end -->\n"
	text := string(try(os.ReadFile(page))(t))
	before, rest, ok := strings.Cut(text, start)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the views", page)
	}
	want := before + start + listOf(store.Views()) + end + after
	if *update {
		must(t, os.WriteFile(page, []byte(want), 0o644))
	} else if text != want {
		t.Errorf("%s lists other views than there are: run `go test ./store -run Golden -update`", page)
	}
}

// listOf returns views as tables in Markdown, with columns of which the same is said in one row.
func listOf(views []view.View) string {
	var b strings.Builder
	for _, v := range views {
		fmt.Fprintf(&b, "\n### %s\n\nIt has %s.\n\n| column | holds |\n| --- | --- |\n", v.Name, v.About)
		for i := 0; i < len(v.Columns); {
			var names []string
			about := v.Columns[i].About
			for ; i < len(v.Columns) && v.Columns[i].About == about; i++ {
				name := "`" + v.Columns[i].Name + "`"
				if v.Columns[i].Added {
					name += " *"
				}
				names = append(names, name)
			}
			fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(names, ", "), about)
		}
	}
	return b.String() + "\n"
}
