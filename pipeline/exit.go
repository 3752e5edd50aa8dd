package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/compare"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/sweep/talk"
	"flowsweep/store"
)

// The exit codes, as promised to scripts.
const (
	exitOK          = 0
	exitFailedRuns  = 1   // some runs failed, or the store is damaged, or something went wrong on the way; what was done is kept
	exitUsage       = 2   // the command or the spec is wrong; nothing was started
	exitMismatch    = 3   // an ONNX file does not compute what Go does
	exitHangup      = 129 // 128 + the number of SIGHUP
	exitInterrupted = 130 // by Ctrl-C or SIGTERM
)

// interruption is the cause of the end of a context that a signal ended.
type interruption struct{ signal os.Signal }

func (i *interruption) Error() string { return "interrupted: " + i.signal.String() }

// untilSignal returns a context that the first signal to stop ends. The second ends the program at once, unless it is a hangup:
// when a terminal closes, the shell and the kernel may each send one. A hangup that is ignored from the start, as under nohup,
// stays ignored.
func untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stopping := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		stopping = append(stopping, syscall.SIGHUP)
	}
	got := make(chan os.Signal, 1)
	signal.Notify(got, stopping...)
	go func() {
		select {
		case s := <-got:
			// What reads the output may have died of the same signal. That must not end this process before it has saved its work.
			signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
			signal.Stop(got)
			cancel(&interruption{s})
		case <-ctx.Done():
			signal.Stop(got)
		}
	}()
	return ctx, func() { cancel(nil) }
}

// code prints the error, if any, and returns the exit code for it.
func (a *app) code(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		if a.interrupted != "" {
			fmt.Fprintln(a.Stderr, "flowsweep: interrupted:", a.interrupted)
		} else {
			fmt.Fprintf(a.Stderr, "flowsweep: interrupted: what is done is kept in %s; run the same command to go on\n", a.DB)
		}
		var by *interruption
		if errors.As(context.Cause(ctx), &by) && by.signal == syscall.SIGHUP {
			return exitHangup
		}
		return exitInterrupted
	}
	var problems problem.List
	if errors.As(err, &problems) {
		fmt.Fprintln(a.Stderr, problems.Error()) // says file and line itself
		return exitUsage
	}
	fmt.Fprintln(a.Stderr, "flowsweep:", err)
	switch {
	case is[*ship.MismatchError](err):
		return exitMismatch
	case is[*command.OutputError](err), store.Damaged(err): // also of the help, and at opening
		return exitFailedRuns
	case !a.started, is[*command.UsageError](err), is[*store.BusyError](err), is[*store.ReadOnlyError](err), is[*ship.OccupiedError](err), is[*ship.UnknownRunError](err), is[*compare.KeyError](err),
		is[*sweep.ReferenceError](err), is[*talk.MismatchError](err):
		return exitUsage
	default:
		return exitFailedRuns
	}
}

// is reports whether the chain of err holds an error of type E.
func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
