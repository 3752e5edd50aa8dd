package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

func (a *app) verifyCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:         "verify FILE.onnx",
		Annotations: command.KeepsNothing,
		Short:       "Check an exported velocity.onnx or sampler.onnx against Go again",
		Long: "Check an exported velocity.onnx, sampler.onnx or logp.onnx again: run it in onnxruntime, compare with Go, which uses the\n" +
			"weights of the run in the store that the file names, and compare its bytes with those that flowsweep writes for the run.\n" +
			"Where there is no such store or run, and no --db, the file is compared with itself: with what flowsweep writes for the net, weights,\n" +
			"solver, times and units that it holds. Their numbers, and where they come from, are then taken as they are.",
		Example: "  flowsweep verify out/ring/sampler.onnx\n  flowsweep verify out/ring/velocity.onnx --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.verify(cmd.Context(), args[0], cmd.Flags().Changed("db"))
			if err != nil {
				return err
			}
			if asJSON {
				err = command.PrintJSON(a.Stdout, c)
			} else if c.OK {
				a.printCheck(args[0], c)
			}
			return errors.Join(err, ship.CheckError(c))
		},
	}
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "verify", Of: experiments.Check{}})
	return cmd
}

func (a *app) verify(ctx context.Context, path string, givenDB bool) (check experiments.Check, err error) {
	onnx, err := command.ReadModel(path)
	if err != nil {
		return check, command.Usage(fmt.Errorf("verify: %w", err))
	}
	ctx = a.withProgress(ctx)
	if _, err := os.Stat(a.DB); errors.Is(err, fs.ErrNotExist) && !givenDB {
		return ship.Verify(ctx, nil, path, onnx, false)
	}
	err = a.WithStore(ctx, func(db *store.DB) error {
		check, err = ship.Verify(ctx, db, path, onnx, givenDB)
		return err
	})
	return check, err
}

// quiet is how long a verification may take without a word.
const quiet = 4 * time.Second

// withProgress makes long verifications say how far they are.
func (a *app) withProgress(ctx context.Context) context.Context {
	last := a.Now()
	return ship.WithProgress(ctx, func(file string, done, of int) {
		if now := a.Now(); now.Sub(last) > quiet && done < of {
			last = now
			fmt.Fprintf(a.Stderr, "verifying %s: %d %% done\n", file, 100*done/of)
		}
	})
}

func (a *app) printCheck(path string, c experiments.Check) {
	fmt.Fprintf(a.Stdout, "verified  %s: %s and Go differ by at most %.2g (allowed %.2g) at %d points\n", path, c.Runtime,
		c.MaxAbsDiff, c.Tolerance, c.Points)
	for _, n := range c.Notes {
		fmt.Fprintf(a.Stderr, "note      %s: %s\n", path, n)
	}
}
