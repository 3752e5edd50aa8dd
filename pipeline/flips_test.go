package pipeline

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// flipsVariable is the environment variable with the number of bits that TestFlips flips. `task flips` sets it to 2,000.
const flipsVariable = "FLOWSWEEP_FLIPS"

// flipsSeed is that of the bits. Fewer flips are the first of more.
const flipsSeed = 1

// flips is a small store, what reads it, and what that prints.
type flips struct {
	whole    []byte // the file
	spec     string // path
	readers  [][]string
	expected []answer
}

// flip is one bit of a file.
type flip struct {
	offset int
	bit    uint
}

func (f flip) String() string { return fmt.Sprintf("offset %d bit %d", f.offset, f.bit) }

// outcome is what became of a flip.
type outcome int

const (
	flagged  outcome = iota // db check finds damage, and no command prints anything else without an error
	unmarked                // db check finds damage, and some command does
	harmless                // nothing that a command prints differs
	silent                  // something does, and db check says that the store is whole
	crashed                 // a command panics
)

// TestFlips flips one random bit of a copy of a store at a time. Either db check exits with 1, or no command that reads the
// store prints anything else than before, page included; and none panics. The page takes longer than all else, so that it
// sees only one in 20 flips, unless their number is given.
func TestFlips(t *testing.T) {
	t.Parallel()
	n, pages := 60, 6
	if testing.Short() {
		n = 20
	}
	if given, err := strconv.Atoi(os.Getenv(flipsVariable)); err == nil {
		n, pages = given, 1
	}
	s := newFlips(t)
	random := rand.New(rand.NewPCG(flipsSeed, 0))
	type numbered struct {
		i int
		flip
	}
	next := make(chan numbered)
	counts := map[outcome]int{}
	var mutex sync.Mutex
	var wg sync.WaitGroup
	for range 2 {
		dir := t.TempDir()
		wg.Go(func() {
			for f := range next {
				what, text := s.try(t, dir, f.flip, f.i%pages == 0)
				mutex.Lock()
				counts[what]++
				mutex.Unlock()
				say := t.Logf
				if what == silent || what == crashed {
					say = t.Errorf
				}
				if text != "" {
					say("seed %d, flip %d, %v of %d: %s", flipsSeed, f.i, f.flip, len(s.whole), text)
				}
			}
		})
	}
	for i := range n {
		next <- numbered{i, flip{random.IntN(len(s.whole)), uint(random.IntN(8))}}
	}
	close(next)
	wg.Wait()
	t.Logf("%d flips of a store of %d bytes: %d flagged, of which %d make a command print something else without an error; %d without a visible effect, %d silent, %d that crash",
		n, len(s.whole), counts[flagged]+counts[unmarked], counts[unmarked], counts[harmless], counts[silent], counts[crashed])
}

// newFlips returns the commands that read the store, and what they print.
func newFlips(t *testing.T) *flips {
	t.Helper()
	f, dir := small(t), t.TempDir()
	must(t, f.write(dir))
	s := &flips{whole: f.files["runs.db"], spec: filepath.Join(dir, "small.yaml")}
	s.readers = [][]string{
		{"db", "check"},
		{"sweeps"},
		{"sweeps", "--json"},
		{"runs"},
		{"runs", "--json"},
		{"runs", "--csv", "--sweep", "wild"},
		{"runs", "--by-setting"},
		{"runs", "--by-setting", "--json"},
		{"plan", s.spec, "--workers", "1", "--try", "0"},
	}
	for _, key := range append(slices.Clip(f.fits), f.runs[len(f.runs)-1]) {
		s.readers = append(s.readers, []string{"show", key}, []string{"show", key, "--json"})
	}
	s.readers = append(s.readers, []string{"tag", "small"}, []string{"note", "small"}, []string{"report"})
	s.expected = s.answers(t, filepath.Join(dir, "whole"), s.whole, true)
	for i, a := range s.expected {
		if a.code != 0 {
			t.Fatalf("%v exits with %d: %s", s.readers[i], a.code, a.stderr)
		}
	}
	return s
}

// answers runs the readers on a store of this content in the folder, and the last of them, which writes the page, if asked.
// The page is part of its answer.
func (s *flips) answers(t *testing.T, dir string, content []byte, page bool) (list []answer) {
	t.Helper()
	db := filepath.Join(dir, "runs.db")
	must(t, errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755), os.WriteFile(db, content, 0o644)))
	readers := s.readers
	if !page {
		readers = readers[:len(readers)-1]
	}
	for _, args := range readers {
		args = append(slices.Clip(args), "--db", db)
		if args[0] == "report" {
			args = append(args, "--out", filepath.Join(dir, "out"))
		}
		list = append(list, runHere(dir, args...))
	}
	if page {
		html, _ := os.ReadFile(filepath.Join(dir, "out", "report.html")) // the command says if it could not be written
		list[len(list)-1].stdout += string(html)
	}
	return list
}

// try flips a bit, and returns what became of it and what is wrong with that, if anything.
func (s *flips) try(t *testing.T, dir string, f flip, page bool) (outcome, string) {
	t.Helper()
	content := bytes.Clone(s.whole)
	content[f.offset] ^= 1 << f.bit
	list := s.answers(t, dir, content, page)
	what, text := harmless, ""
	if list[0].code == exitFailedRuns {
		what = flagged
	}
	for i, a := range list {
		want := s.expected[i]
		switch {
		case a.panicked != "":
			return crashed, fmt.Sprintf("%v panics: %s", s.readers[i], a.panicked)
		case what == flagged && a.code == exitOK && a.stdout != want.stdout:
			what, text = unmarked, fmt.Sprintf("db check finds it, and %v prints something else, %s", s.readers[i], firstDifference(a.stdout, want.stdout))
		case what == harmless && (a.code != want.code || a.stdout != want.stdout):
			what = silent
			text = fmt.Sprintf("db check finds nothing, and %v exits with %d, %s%sin the tables: %s", s.readers[i], a.code,
				firstDifference(a.stdout, want.stdout), a.stderr, s.damage(t, content))
		}
	}
	return what, text
}

// firstDifference returns where two texts part.
func firstDifference(got, want string) string {
	if got == want {
		return ""
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	around := func(s string) string { return s[max(0, at-60):min(len(s), at+60)] }
	return fmt.Sprintf("from byte %d:\n got %q\nwant %q\n", at, around(got), around(want))
}

// damage says in which rows and columns the content of a store differs from the whole one.
func (s *flips) damage(t *testing.T, content []byte) string {
	t.Helper()
	whole, damaged := cells(t, s.whole), cells(t, content)
	var list []string
	for name, rows := range whole {
		got := damaged[name]
		if len(got) != len(rows) {
			list = append(list, fmt.Sprintf("%s has %d rows instead of %d", name, len(got), len(rows)))
		}
		for i := range min(len(got), len(rows)) {
			for column, want := range rows[i] {
				if got[i][column] != want {
					list = append(list, fmt.Sprintf("%s.%s of row %d, %s", name, column, i, firstDifference(got[i][column], want)))
				}
			}
		}
	}
	slices.Sort(list)
	if len(list) == 0 {
		return "no row differs"
	}
	return strings.Join(list[:min(len(list), 5)], "; ")
}

// cells returns the rows of all tables, by column.
func cells(t *testing.T, content []byte) map[string][]map[string]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cells.db")
	must(t, os.WriteFile(path, content, 0o644))
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro&immutable=1")
	must(t, err)
	defer db.Close()
	all := map[string][]map[string]string{}
	for _, row := range rowsOf(db, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
		all[row["name"]] = rowsOf(db, fmt.Sprintf("SELECT * FROM %q", row["name"]))
	}
	return all
}

// rowsOf returns the rows of a query as far as they can be read.
func rowsOf(db *sql.DB, query string) (list []map[string]string) {
	rows, err := db.Query(query)
	if err != nil {
		return nil
	}
	defer rows.Close()
	names, _ := rows.Columns()
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		if rows.Scan(values...) != nil {
			return list
		}
		row := map[string]string{}
		for i, name := range names {
			row[name] = fmt.Sprint(*values[i].(*any))
		}
		list = append(list, row)
	}
	return list
}
