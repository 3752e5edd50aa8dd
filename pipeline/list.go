package pipeline

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/pipeline/index"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

// listSweeps writes the list of sweeps beside the output folder of a sweep, if that is the default one. A page of another origin
// stays, and that is said.
func (a *app) listSweeps(ctx context.Context, db *store.DB, out, sweep string) error {
	parent, ok := ship.DefaultParent(out, sweep)
	if !ok {
		return nil
	}
	err := index.Write(ctx, db, parent)
	var foreign *index.ForeignError
	if errors.As(err, &foreign) {
		fmt.Fprintln(a.stderr, "caution:", err)
		return nil
	}
	return err
}
