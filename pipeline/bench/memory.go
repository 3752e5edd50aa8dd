package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"flowsweep/pipeline/stage"
)

// MemoryUse is a row of `flowsweep bench memory --json`: what a command took, in a process of its own.
type MemoryUse struct {
	Command string  `json:"command"`
	Seconds float64 `json:"seconds"`
	Peak    float64 `json:"peak_megabytes"` // resident, at most; 0 where the system does not tell
}

// manyPoints is the number of samples that measureMemory draws.
const manyPoints = 10_000_000

func measureMemory(ctx context.Context, o Options) (any, func(w io.Writer), error) {
	rows, err := Memory(ctx, os.Args[0], filepath.Dir(o.Store), sweepSpec, manyPoints)
	return rows, func(w io.Writer) {
		fmt.Fprintln(w, "seconds\tpeak memory\t  command")
		for _, r := range rows {
			fmt.Fprintf(w, "%.1f\t%.0f MB\t  %s\n", r.Seconds, r.Peak, r.Command)
		}
	}, err
}

// Memory runs commands of the program in temporary folders beside a path: the sweep of a spec, its report, and samples of so
// many points, from the exact velocity and from a net of the sweep.
func Memory(ctx context.Context, program, beside, spec string, points int) (rows []MemoryUse, err error) {
	folders, remove, err := folders(beside)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	work, out := folders[0].Path(""), folders[1].Path("")
	if err := os.WriteFile(folders[0].Path("bench.yaml"), []byte(spec), 0o600); err != nil {
		return nil, err
	}
	run := func(args ...string) (output []byte, err error) {
		row, output, err := runApart(ctx, program, work, args)
		row.Command = strings.ReplaceAll(row.Command, " --out "+out, "")
		rows = append(rows, row)
		return output, err
	}
	if _, err := run("sweep", "bench.yaml", "--out", out); err != nil {
		return rows, err
	}
	if _, err := run("report", "--out", out); err != nil {
		return rows, err
	}
	output, err := run("runs", "--json")
	if err != nil {
		return rows, err
	}
	rows = rows[:len(rows)-1] // it is only a question
	var runs []struct{ Run string }
	if err := json.Unmarshal(output, &runs); err != nil {
		return rows, err
	}
	count := strconv.Itoa(points)
	for _, args := range [][]string{{"--exact", "--target", "gaussians"}, {"--run", runs[0].Run}} {
		sample := append([]string{"sample"}, args...)
		if _, err := run(append(sample, "--solver", "euler", "--steps", "1", "--count", count, "--out", "points.npy")...); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// runApart runs a command in a folder, in a process of its own.
func runApart(ctx context.Context, program, folder string, args []string) (row MemoryUse, output []byte, err error) {
	path, err := exec.LookPath(program)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return row, nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = folder, &stderr
	start := time.Now()
	output, err = cmd.Output()
	row = MemoryUse{Command: "flowsweep " + strings.Join(args, " "), Seconds: time.Since(start).Seconds()}
	if err != nil {
		return row, output, fmt.Errorf("%s: %w: %s", row.Command, err, stderr.Bytes())
	}
	row.Peak = stage.UsageOf(cmd.ProcessState).Peak / 1e6
	return row, output, nil
}
