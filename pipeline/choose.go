package pipeline

import (
	"context"

	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/stage"
	"flowsweep/pipeline/sweep"
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
