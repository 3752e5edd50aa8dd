// Package pipeline holds the commands, one file each, and what they print. The rooms below do the work: sweep does what is
// left of a plan, job trains one fit and does its runs, saved reads back, ship makes files and pages, and bench measures the
// program itself.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flowsweep/experiments"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// app is what the commands share: the streams, the clock and the flags common to several.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	db             string // path of the store
	specRead       bool   // stdin held the spec, so no answer can be read from it
	started        bool   // a command runs: its name, arguments and flags are right
	interrupted    string // what becomes of the work when the command is interrupted; empty for one that works on the store
}

// keepsNothing marks a command that writes its output once it is whole, and nothing into the store.
var keepsNothing = map[string]string{"interrupted": "nothing is kept; the same command starts again"}

// Main runs the program with the arguments and returns its exit code. The first signal to stop does so cleanly, the second at
// once.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := untilSignal(context.Background())
	defer stop()
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

// checkedWriter remembers the first error, so that lost output is never taken for written. All its errors are outputErrors.
type checkedWriter struct {
	w   io.Writer
	err error
}

func (c *checkedWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	if err != nil {
		err = &outputError{err}
	}
	if c.err == nil {
		c.err = err
	}
	return n, err
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
				_, err := fmt.Fprintln(a.stdout, "flowsweep", versionAndCommit(sweep.Environment("")))
				return err
			}
			return cmd.Help()
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.PersistentFlags().StringVar(&a.db, "db", "runs.db", "the store, one SQLite `file`")
	root.Flags().BoolVar(&version, "version", false, "print the version")
	root.AddCommand(a.sweepCommand(), a.workCommand(), a.planCommand(), a.sweepsCommand(), a.runsCommand(), a.showCommand(), a.compareCommand(), a.reportCommand(), a.serveCommand(),
		a.exportCommand(), a.verifyCommand(), a.sampleCommand(), a.logpCommand(), a.measureCommand(), a.targetCommand(), a.benchCommand(), a.dbCommand(), a.tagCommand(), a.noteCommand(),
		a.doctorCommand(), a.schemaCommand(), a.watchCommand())
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

// openStore opens the existing store for reading, and says so if some of it may not be seen.
func (a *app) openStore(ctx context.Context) (*store.DB, error) {
	db, err := store.OpenExisting(ctx, a.db)
	if err != nil {
		return nil, err
	}
	if why := db.ReadOnly(); why != nil && why.Names {
		fmt.Fprintf(a.stderr, "caution: %v; what was written under another name may be missing here\n", why)
	}
	return db, nil
}

// withStore opens the existing store, calls do, and closes it.
func (a *app) withStore(ctx context.Context, do func(db *store.DB) error) error {
	db, err := a.openStore(ctx)
	if err != nil {
		return usage(err)
	}
	return errors.Join(do(db), db.Close())
}

// withScratch is withStore for a command that notes results in the store, but has its output elsewhere: if the store can only be
// read, they are noted in a copy.
func (a *app) withScratch(ctx context.Context, do func(db *store.DB) error) error {
	return a.withStore(ctx, func(db *store.DB) error {
		if db.ReadOnly() == nil {
			return do(db)
		}
		scratch, err := db.Scratch(ctx)
		if err != nil {
			return err
		}
		return errors.Join(do(scratch), scratch.Close())
	})
}

// lock takes the store's lock on behalf of a command. If another process holds it, lock says so and waits, or with noWait
// returns an error.
func (a *app) lock(ctx context.Context, db *store.DB, command string, noWait bool) error {
	waiting := func(w store.Worker) { fmt.Fprintf(a.stderr, "%s is using %s: waiting for it to finish\n", w, a.db) }
	if noWait {
		waiting = nil
	}
	return db.Lock(ctx, "flowsweep "+command, a.now, waiting)
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
