package pipeline

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/pipeline/index"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/stage"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// choose works out the outcome of a sweep.
func choose(ctx context.Context, s sweep.Sweep) (ship.Outcome, error) {
	defer stage.Enter(ctx, stage.Choose)()
	stored, err := saved.Planned(ctx, s.DB, s.Plan)
	if err != nil {
		return ship.Outcome{}, err
	}
	return ship.New(stored), nil
}

// listSweeps writes the list of sweeps beside the output folder of a sweep, if that is the default one. A page of another origin
// stays, and that is said.
func (a *app) listSweeps(ctx context.Context, db *store.DB, out, name string) error {
	parent, ok := ship.DefaultParent(out, name)
	if !ok {
		return nil
	}
	err := index.Write(ctx, db, parent)
	var foreign *index.ForeignError
	if errors.As(err, &foreign) {
		fmt.Fprintln(a.Stderr, "caution:", err)
		return nil
	}
	return err
}

// listAfter writes the list after a sweep, also where that was interrupted. A part of a sweep has no output folder.
func (a *app) listAfter(ctx context.Context, s sweep.Sweep, out string) error {
	if !s.Part.Whole() {
		return nil
	}
	return a.listSweeps(context.WithoutCancel(ctx), s.DB, out, s.Plan.Spec.Name)
}
