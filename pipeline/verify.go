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

func (a *app) exportCommand() *cobra.Command {
	var run, out string
	var o export.SamplerOptions
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the ONNX files of the chosen run, or of any run, and verify them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(db *store.DB) error {
				if run != "" {
					return a.exportRun(cmd.Context(), db, run, out, o)
				}
				if o.Portable || o.Trajectory {
					return usage(errors.New("the files of a sweep have one form: give the run for --portable or --trajectory, with --run"))
				}
				return a.exportChosen(cmd.Context(), db, out)
			})
		},
	}
	cmd.Flags().StringVar(&run, "run", "", "`key` of the run, a unique prefix is enough (default the chosen run of the latest sweep)")
	cmd.Flags().StringVar(&out, "out", "", "the output `folder` (default out/<sweep name>, or out/<run key>)")
	cmd.Flags().BoolVar(&o.Portable, "portable", false, "write out every step of sampler.onnx, for runtimes without Loop (with --run)")
	cmd.Flags().BoolVar(&o.Trajectory, "trajectory", false, "let sampler.onnx return the points at every time, too (with --run)")
	return cmd
}

// exportRun writes the files of any run.
func (a *app) exportRun(ctx context.Context, db *store.DB, prefix, out string, o export.SamplerOptions) error {
	kind, key, err := db.Find(ctx, prefix)
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
	if out, err = outFolder(out, key); err != nil {
		return err
	}
	files, checks, err := runFiles(ctx, db, r, "", o)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := writeFile(filepath.Join(out, f.Name), f.Content); err != nil {
			return err
		}
	}
	if err := writeSums(out); err != nil {
		return err
	}
	return a.allConcluded(out, checks)
}

// exportChosen writes the output folder of the latest sweep again.
func (a *app) exportChosen(ctx context.Context, db *store.DB, out string) error {
	sweep, err := loadSweep(ctx, db, "")
	if err != nil {
		return usage(err)
	}
	if out, err = outFolder(out, sweep.Name); err != nil {
		return err
	}
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		return err
	}
	s, err := a.ship(ctx, db, e, sweep.Name, out)
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
		return check, usage(fmt.Errorf("verify %s: %w", path, err))
	}
	err = a.withStore(ctx, func(db *store.DB) error {
		r, err := runResult(ctx, db, key)
		if err != nil {
			return usage(fmt.Errorf("verify %s: %w: give the store it was exported from with --db", path, err))
		}
		model, _, err := goModel(ctx, db, r)
		if err != nil {
			return err
		}
		check = verify(store.File{Name: filepath.Base(path), Content: onnx}, r, model)
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
