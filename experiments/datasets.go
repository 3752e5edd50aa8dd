package experiments

import (
	"fmt"
	"slices"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/table"
	"flowsweep/experiments/target"
	"flowsweep/experiments/target/datasets"
)

// namedData is the form in a spec of a data set that has a name: that of a file, without what says how to read one.
type namedData struct {
	Columns     []kinds.Choice `json:"columns" doc:"as for a file"`
	Exclude     []string       `json:"exclude" doc:"as for a file"`
	Standardise target.Scaling `json:"standardise" doc:"as for a file"`
	Noise       float64        `json:"noise" min:"0" doc:"as for a file"`
	Holdout     float64        `json:"holdout" min:"0" below:"1" doc:"as for a file"`
	Mixture     int            `json:"mixture" min:"0" doc:"as for a file"`
}

// datasetTargets returns the families of the data sets that have a name.
func datasetTargets(data *dataFiles) (list []declare.Family[target.Target]) {
	for _, set := range datasets.Datasets {
		of := target.DefaultFile
		list = append(list, declare.Family[target.Target]{
			Name: set.Name, Default: namedData{Exclude: set.Left, Standardise: of.Standardise, Holdout: of.Holdout}, Refused: refusedFileKeys,
			Make: func(params any, at declare.Place) (target.Target, error) {
				p, f := params.(namedData), of
				f.File, f.Columns, f.Exclude, f.Standardise = set.File, p.Columns, p.Exclude, p.Standardise
				f.Noise, f.Holdout, f.Mixture = p.Noise, p.Holdout, p.Mixture
				if len(p.Columns) == 0 {
					f.Shape = sizes(set.Images)
				}
				return data.take(f, &set, data.real, at)
			},
		})
	}
	return list
}

// heldLast puts the rows that a column marks as held out last, and returns how many they are: 0 without a column.
func heldLast(t table.Table, column string) (table.Table, int, error) {
	if column == "" {
		return t, 0, nil
	}
	var first, last []int
	for i, v := range t.Columns[slices.Index(t.Names(), column)].Values {
		switch v {
		case 0:
			first = append(first, i)
		case 1:
			last = append(last, i)
		default:
			return t, 0, fmt.Errorf("the column %q is neither 0 nor 1 %s: it is 1 in the rows to hold out, and 0 in others", column, t.Place(i))
		}
	}
	if len(last) == 0 {
		return t, 0, fmt.Errorf("the column %q is 1 in no row, so that none would be held out", column)
	}
	return t.Take(append(first, last...)), len(last), nil
}

// sizes returns a shape as a spec has it.
func sizes(shape []int) (list []float64) {
	for _, n := range shape {
		list = append(list, float64(n))
	}
	return list
}
