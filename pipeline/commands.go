// Package pipeline holds the commands, one file each, and what they print; those on points, on what a key names and on the store as
// a file have rooms of their own (points, show, upkeep). The other rooms do the work: sweep does what is left of a plan, job trains
// one fit and does its runs, saved reads back, ship makes files and pages, and bench measures the program itself.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flowsweep/pipeline/command"
	"flowsweep/pipeline/points"
	"flowsweep/pipeline/show"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/upkeep"
)

// app adds to what the commands share what becomes of an error.
type app struct {
	*command.App
	started     bool   // a command runs: its name, arguments and flags are right
	interrupted string // what becomes of the work when the command is interrupted; empty for one that works on the store
}

// Main runs the program with the arguments and returns its exit code. The first signal to stop does so cleanly, the second at
// once.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := untilSignal(context.Background())
	defer stop()
	out := &command.Output{W: stdout}
	a := &app{App: &command.App{Stdin: stdin, Stdout: out, Stderr: stderr, Now: time.Now}}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.Err
	}
	return a.code(ctx, err)
}

func (a *app) root() *cobra.Command {
	version := false
	root := &cobra.Command{
		Use:   "flowsweep",
		Short: "Sweeps flow-matching models: train once, sample many, measure, report, export verified ONNX",
		Long: "Flowsweep sweeps flow-matching models. A YAML spec declares targets, nets, solvers and steps; each net is trained\n" +
			"once, sampled with every solver, and measured over several seeds. Results live in one SQLite file, the report in\n" +
			"one HTML file, and the best velocity net in one ONNX file whose outputs onnxruntime has checked against Go.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				_, err := fmt.Fprintln(a.Stdout, "flowsweep", command.VersionAndCommit(sweep.Environment("")))
				return err
			}
			return cmd.Help()
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.PersistentFlags().StringVar(&a.DB, "db", "runs.db", "the store, one SQLite `file`")
	root.Flags().BoolVar(&version, "version", false, "print the version")
	root.AddCommand(a.sweepCommand(), a.workCommand(), a.planCommand(), a.sweepsCommand(), a.runsCommand(), a.compareCommand(), a.reportCommand(), a.serveCommand(),
		a.exportCommand(), a.verifyCommand(), a.benchCommand(), a.doctorCommand(), a.schemaCommand(), a.manualCommand(), a.watchCommand(), a.exportRunsCommand(), a.queryCommand())
	root.AddCommand(points.Commands(a.App)...)
	root.AddCommand(show.Commands(a.App)...)
	root.AddCommand(upkeep.Commands(a.App)...)
	a.noteStart(root.Commands())
	a.completeSweeps(root)
	takeOnce(root)
	return root
}

// noteStart makes every command record that it has started.
func (a *app) noteStart(commands []*cobra.Command) {
	for _, c := range commands {
		a.noteStart(c.Commands())
		run := c.RunE
		if run == nil {
			continue
		}
		c.RunE = func(cmd *cobra.Command, args []string) error {
			a.started, a.interrupted = true, cmd.Annotations["interrupted"]
			return run(cmd, args)
		}
	}
}

// knownCommand checks the arguments of the program itself, which takes only the name of a command.
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

// once is a flag that takes one value. Given twice, it is a mistake, where the first value would be lost without a word.
type once struct {
	pflag.Value
	given bool
}

// Set sets the value the first time.
func (o *once) Set(text string) error {
	if o.given {
		return errors.New("it is given twice: give it once")
	}
	o.given = true
	return o.Value.Set(text)
}

// takeOnce makes all flags of the commands take one value, except for lists, which add up, and switches, which have no value
// to lose.
func takeOnce(commands ...*cobra.Command) {
	wrap := func(f *pflag.Flag) {
		_, list := f.Value.(pflag.SliceValue)
		if _, wrapped := f.Value.(*once); !wrapped && !list && f.Value.Type() != "bool" {
			f.Value = &once{Value: f.Value}
		}
	}
	for _, c := range commands {
		c.Flags().VisitAll(wrap)
		c.PersistentFlags().VisitAll(wrap)
		takeOnce(c.Commands()...)
	}
}
