package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/export"
	"flowsweep/store"
)

// exportFlags says what is exported, and where to.
type exportFlags struct {
	run, out      string
	pareto, force bool
	sampler       export.SamplerOptions
}

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the ONNX files of the chosen run, of any run, or of every setting worth its calls, and verify them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(db *store.DB) error {
				switch {
				case f.run != "":
					return a.exportRun(cmd.Context(), db, f)
				case f.pareto:
					return a.exportFront(cmd.Context(), db, f)
				case f.sampler != export.SamplerOptions{}:
					return usage(errors.New("the files of a sweep have one form: give --run, or --pareto, for another"))
				default:
					return a.exportChosen(cmd.Context(), db, f)
				}
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "`key` of the run, a unique prefix is enough (default the chosen run of the latest sweep)")
	flags.BoolVar(&f.pareto, "pareto", false, "every setting of the latest sweep that no cheaper one beats, a folder each")
	flags.StringVar(&f.out, "out", "", "the output `folder` (default out/<sweep name>, out/<run key> or out/<sweep name>-front)")
	flags.BoolVar(&f.force, "force", false, "replace the ONNX files of another export that the folder holds")
	flags.BoolVar(&f.sampler.Portable, "portable", false, "write out every step of sampler.onnx, for runtimes without Loop (with --run or --pareto)")
	flags.BoolVar(&f.sampler.Trajectory, "trajectory", false, "let sampler.onnx return the points at every time, too (with --run or --pareto)")
	flags.BoolVar(&f.sampler.LogProb, "log-prob", false, "let sampler.onnx return the log density of every sample, too (with --run or --pareto)")
	cmd.MarkFlagsMutuallyExclusive("run", "pareto")
	return cmd
}

// exportRun writes the files of any run.
func (a *app) exportRun(ctx context.Context, db *store.DB, f exportFlags) error {
	kind, key, err := db.Find(ctx, f.run)
	if err == nil && kind != "run" {
		err = fmt.Errorf("%s is a fit: give the key of a run, see `flowsweep runs`", key)
	}
	if err != nil {
		return usage(err)
	}
	r, err := runResult(ctx, db, key)
	if err != nil {
		return err
	}
	if r.State != experiments.Finished {
		return usage(fmt.Errorf("run %s is %s: export a finished run", key, r.State))
	}
	out, err := outFolder(f.out, key)
	if err != nil {
		return err
	}
	files, checks, err := runFiles(ctx, db, r, origin{}, f.sampler)
	if err != nil {
		return err
	}
	if err := ours(out, files, f.force); err != nil {
		return err
	}
	if err := writeExport(out, files); err != nil {
		return err
	}
	return a.allConcluded(out, checks)
}

// exportChosen writes the output folder of the latest sweep again.
func (a *app) exportChosen(ctx context.Context, db *store.DB, f exportFlags) error {
	sweep, err := loadSweep(ctx, db, "")
	if err != nil {
		return usage(err)
	}
	out, err := outFolder(f.out, sweep.Name)
	if err != nil {
		return err
	}
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		return err
	}
	s, err := a.ship(ctx, db, e, sweep.Name, out, f.force)
	if err != nil {
		return err
	}
	if s.noChoice != nil {
		return s.noChoice
	}
	return a.allConcluded(out, s.checks)
}

// allConcluded says of every file in a folder that it is verified, up to one that is not.
func (a *app) allConcluded(out string, checks []experiments.Check) error {
	for _, c := range checks {
		if err := a.concluded(filepath.Join(out, c.File), c); err != nil {
			return err
		}
	}
	return nil
}

// concluded says that a file is verified, or returns why it is not.
func (a *app) concluded(path string, c experiments.Check) error {
	if !c.OK {
		return notVerified(c)
	}
	a.printCheck(path, c)
	return nil
}

func (a *app) verifyCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "verify FILE.onnx",
		Short: "Check an exported velocity.onnx or sampler.onnx in onnxruntime against Go again",
		Long: "Check an exported velocity.onnx or sampler.onnx in onnxruntime against Go again. Go computes with the weights in the\n" +
			"store, which is asked for the run that the file says it is of.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.verify(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if !asJSON {
				return a.concluded(args[0], c)
			}
			if err := printJSON(a.stdout, c); err != nil || c.OK {
				return err
			}
			return notVerified(c)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// largestFile is the size of ONNX file that verify reads, in bytes: far more than any velocity net it could have made.
const largestFile = 1 << 30

func (a *app) verify(ctx context.Context, path string) (check experiments.Check, err error) {
	onnx, err := readModel(path)
	if err != nil {
		return check, usage(fmt.Errorf("verify: %w", err))
	}
	_, key, err := export.Origin(onnx)
	if err != nil {
		return check, exitError{exitCheck, fmt.Errorf("verify %s: %w", path, err)}
	}
	err = a.withStore(ctx, func(db *store.DB) error {
		r, err := runResult(ctx, db, key)
		if err != nil {
			return usage(fmt.Errorf("verify %s: %w: give the store it was exported from with --db", path, err))
		}
		model, weights, err := goModel(ctx, db, r)
		if err != nil {
			return err
		}
		check = verify(store.File{Name: filepath.Base(path), Content: onnx}, r, model, weights)
		return model.Close()
	})
	return check, err
}

// readModel reads a file into memory, if it is of a size that a model can have.
func readModel(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > largestFile {
		return nil, fmt.Errorf("%s is no ONNX file", path)
	}
	return os.ReadFile(path)
}
