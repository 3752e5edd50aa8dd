// Package pipeline is where things happen, in order: the commands, and the stages of a sweep, one file each (plan,
// train, measure, ship, report). It alone has effects; the maths and the words it moves around are in experiments.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
)

// The exit codes, as promised to scripts.
const (
	exitOK          = 0
	exitFailedRuns  = 1 // some runs failed, or something went wrong on the way; what was done is kept
	exitUsage       = 2 // the command or the spec is wrong; nothing was started
	exitCheck       = 3 // an ONNX file does not compute what Go does
	exitInterrupted = 130
)

// exitError is an error with the exit code it ends the program with.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string { return e.err.Error() }
func (e exitError) Unwrap() error { return e.err }

// usage marks an error as the user's to mend before anything is started.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return exitError{exitUsage, err}
}

// app is what the commands share: the streams, the clock and the flags common to several.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	db             string // path of the store
	started        bool   // a command runs: its name, arguments and flags are right
}

// Main runs the program with the arguments and returns its exit code. The first interrupt stops it cleanly, the second
// at once.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from here on an interrupt has its default effect
	out := &checkedWriter{w: stdout}
	a := &app{stdin: stdin, stdout: out, stderr: stderr, now: time.Now}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.err
	}
	return a.code(ctx, err)
}

// checkedWriter remembers the first error, so that output which got lost is never taken for written.
type checkedWriter struct {
	w   io.Writer
	err error
}

func (c *checkedWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

// code prints the error, if there is one, and returns the exit code that goes with it.
func (a *app) code(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		fmt.Fprintf(a.stderr, "flowsweep: interrupted: what is done is kept in %s; run the same command to go on\n", a.db)
		return exitInterrupted
	}
	var problems problem.List
	if errors.As(err, &problems) {
		fmt.Fprintln(a.stderr, problems.Error()) // says file and line itself
		return exitUsage
	}
	fmt.Fprintln(a.stderr, "flowsweep:", err)
	var exit exitError
	switch {
	case errors.As(err, &exit):
		return exit.code
	case !a.started:
		return exitUsage
	default:
		return exitFailedRuns
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "flowsweep",
		Short: "Sweeps flow-matching models: train once, sample many, measure, report, export verified ONNX",
		Long: "Flowsweep sweeps flow-matching models. A YAML spec declares targets, nets, solvers and steps; each net is trained\n" +
			"once, sampled with every solver, and measured over several seeds. Results live in one SQLite file, the report in\n" +
			"one HTML file, and the best velocity net in one ONNX file whose outputs onnxruntime has checked against Go.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.PersistentFlags().StringVar(&a.db, "db", "runs.db", "the store, one SQLite `file`")
	root.AddCommand(a.sweepCommand(), a.planCommand(), a.runsCommand(), a.showCommand(), a.reportCommand(),
		a.exportCommand(), a.verifyCommand(), a.sampleCommand(), a.measureCommand(), a.targetCommand(), a.benchCommand(), a.dbCommand(), a.tagCommand(), a.noteCommand(),
		a.doctorCommand(), a.schemaCommand())
	a.noteStart(root.Commands())
	return root
}

// noteStart has the commands, and those below them, note that they run.
func (a *app) noteStart(commands []*cobra.Command) {
	for _, c := range commands {
		a.noteStart(c.Commands())
		run := c.RunE
		if run == nil {
			continue
		}
		c.RunE = func(cmd *cobra.Command, args []string) error {
			a.started = true
			return run(cmd, args)
		}
	}
}

// knownCommand is the argument check of the program itself, which takes nothing but the name of a command.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see flowsweep --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return fmt.Errorf("unknown command %q: %s", args[0], hint)
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema (draft-07) of a spec file, for editors",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := experiments.Schema()
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(schema)
			return err
		},
	}
}
