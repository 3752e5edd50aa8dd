package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

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
			if asJSON {
				err = printJSON(a.stdout, c)
			} else if c.OK {
				a.printCheck(args[0], c)
			}
			return errors.Join(err, ship.CheckError(c))
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
	key, err := ship.RunOf(path, onnx)
	if err != nil {
		return check, err
	}
	err = a.withStore(ctx, func(db *store.DB) error {
		check, err = ship.Verify(ctx, db, key, path, onnx)
		return err
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
