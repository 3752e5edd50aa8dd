package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows is the architecture: what each room may import of the others, and which outside libraries it is the door to.
// A library listed nowhere may be used anywhere; one that is listed has no other door. Changing the table is a design
// decision: say why in the commit.
var arrows = map[string]struct{ rooms, doors []string }{
	"": {rooms: []string{"pipeline"}},
	"pipeline": {rooms: []string{
		"pipeline/bench", "pipeline/job", "pipeline/saved", "pipeline/ship", "pipeline/sweep",
		"experiments", "experiments/engine", "experiments/engine/ort", "experiments/flow", "experiments/metric", "experiments/oracle",
		"experiments/problem", "experiments/query", "experiments/target", "experiments/velocity", "export", "store",
	}},
	"pipeline/sweep": {
		rooms: []string{
			"pipeline/job", "pipeline/saved", "experiments", "experiments/engine", "experiments/flow", "experiments/problem",
			"experiments/velocity", "store",
		},
		doors: []string{"github.com/vbauerster/mpb"},
	},
	// Never store, export, reports, a terminal or a socket: another machine may do a job.
	"pipeline/job": {rooms: []string{
		"experiments", "experiments/engine", "experiments/flow", "experiments/metric", "experiments/net", "experiments/ode", "experiments/oracle",
		"experiments/target", "experiments/velocity",
	}},
	"pipeline/saved": {rooms: []string{"experiments", "experiments/flow", "experiments/velocity", "store"}},
	"pipeline/ship": {rooms: []string{
		"pipeline/job", "pipeline/saved", "experiments", "experiments/engine", "experiments/flow", "experiments/metric",
		"experiments/net", "experiments/ode", "experiments/oracle", "experiments/query", "experiments/target", "experiments/velocity", "export", "reports", "store",
	}},
	"pipeline/bench": {rooms: []string{
		"pipeline/job", "pipeline/ship", "experiments", "experiments/engine", "experiments/flow", "experiments/metric", "experiments/net",
		"experiments/ode", "experiments/target", "experiments/velocity", "export", "store",
	}},
	"store":   {rooms: []string{"experiments"}, doors: []string{"github.com/mattn/go-sqlite3", "database/sql"}},
	"reports": {rooms: []string{"experiments", "experiments/metric"}, doors: []string{"gonum.org/v1/plot", "html/template"}},
	// A file is written as ONNX and run in onnxruntime alone; the Go side of a comparison is handed in as a function. What
	// comes of it is a Check, one of the words that all doors share.
	"export": {rooms: []string{
		"experiments", "experiments/engine/onnx", "experiments/engine/ort", "experiments/flow", "experiments/net", "experiments/ode", "experiments/velocity",
	}},
	// What a net is, not velocity, which builds it: the store must not drag GoMLX in.
	"experiments": {
		rooms: []string{
			"experiments/declare", "experiments/flow", "experiments/metric", "experiments/net", "experiments/ode", "experiments/problem",
			"experiments/query", "experiments/target",
		},
	},
	// What is a solver or a target is handed to it: it knows how things are declared, and not which things there are.
	"experiments/declare": {rooms: []string{"experiments/problem"}, doors: []string{"go.yaml.in/yaml"}},
	"experiments/velocity": {
		rooms: []string{"experiments/engine", "experiments/engine/onnx", "experiments/flow", "experiments/net"},
		doors: []string{"github.com/gomlx/gomlx"},
	},
	// The engine drives GoMLX's own backends and, through its two rooms, onnxruntime. Those know neither it nor each other:
	// onnx can be read and tested without a shared library, and ort runs any file, wherever it came from.
	"experiments/engine": {
		rooms: []string{"experiments/engine/onnx", "experiments/engine/ort"},
		doors: []string{"github.com/gomlx/compute", "github.com/gomlx/gomlx", "github.com/gomlx/go-xla"},
	},
	"experiments/engine/onnx": {doors: []string{"github.com/gomlx/compute", "github.com/gomlx/gomlx", "google.golang.org/protobuf"}},
	"experiments/engine/ort":  {doors: []string{"github.com/yalue/onnxruntime_go"}},
	"experiments/metric":      {rooms: []string{"experiments/flow"}, doors: []string{"gonum.org/v1/gonum"}},
	"experiments/target":      {rooms: []string{"experiments/flow", "experiments/oracle"}},
	"experiments/oracle":      {rooms: []string{"experiments/flow"}, doors: []string{"gonum.org/v1/gonum"}},
	"experiments/ode":         {rooms: []string{"experiments/flow"}},
	"experiments/flow":        {},
	"experiments/query":       {rooms: []string{"experiments/problem"}},
	"experiments/problem":     {},
	"experiments/net":         {},
}

const module = "flowsweep/"

func TestArrows(t *testing.T) {
	t.Parallel()
	var doors []string
	for _, a := range arrows {
		doors = append(doors, a.doors...)
	}
	for room, imports := range importsByRoom(t) {
		allowed, ok := arrows[room]
		if !ok {
			t.Errorf("%q is a room that the table does not know: give it a line, or the code a place in another room", room)
			continue
		}
		for _, path := range imports {
			if inner, ok := strings.CutPrefix(path, module); ok {
				if !slices.Contains(allowed.rooms, inner) {
					t.Errorf("%q imports %q, which the table does not allow", room, inner)
				}
				continue
			}
			isDoor := func(door string) bool { return path == door || strings.HasPrefix(path, door+"/") }
			if slices.ContainsFunc(doors, isDoor) && !slices.ContainsFunc(allowed.doors, isDoor) {
				t.Errorf("%q imports %q, which has its door elsewhere", room, path)
			}
		}
	}
}

// TestArrowsAreUsed keeps the table from allowing more than the code does.
func TestArrowsAreUsed(t *testing.T) {
	t.Parallel()
	imports := importsByRoom(t)
	for room, a := range arrows {
		for _, inner := range a.rooms {
			if !slices.Contains(imports[room], module+inner) {
				t.Errorf("the table lets %q import %q, which it does not", room, inner)
			}
		}
	}
}

// TestChildrenKnowNoParent keeps the table itself from turning an arrow round: a parent puts its rooms together.
func TestChildrenKnowNoParent(t *testing.T) {
	t.Parallel()
	for room, a := range arrows {
		for _, inner := range a.rooms {
			if strings.HasPrefix(room, inner+"/") {
				t.Errorf("the table lets %q import its parent %q", room, inner)
			}
		}
	}
}

// importsByRoom returns what the code of each folder imports, tests left out: they may look from outside.
func importsByRoom(t *testing.T) map[string][]string {
	t.Helper()
	rooms := map[string]map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "out") {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != "." {
			return filepath.SkipDir // another module
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), ".")
		if rooms[room] == nil {
			rooms[room] = map[string]bool{}
		}
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			rooms[room][name] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list := map[string][]string{}
	for room, set := range rooms {
		list[room] = slices.Sorted(maps.Keys(set))
	}
	return list
}
