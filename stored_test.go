package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"flowsweep/experiments"
	"flowsweep/store"
)

// Commands of scripts that compare what is stored with what is said of it.

// numpyPython returns the path of a Python that has NumPy, or "" if there is none.
func numpyPython() string {
	path, err := exec.Command("python3", "-c", "import numpy, sys; print(sys.executable)").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(path))
}

// twinKey sets variables to the keys of the twin and of the chosen run in a choice.json: twinkey FILE TWIN CHOSEN
func twinKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: twinkey FILE TWIN CHOSEN")
	}
	ts.Setenv(args[1], fmt.Sprint(jsonAt(ts, args[0], "twin.run")))
	ts.Setenv(args[2], fmt.Sprint(jsonAt(ts, args[0], "chosen.run")))
}

// cardHas checks that a model card has the values of `measure --run --json`, as properties with a prefix: cardhas CARD FILE PREFIX
func cardHas(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] cardhas CARD FILE PREFIX")
	}
	var rows []struct {
		Metric string
		Again  struct{ Value json.Number }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &rows))
	card, missing := ts.ReadFile(args[0]), 0
	for _, r := range rows {
		x, err := r.Again.Value.Float64()
		ts.Check(err)
		if line := fmt.Sprintf("\n| %s%s | %v |\n", args[2], r.Metric, x); !strings.Contains(card, line) {
			missing++
		}
	}
	if len(rows) == 0 || (missing > 0) != neg {
		ts.Fatalf("%s lacks %d of the %d values of %s", args[0], missing, len(rows), args[1])
	}
}

// remetric stores a metric of all runs of the latest sweep again, times a factor, as a faulty program would: remetric FILE NAME FACTOR
func remetric(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: remetric FILE NAME FACTOR")
	}
	factor, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	ctx := context.Background()
	db, err := store.OpenExisting(ctx, ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	sweep, err := db.Sweep(ctx, "")
	ts.Check(err)
	for _, r := range sweep.Results {
		for _, v := range r.Metrics {
			if v.Name == args[1] {
				v.Value *= factor
				ts.Check(db.SaveMetrics(ctx, r.Run, r.Reference, []experiments.Value{v}))
			}
		}
	}
}

// truncate cuts a file to its first bytes: truncate FILE SIZE
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE SIZE")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// alter changes a store behind the program's back: alter FILE STATEMENT
func alter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: alter FILE STATEMENT")
	}
	db, err := sql.Open("sqlite3", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	result, err := db.Exec(args[1])
	ts.Check(err)
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		ts.Fatalf("%s changes nothing (%v)", args[1], err)
	}
}
