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
		Short: "Check an exported velocity.onnx or sampler.onnx against Go again",
		Long: "Check an exported velocity.onnx or sampler.onnx again: run it in onnxruntime, and compare with Go, which uses the\n" +
			"weights of the run in the store that the file names.",
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

// maxModel is the largest ONNX file that verify reads, in bytes: far larger than any the program writes.
const maxModel = 1 << 30

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

// readModel reads an ONNX file of at most maxModel bytes.
func readModel(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxModel {
		return nil, fmt.Errorf("%s is not an ONNX file", path)
	}
	return os.ReadFile(path)
}
