package ship

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship/follow"
	"flowsweep/pipeline/stage"
	"flowsweep/reports/motion"
	"flowsweep/store"
)

// flowed returns the file of how the chosen net carries noise to data, which is worked out unless that is stored; none where it cannot be
// shown.
func (o Outcome) flowed(ctx context.Context, db *store.DB, e engine.Engine) (files []store.File, err error) {
	defer stage.Enter(ctx, stage.Page)()
	f, err := o.storedFlow(ctx, db)
	if err == nil && f == nil {
		f, err = o.followChosen(ctx, db, e)
	}
	if err != nil || f == nil {
		return nil, err
	}
	text, err := json.Marshal(f)
	return []store.File{{Name: flowFile, Content: append(text, '\n')}}, err
}

func (o Outcome) followChosen(ctx context.Context, db *store.DB, e engine.Engine) (_ *motion.Flow, err error) {
	r := o.Choice.Run
	weights, err := saved.Weights(ctx, db, r.Setting.Recipe, r.Fit)
	if err != nil {
		return nil, err
	}
	seed := o.Sweep.Spec.Reference.Seed
	net, err := job.Open(e, experiments.Fit{Key: r.Fit, Recipe: r.Setting.Recipe, Seed: r.Seed}, weights, seed)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, net.Close()) }()
	f, err := follow.Flow(ctx, net.Velocity(r.Setting.Sample), r, seed)
	if err != nil {
		return nil, fmt.Errorf("follow the flow of the chosen net: %w", err)
	}
	return f, nil
}

// storedFlow returns the stored flow of the chosen run; nil if there is none, or only that of another.
func (o Outcome) storedFlow(ctx context.Context, db *store.DB) (*motion.Flow, error) {
	text, err := o.storedFile(ctx, db, flowFile)
	if err != nil || text == nil {
		return nil, err
	}
	var of struct {
		Version int
		Run     string
	}
	f := new(motion.Flow)
	if err = json.Unmarshal(text, &of); err == nil && (of.Version != motion.Version || of.Run != o.Choice.Run.Run) {
		return nil, nil // another form need not be readable
	}
	if err == nil {
		err = json.Unmarshal(text, f)
	}
	if err != nil {
		return nil, fmt.Errorf("read the stored %s: %w", flowFile, err)
	}
	return f, nil
}

// storedFile returns a stored file of the output folder; nil if there is none.
func (o Outcome) storedFile(ctx context.Context, db *store.DB, name string) ([]byte, error) {
	files, err := db.Artifacts(ctx, o.Sweep.Name)
	if err != nil || !slices.ContainsFunc(files, func(a experiments.Artifact) bool { return a.Name == name }) {
		return nil, err
	}
	return db.ArtifactContent(ctx, o.Sweep.Name, name)
}
