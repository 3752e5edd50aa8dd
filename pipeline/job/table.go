package job

import (
	"math"

	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// TableOf says how points of a target are rows of the user's table. Of a target that is no table it has no columns.
func TableOf(t target.Target) metric.Table {
	table := metric.Table{Values: t.Decode}
	rows, coders := t.Decode(t.Rows.Some()), t.Code.Columns()
	for j, name := range t.Columns {
		column := metric.TableColumn{Name: name, Low: math.Inf(1), High: math.Inf(-1)}
		for i := range rows.Len() {
			column.Low, column.High = min(column.Low, rows.Row(i)[j]), max(column.High, rows.Row(i)[j])
		}
		if coders != nil {
			column.Categories = coders[j].Kind.Categories
		}
		table.Columns = append(table.Columns, column)
	}
	return table
}
