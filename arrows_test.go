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

// arrows is the architecture: for each room the other rooms it may import, and the outside libraries that only it may
// use. Libraries that are not listed may be used anywhere. Changing the table is a design decision: say why in the
// commit.
var arrows = map[string]struct{ rooms, doors []string }{
	"": {rooms: []string{"pipeline"}},
	"pipeline": {rooms: []string{
		"pipeline/bench", "pipeline/command", "pipeline/compare", "pipeline/crew", "pipeline/index", "pipeline/job", "pipeline/points", "pipeline/saved", "pipeline/schemas", "pipeline/serve", "pipeline/ship", "pipeline/show", "pipeline/stage", "pipeline/cost", "pipeline/manual", "pipeline/leave", "pipeline/ask",
		"pipeline/sweep", "pipeline/sweep/talk", "pipeline/table", "pipeline/upkeep", "pipeline/watch", "pipeline/work",
		"experiments", "experiments/disk", "experiments/engine", "experiments/engine/ort", "experiments/flow", "experiments/given", "experiments/metric", "experiments/problem", "experiments/query",
		"export", "export/signing", "reports/comparison", "store", "store/view",
	}},
	// What all commands share: streams, the store, and how they print, ask and refuse.
	"pipeline/command": {rooms: []string{"pipeline/table", "experiments", "experiments/disk", "store"}},
	// Files. What makes them, in tests, knows the types that print themselves, and no command.
	"pipeline/schemas":        {},
	"pipeline/schemas/derive": {rooms: []string{"experiments", "experiments/declare", "experiments/flow", "experiments/kinds", "experiments/ode", "experiments/target"}},
	// Commands on points: to draw them, to measure them, and what is exactly known of where they come from.
	"pipeline/points": {rooms: []string{
		"pipeline/command", "pipeline/draw", "pipeline/facts", "pipeline/job", "pipeline/pair", "pipeline/remeasure", "pipeline/saved", "pipeline/ship", "pipeline/table",
		"experiments", "experiments/disk", "experiments/engine", "experiments/flow", "experiments/given", "experiments/kinds", "experiments/metric", "experiments/problem", "experiments/table", "experiments/target", "export", "store",
	}},
	// Commands on what is stored under a key.
	"pipeline/show": {rooms: []string{
		"pipeline/command", "pipeline/job", "pipeline/lineage", "pipeline/saved", "pipeline/ship", "experiments", "experiments/flow", "experiments/kinds", "experiments/problem",
		"experiments/query", "export", "store",
	}},
	// From a run back to its data and forward to its files, for cards and people. It only reads the store.
	"pipeline/lineage": {rooms: []string{"experiments", "store"}},
	// Commands on the store as a file.
	"pipeline/upkeep": {rooms: []string{"pipeline/command", "pipeline/remeasure", "experiments", "experiments/problem", "store"}},
	// Statements in SQL: which figures of settings they may read, and the forms in which rows are written.
	"pipeline/ask": {rooms: []string{"pipeline/saved", "pipeline/ship", "pipeline/table", "experiments", "experiments/query", "store", "store/view"}},
	// Metrics again, from what is stored.
	"pipeline/remeasure": {rooms: []string{"pipeline/job", "pipeline/saved", "experiments", "experiments/engine", "experiments/metric", "store"}},
	// Man pages and completions, of commands that it is given.
	"pipeline/manual": {rooms: []string{"experiments/disk"}},
	"pipeline/sweep": {
		rooms: []string{
			"pipeline/cost", "pipeline/crew", "pipeline/job", "pipeline/live", "pipeline/saved", "pipeline/stage", "pipeline/sweep/talk", "experiments", "experiments/disk", "experiments/engine",
			"experiments/flow", "experiments/problem", "experiments/target", "experiments/velocity", "store",
		},
		doors: []string{"github.com/vbauerster/mpb"},
	},
	// How long a sweep takes: what the store knows of this machine, and what job tries for a moment.
	"pipeline/cost": {rooms: []string{"pipeline/job", "pipeline/saved", "experiments", "experiments/flow", "experiments/metric", "experiments/ode", "experiments/target", "store"}},
	// What a sweep does now, in a file for other processes. Of the store it knows who holds its lock, and numbers are written as pages do.
	"pipeline/live": {rooms: []string{"pipeline/stage", "reports/number", "store/lock"}},
	// A sweep as it runs, on a terminal: it reads the store and what the sweep says.
	"pipeline/watch": {
		rooms: []string{
			"pipeline/live", "pipeline/saved", "pipeline/table", "experiments", "experiments/metric", "experiments/problem", "experiments/query", "reports/number", "store",
		},
		doors: []string{"charm.land/bubbletea"},
	},
	// What hosts and workers say to each other, as JSON. It knows no net, no store and no fit at work.
	"pipeline/sweep/talk": {rooms: []string{"experiments", "experiments/disk"}},
	// A worker: it does the units of a sweep for a host elsewhere.
	"pipeline/work": {rooms: []string{
		"pipeline/crew", "pipeline/sweep", "pipeline/sweep/talk", "experiments", "experiments/engine", "experiments/engine/ort", "experiments/problem", "store",
	}},
	// A job may run on another machine, so it never uses the store, export, reports, a terminal or a socket. It says how far it is
	// where that takes long.
	"pipeline/job": {rooms: []string{
		"experiments", "experiments/baseline", "experiments/engine", "experiments/flow", "experiments/given", "experiments/metric", "experiments/net", "experiments/ode",
		"experiments/oracle", "experiments/target", "experiments/velocity", "pipeline/stage",
	}},
	"pipeline/saved": {rooms: []string{"experiments", "experiments/flow", "experiments/ode", "experiments/velocity", "store"}},
	// Other machines, over NATS: names and bytes, nothing of what they mean.
	"pipeline/crew": {rooms: []string{"experiments/disk"}, doors: []string{"github.com/nats-io"}},
	// What samples are drawn from, be it from the store or from elsewhere, with one way to say how.
	"pipeline/draw": {rooms: []string{
		"pipeline/job", "pipeline/saved", "experiments", "experiments/engine", "experiments/flow", "experiments/given", "experiments/kinds", "experiments/oracle", "experiments/target",
		"experiments/velocity", "export", "export/guided", "store",
	}},
	// What is exactly known of a target.
	"pipeline/facts": {rooms: []string{
		"experiments", "experiments/flow", "experiments/given", "experiments/kinds", "experiments/oracle", "experiments/target",
	}},
	"pipeline/ship": {rooms: []string{
		"pipeline/job", "pipeline/lineage", "pipeline/saved", "pipeline/ship/conditions", "pipeline/ship/follow", "pipeline/stage", "pipeline/table", "experiments", "experiments/disk", "experiments/engine", "experiments/flow", "experiments/metric",
		"experiments/net", "experiments/ode", "experiments/oracle", "experiments/query", "experiments/target", "experiments/velocity", "export", "export/guided", "export/signing", "reports", "reports/comparison", "reports/fields", "reports/motion", "reports/samples", "store",
	}},
	// What the page shows of conditional models: values for reports, from what is stored.
	"pipeline/ship/conditions": {rooms: []string{
		"pipeline/job", "pipeline/saved", "experiments", "experiments/flow", "experiments/given", "experiments/ode", "experiments/oracle", "reports/conditional", "store",
	}},
	// How a net and the exact velocity carry points, for reports to draw. Principal axes of many coordinates take gonum.
	"pipeline/ship/follow": {
		rooms: []string{"pipeline/job", "experiments", "experiments/flow", "experiments/given", "experiments/ode", "experiments/oracle", "experiments/target", "reports/motion"},
		doors: []string{"gonum.org/v1/gonum"},
	},
	// Two files as one table, and how far they are apart. It knows what is in them, and neither disks nor a terminal.
	"pipeline/pair": {rooms: []string{
		"pipeline/job", "experiments", "experiments/engine", "experiments/flow", "experiments/kinds", "experiments/metric", "experiments/problem", "experiments/table",
		"experiments/target", "experiments/velocity",
	}},
	// The list of a store's sweeps, from what is stored of their choices.
	"pipeline/index": {rooms: []string{"pipeline/ship", "experiments", "reports/index", "store"}},
	// How sweeps of a store differ. It works nothing out that ship does, and draws nothing.
	"pipeline/compare": {rooms: []string{
		"pipeline/ship", "experiments", "experiments/flow", "experiments/metric", "experiments/query", "reports/comparison", "store",
	}},
	"pipeline/table": {rooms: []string{"experiments/problem", "experiments/query"}},
	// Sweeps for other programs: it reads the store, has samples drawn, and has written what is read in their forms.
	"pipeline/leave": {
		rooms: []string{
			"pipeline/job", "pipeline/saved", "pipeline/ship", "experiments", "experiments/declare", "experiments/disk", "experiments/engine/onnx", "experiments/flow", "experiments/query",
			"export", "export/mlflow", "export/optuna", "export/parquet", "export/tensorboard", "export/tracked", "reports/samples", "store", "store/plain",
		},
		doors: []string{"database/sql"}, // it hands the files of other programs from the store's driver to those that write them
	},
	// Pages for browsers on this machine. It reads the store, has pages made and sends them: names, bytes and states.
	"pipeline/serve": {rooms: []string{"pipeline/live", "pipeline/ship", "pipeline/stage", "experiments", "store"}},
	// It times what the others do, and knows none of them.
	"pipeline/stage": {},
	"pipeline/bench": {rooms: []string{
		"pipeline/crew", "pipeline/job", "pipeline/saved", "pipeline/ship", "pipeline/stage", "pipeline/sweep", "pipeline/work", "experiments", "experiments/disk", "experiments/engine", "experiments/flow", "experiments/metric", "experiments/net",
		"experiments/ode", "experiments/target", "experiments/velocity", "export", "store",
	}},
	// A program of its own. It takes the cases from bench, and runs everything in other processes.
	"pipeline/peers": {rooms: []string{"pipeline/bench"}},
	"store": {
		rooms: []string{"experiments", "experiments/disk", "store/large", "store/lock", "store/losses", "store/merge", "store/place", "store/seal", "store/vet", "store/view"},
		doors: []string{"github.com/mattn/go-sqlite3", "database/sql"},
	},
	// It knows files and their checksums, not what needs them.
	// Files of other programs: the driver, and nothing of what is in them.
	"store/plain": {doors: []string{"github.com/mattn/go-sqlite3", "database/sql"}},
	"store/large": {rooms: []string{"experiments/disk"}},
	// These know files, processes and curves, but not SQLite.
	"store/lock":   {rooms: []string{"experiments/disk"}},
	"store/losses": {rooms: []string{"experiments"}},
	"store/place":  {rooms: []string{"experiments/disk"}},
	"store/seal":   {doors: []string{"github.com/mattn/go-sqlite3", "database/sql"}},
	// They know the tables of a store, but not how it is opened, nor where its contents are.
	"store/merge": {rooms: []string{"experiments", "store/vet"}, doors: []string{"database/sql"}},
	"store/vet":   {doors: []string{"github.com/mattn/go-sqlite3", "database/sql"}},
	// Statements of other people, on one connection. It knows what the views say of themselves, and no table.
	"store/view": {rooms: []string{"experiments/problem"}, doors: []string{"github.com/mattn/go-sqlite3", "database/sql"}},
	"reports": {
		rooms: []string{
			"experiments", "experiments/flow", "experiments/given", "experiments/metric", "experiments/shorten", "reports/board", "reports/comparison", "reports/conditional", "reports/effects", "reports/fields",
			"reports/figure", "reports/motion", "reports/number", "reports/samples", "reports/sheet", "reports/streams", "reports/ticks",
		},
		doors: []string{"gonum.org/v1/plot", "html/template"},
	},
	// The order and the groups of a leaderboard, of rows that are ready.
	"reports/board": {doors: []string{"html/template"}},
	// What a page's scripts filter and sort by, in the words of --where.
	"reports/fields": {rooms: []string{"experiments/query"}},
	// Values of a report and their words, without drawings.
	"reports/conditional": {rooms: []string{"experiments", "experiments/flow", "experiments/given", "reports/number"}},
	// How anything is drawn: colours, marks, plots with series and tables behind them. It knows nothing of sweeps.
	"reports/figure": {rooms: []string{"experiments/shorten", "reports/number"}, doors: []string{"gonum.org/v1/plot", "html/template"}},
	// Which swept values make a difference: arithmetic on settings, and its figures.
	"reports/effects": {
		rooms: []string{"experiments/metric", "reports/figure", "reports/number", "reports/ticks"},
		doors: []string{"gonum.org/v1/plot", "html/template"},
	},
	// Points, rows and images beside those of the data.
	"reports/samples": {
		rooms: []string{"experiments/flow", "experiments/metric", "reports/conditional", "reports/figure", "reports/motion", "reports/number", "reports/surface", "reports/ticks"},
		doors: []string{"gonum.org/v1/plot", "html/template"},
	},
	// Paths, densities and velocities from noise to data.
	"reports/streams": {rooms: []string{"reports/figure", "reports/motion", "reports/number", "reports/surface", "reports/ticks"}, doors: []string{"gonum.org/v1/plot", "html/template"}},
	"reports/index":   {rooms: []string{"experiments", "reports/number", "reports/sheet"}, doors: []string{"html/template"}},
	// A page on two sweeps, which are in its values.
	"reports/comparison": {
		rooms: []string{"experiments", "reports/figure", "reports/number", "reports/sheet", "reports/ticks"},
		doors: []string{"gonum.org/v1/plot", "html/template"},
	},
	// What all pages have in common: style, scripts, and the parts that their templates share.
	"reports/sheet":  {rooms: []string{"reports/figure", "reports/number"}, doors: []string{"html/template"}},
	"reports/motion": {},
	// Functions on grids as filled contours.
	"reports/surface": {},
	"reports/ticks":   {rooms: []string{"reports/number"}, doors: []string{"gonum.org/v1/plot"}},
	"reports/number":  {},
	// Pages in a real browser, for tests and pictures: only the page's text is known here.
	"reports/browser": {doors: []string{"github.com/chromedp"}},
	// A program of its own, which takes the pictures.
	"reports/shoot": {rooms: []string{"reports/browser"}},
	// It writes ONNX files and runs them in onnxruntime. The Go side of a comparison is passed in as a function. The result
	// is a Check of experiments, which all doors share.
	"export": {rooms: []string{
		"experiments", "experiments/engine/onnx", "experiments/engine/ort", "experiments/flow", "experiments/kinds", "experiments/net", "experiments/ode", "experiments/velocity",
		"export/guided", "export/roles",
	}},
	// Sweeps as trackers see them: plain values, and the forms they are written in. Two of these are SQLite files, which somebody else
	// opens. None knows the store.
	"export/tracked": {},
	"export/mlflow":  {rooms: []string{"export/tracked"}, doors: []string{"database/sql"}},
	"export/optuna":  {rooms: []string{"export/tracked"}, doors: []string{"database/sql"}},
	// It has nulls beside NaN, which tables of data have not.
	"export/parquet": {rooms: []string{"export/tracked"}, doors: []string{"github.com/parquet-go/parquet-go"}},
	// Its messages are few and small, so it writes them without generated code, as the recorder of ONNX does.
	"export/tensorboard": {rooms: []string{"export/tracked"}, doors: []string{"google.golang.org/protobuf"}},
	// A file of any origin, of which only the shapes and names of inputs and outputs are known.
	"export/roles": {rooms: []string{"experiments/engine/ort", "experiments/flow", "export/guided"}},
	// What people give a conditional file, as its net has it.
	"export/guided":  {rooms: []string{"experiments/engine/onnx", "experiments/engine/ort", "experiments/flow", "experiments/given"}},
	"export/signing": {rooms: []string{"experiments/disk"}},
	// It uses net rather than velocity, so that the store does not depend on GoMLX.
	"experiments": {
		rooms: []string{
			"experiments/baseline", "experiments/declare", "experiments/flow", "experiments/given", "experiments/kinds", "experiments/metric", "experiments/net", "experiments/ode",
			"experiments/problem", "experiments/query", "experiments/shorten", "experiments/table", "experiments/target", "experiments/target/datasets",
		},
	},
	// Texts, not what they say.
	"experiments/shorten": {},
	// It knows how things are declared, but not which ones exist: solvers, targets and so on are passed in.
	"experiments/declare": {rooms: []string{"experiments/problem"}, doors: []string{"go.yaml.in/yaml"}},
	"experiments/velocity": {
		rooms: []string{"experiments/engine", "experiments/engine/onnx", "experiments/flow", "experiments/net"},
		doors: []string{"github.com/gomlx/gomlx"},
	},
	// The engine runs GoMLX's own backends and, with its rooms, onnxruntime. onnx and ort import neither the engine nor
	// each other: onnx can be read and tested without a shared library, and ort runs any ONNX file.
	"experiments/engine": {
		rooms: []string{"experiments/engine/fuse", "experiments/engine/onnx", "experiments/engine/ort"},
		doors: []string{"github.com/gomlx/compute", "github.com/gomlx/gomlx", "github.com/gomlx/go-xla"},
	},
	"experiments/engine/onnx": {doors: []string{"github.com/gomlx/compute", "github.com/gomlx/gomlx", "google.golang.org/protobuf"}},
	"experiments/engine/ort": {
		rooms: []string{"experiments/disk", "experiments/engine/fused"}, doors: []string{"github.com/yalue/onnxruntime_go"},
	},
	"experiments/engine/fuse": {rooms: []string{"experiments/engine/onnx"}},
	// One operation for onnxruntime, in C. It knows neither who writes its nodes nor who runs them.
	"experiments/engine/fused": {},
	"experiments/baseline":     {rooms: []string{"experiments/flow"}, doors: []string{"gonum.org/v1/gonum"}},
	"experiments/metric":       {rooms: []string{"experiments/flow", "experiments/metric/rank"}, doors: []string{"gonum.org/v1/gonum"}},
	// Ranks of points among draws: integers, and the law of these.
	"experiments/metric/rank": {rooms: []string{"experiments/flow"}},
	"experiments/target":      {rooms: []string{"experiments/flow", "experiments/given", "experiments/kinds", "experiments/oracle", "experiments/table"}},
	// Files, and the program that makes them.
	"experiments/target/datasets":      {},
	"experiments/target/datasets/make": {},
	// What the columns of a table are. It knows rows and points, and no files or nets.
	"experiments/kinds": {rooms: []string{"experiments/flow"}},
	// What a model is conditional on. It knows rows of numbers and their names, and no files or nets.
	"experiments/given": {rooms: []string{"experiments/problem"}},
	// It reads and writes data files, and knows nothing of what is made of them.
	"experiments/table":  {rooms: []string{"experiments/flow"}, doors: []string{"github.com/parquet-go/parquet-go"}},
	"experiments/oracle": {rooms: []string{"experiments/flow"}, doors: []string{"gonum.org/v1/gonum"}},
	"experiments/ode":    {rooms: []string{"experiments/flow"}, doors: []string{"gonum.org/v1/gonum"}},
	"experiments/flow":   {},
	"experiments/query":  {rooms: []string{"experiments/problem"}},
	// It knows files, not what is in them, so that the store, output folders and caches share it.
	"experiments/disk":    {},
	"experiments/problem": {},
	"experiments/net":     {},
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
			t.Errorf("%q is not in the table: add it, or move the code to another room", room)
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
				t.Errorf("%q imports %q, which only other rooms may use", room, path)
			}
		}
	}
}

// TestArrowsAreUsed checks that the table does not allow imports that the code does not need.
func TestArrowsAreUsed(t *testing.T) {
	t.Parallel()
	imports := importsByRoom(t)
	for room, a := range arrows {
		for _, inner := range a.rooms {
			if !slices.Contains(imports[room], module+inner) {
				t.Errorf("the table lets %q import %q, which it does not do", room, inner)
			}
		}
	}
}

// TestChildrenKnowNoParent checks that no room imports its parent.
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

// importsByRoom returns the imports of the code in each folder. Tests are exempt.
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
