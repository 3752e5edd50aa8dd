package draw

import (
	"context"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// Exact is the exact velocity of a target, which must have a law, along a path.
func Exact(t target.Target, path flow.Path) From {
	field := oracle.Oracle{Law: t.Law, Path: path}.RowField()
	if !t.Given.Empty() {
		field = oracle.NewConditional(t.LawGiven, path).RowField()
	}
	return From{
		conditional: ofTarget(t),
		Name:        "exact velocity of " + t.Name, Dim: t.Dim(), Columns: t.Columns, Code: t.Code, Units: t.Units, exact: true,
		velocity: job.Velocity{Path: path, Field: field.Field(), Rows: field}, close: func() error { return nil },
	}
}

// Run opens the net of the run with the key.
func Run(ctx context.Context, db *store.DB, key string) (From, error) {
	r, err := saved.Run(ctx, db, key)
	if err != nil {
		return From{}, err
	}
	recipe := r.Setting.Recipe
	weights, err := saved.Weights(ctx, db, recipe, r.Fit)
	if err != nil {
		return From{}, err
	}
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		return From{}, err
	}
	tunings, err := db.Tunings(ctx, r.Fit)
	if err != nil {
		return From{}, err
	}
	model, err := velocity.Compile(e, recipe.VelocityNet(), weights)
	if err != nil {
		return From{}, err
	}
	return From{
		tunings: tunings, conditional: ofTarget(recipe.Target), noNone: recipe.Train.Drop == 0,
		Name: "run " + key, Dim: model.Net.Dim(), Columns: recipe.Target.Columns, Code: recipe.Target.Code, Units: recipe.Target.Units,
		source: recipe.Source, noScore: recipe.HasScore(), run: r.Setting.Sample, advice: adviceOf(r.Setting.Sample),
		velocity: job.Velocity{Path: recipe.Path, Field: model.Field(), Rows: model.RowField()}, close: model.Close,
	}, nil
}

// File opens an ONNX file from anywhere. inputs names the times and the points of a velocity, under t and x, where nothing else
// tells them. What a file that this program wrote says about sampling is followed.
func File(path string, inputs map[string]string) (From, error) {
	o, err := export.OpenFile(path, export.OpenOptions{Inputs: inputs})
	if err != nil {
		return From{}, fmt.Errorf("%s: %w", path, err)
	}
	if o.Density != nil {
		return From{}, errorAnd(fmt.Errorf("%s gives log densities of points, not samples: use flowsweep logp --model", path), o)
	}
	f := From{
		Name: path, Dim: o.Dim, Columns: o.Columns, Code: o.Code, Cautions: o.Cautions, Units: o.Units,
		velocity: job.Velocity{Path: flow.CondOT}, sampler: o.Sampler, steps: o.Steps, close: o.Close,
	}
	f.conditional, f.noNone, f.guide = ofFile(o.Conditional), !o.Conditional.Whole, o.Guide
	f.run.Guidance = o.Conditional.Guidance
	if o.Velocity != nil {
		f.velocity.Rows, f.velocity.Field = o.Velocity, o.Velocity.Field()
	}
	f.follow(o.Says)
	return f, nil
}

// errorAnd closes the file after an error.
func errorAnd(err error, o *export.Opened) error {
	o.Close()
	return err
}

// follow takes over what the file says. What cannot be read is an error only where it is needed.
func (f *From) follow(says export.Advice) {
	f.advice = advice{by: "the file", is: Flags{Solver: says.Solver, Steps: says.Steps, Tolerance: says.Tolerance, Grid: says.Grid, Path: says.Along, SDENoise: says.SDENoise}}
	if says.Coefficients != "" {
		s, err := experiments.ParseSampling(fmt.Sprintf("{count: 2, solver: %s, steps: %s, grid: %s}", says.Solver, says.Steps, says.Grid))
		if err == nil && says.Along != "" {
			s.Path, err = experiments.ParsePath(says.Along)
		}
		if err == nil {
			f.tunings = []experiments.Tuning{{Of: experiments.TuningForm(s), Table: says.Coefficients}}
		}
	}
	if says.Source != "" {
		var err error
		if f.source, err = (experiments.Parser{}).Source(says.Source); err == nil && !f.source.Gaussian() && f.source.From.Dim() != f.Dim {
			err = fmt.Errorf("it has dimension %d, not %d", f.source.From.Dim(), f.Dim)
		}
		if err != nil {
			f.noSource = fmt.Errorf("%s starts from %s, which cannot be drawn from without its data: give points of it with --noise", f.Name, says.Source)
		}
	}
	f.noScore = scoreOf(says)
	f.assumption = ", and the net taken as trained along " + f.velocity.Path.String()
	if says.Path != "" {
		f.assumption = ""
		path, err := experiments.ParsePath(says.Path)
		if err != nil {
			f.noPath = fmt.Errorf("%s was trained along the path %s, which this program does not know: leave out --path", f.Name, says.Path)
			return
		}
		f.velocity.Path = path
	}
}

// scoreOf returns why the velocity of a file does not give the score, if it says so.
func scoreOf(says export.Advice) error {
	switch {
	case says.Source != "":
		return fmt.Errorf("noise on the way needs a net that starts from noise, and this one starts from %s", says.Source)
	case says.Coupling != "" && says.Coupling != flow.Independent.Name:
		return fmt.Errorf("noise on the way needs the score, which the velocity does not give for the coupling %s", says.Coupling)
	default:
		return nil
	}
}
