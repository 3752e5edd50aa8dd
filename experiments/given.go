package experiments

import (
	"fmt"
	"slices"

	"flowsweep/experiments/table"
	"flowsweep/experiments/target"
)

// labels returns the table with the labels that are in a file of their own as a further column, which the file is then said to have.
func (d *dataFiles) labels(t table.Table, f *target.File) (table.Table, error) {
	if f.Label.File == "" {
		return t, nil
	}
	labels, err := d.table(f.Label.File, nil, table.Options{Header: table.AutoHeader})
	if err != nil {
		return t, err
	}
	at := 0
	switch names := labels.Names(); {
	case f.Label.Column != "":
		if at = slices.Index(names, f.Label.Column); at < 0 {
			return t, fmt.Errorf("%s has no column %q: it has %s", f.Label.File, f.Label.Column, table.Listed(names))
		}
	case len(names) != 1:
		return t, fmt.Errorf("%s has %d columns: say which of them is the label, as label: {file: %s, column: NAME}", f.Label.File, len(names), f.Label.File)
	}
	column := labels.Columns[at]
	if labels.Len() != t.Len() {
		return t, fmt.Errorf("%s has %d rows and %s %d: there must be a label for each row, in the same order", f.Label.File, labels.Len(), f.File, t.Len())
	}
	if !labels.Named {
		column.Name = "label"
	}
	if slices.Contains(t.Names(), column.Name) {
		return t, fmt.Errorf("%s has a column %q too: rename the label", f.File, column.Name)
	}
	t.Columns = append(slices.Clone(t.Columns), column)
	f.Label = target.Label{Column: column.Name}
	return t, nil
}
