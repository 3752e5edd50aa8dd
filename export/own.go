package export

import (
	"fmt"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
)

// own is the metadata of a file that this program wrote, whatever has rewritten it since.
type own map[string]string

// ownMetadata returns the metadata of a file that this program wrote; ok is false for other files.
func ownMetadata(d onnx.Description) (own, bool) {
	return d.Metadata, d.Producer == producer || d.Metadata["time_convention"] == timeConvention
}

// units returns the map from the scale of a velocity to the user's units. Points on a wrong scale would go unnoticed, so
// units that do not fit are an error.
func (o own) units(dim int) (units flow.Units, err error) {
	for key, values := range map[string]any{"scale": &units.Scale, "shift": &units.Shift, "quantile_knots": &units.Curves} {
		if text, ok := o[key]; ok && !fromJSON(text, values) {
			return units, fmt.Errorf("its metadata %s is damaged, so that the units of its samples are not known: export the file again", key)
		}
	}
	if err := (About{Units: units}).check(dim); err != nil {
		return units, fmt.Errorf("its metadata are damaged: %w: export the file again", err)
	}
	return units, nil
}

// columns returns the names of the coordinates, or nil.
func (o own) columns() (names []string) {
	if !fromJSON(o["columns"], &names) {
		return nil
	}
	return names
}

// Advice is what a file says about how to sample it, as texts of a spec. What it does not say is empty.
type Advice struct {
	Source                         string // the distribution at t = 0; empty means N(0, I)
	Path                           string // of the training
	Solver, Steps, Grid, Tolerance string
	Along                          string // the path to sample along, if another
}

func (o own) advice() Advice {
	return Advice{
		Source: o["source"], Path: o["path"], Solver: o["recommended_solver"], Steps: o["recommended_steps"], Grid: o["recommended_grid"],
		Tolerance: o["recommended_tolerance"], Along: o["recommended_path"],
	}
}
