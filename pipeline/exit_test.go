package pipeline

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/ship"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	failures := []string{"fit abc failed: lost its way"}
	bad := []experiments.Check{{OK: true}, {File: "velocity.onnx", Runtime: "onnxruntime", MaxAbsDiff: 1, Tolerance: 1e-5}}
	none := []experiments.Check{{File: "velocity.onnx", Error: "no library"}}
	good := []experiments.Check{{OK: true}, {OK: true}}
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	hungUp, hangUp := context.WithCancelCause(t.Context())
	hangUp(&interruption{syscall.SIGHUP})
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"all well", sweepError(ship.Shipped{Checks: good}, nil), 0},
		{"a failed fit", sweepError(ship.Shipped{Checks: good}, failures), 1},
		{"nothing to choose", sweepError(ship.Shipped{Outcome: ship.Outcome{NoChoice: errors.New("none")}}, nil), 1},
		{"no onnxruntime", sweepError(ship.Shipped{Checks: none}, nil), 1},
		{"a mismatch", sweepError(ship.Shipped{Checks: bad}, nil), 3},
		{"a mismatch and a failed fit", sweepError(ship.Shipped{Checks: bad}, failures), 3},
		{"a problem of the spec", command.Usage(problem.List{{Message: "wrong"}}), 2},
		{"wrong usage", command.Usage(errors.New("wrong")), 2},
		{"an interrupt", command.Usage(errors.New("open store: interrupted")), 130},
		{"a hangup", errors.New("interrupted"), 129},
		{"anything else", errors.New("disk full"), 1},
	} {
		ctx := t.Context()
		switch c.want {
		case 129:
			ctx = hungUp
		case 130:
			ctx = interrupted
		}
		var stderr strings.Builder
		a := &app{App: &command.App{Stderr: &stderr}, started: true}
		if got := a.code(ctx, c.err); got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.name, got, c.want)
		}
		if (stderr.Len() > 0) != (c.err != nil) {
			t.Errorf("%s: said %q", c.name, stderr.String())
		}
	}
}
