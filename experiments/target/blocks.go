package target

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/table"
)

// eachBlock calls do with all columns, some of them at a time with all rows, (n, width), and the number of the first. It may call it from
// several goroutines at once. The error is that of the first block that has one.
func (c Columns) eachBlock(do func(from int, block flow.Batch) error) error {
	workers := max(1, min(runtime.GOMAXPROCS(0), c.held()/c.Len()))
	width := max(1, c.held()/workers/c.Len())
	side := max(width, 8*c.held()/c.Array.Size()/c.Len()) // columns of a strip: as many bytes as the numbers of all workers
	for from := 0; from < len(c.At); {
		to := from + 1 // columns that lie side by side in the file
		for to < len(c.At) && to < from+side && c.At[to] == c.At[to-1]+1 {
			to++
		}
		strip, err := c.Array.Strip(c.At[from], c.At[from]+to-from)
		if err != nil {
			return err
		}
		errs := make([]error, (to-from+width-1)/width)
		flow.Parallel(min(workers, len(errs)), func(first int) {
			for k := first; k < len(errs) && errs[first] == nil; k += workers {
				at := from + k*width
				errs[k] = do(at, c.block(at, strip.Columns(at-from, min(at+width, to)-from)))
			}
		})
		if err := errors.Join(errs...); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// TakeColumns returns the data of the chosen columns of an array in a file, as Take does of a table. Kinds that are not known are guessed
// or, of pixels, whole numbers if all of them are.
func TakeColumns(of Columns, choices, declared []kinds.Choice, pixels bool) (taken Taken, err error) {
	set := map[string]bool{}
	for _, c := range declared {
		set[c.Column] = c.Kind.Known()
	}
	list, codes := make([]kinds.Kind, len(choices)), make([]map[float64]float64, len(choices))
	for j, c := range choices {
		taken.Columns, list[j] = append(taken.Columns, c.Column), c.Kind
	}
	if pixels && of.Array.Whole() {
		list = slices.Repeat([]kinds.Kind{kinds.Integer}, len(choices)) // nothing is left to look at
	} else if pixels {
		kind, err := pixelKind(of)
		if err != nil {
			return taken, err
		}
		list = slices.Repeat([]kinds.Kind{kind}, len(choices))
	}
	gaps := newGaps(of.Len())
	look := of.eachBlock
	if pixels && of.Array.Whole() {
		look = func(func(int, flow.Batch) error) error { return nil }
	}
	err = look(func(from int, block flow.Batch) error {
		for j := range block.Dim {
			c := kinds.Column{Name: taken.Columns[from+j], Values: columnValues(block, j)}
			gaps.look(from+j, c.Values)
			if list[from+j], codes[from+j], err = takeColumn(list[from+j], c); err != nil {
				return columnError(table.Table{}, c.Name, err)
			}
		}
		return nil
	})
	if err == nil {
		err = gaps.err(taken.Columns)
	}
	if err != nil {
		return taken, err
	}
	of.codes = codes
	taken.InFile = &of
	taken.setKinds(list, set)
	return taken, nil
}

// setKinds sets the kinds of the columns, of which some are declared.
func (t *Taken) setKinds(list []kinds.Kind, declared map[string]bool) {
	for j, kind := range list {
		t.ColumnNotes = append(t.ColumnNotes, ColumnNote{Column: t.Columns[j], Kind: kind, Set: declared[t.Columns[j]]})
	}
	if !kinds.AllReal(list) {
		t.Kinds = list
	}
}

// takeColumn completes the kind of a column, and returns the code of each of its numbers if it is one of categories.
func takeColumn(kind kinds.Kind, c kinds.Column) (taken kinds.Kind, codes map[float64]float64, err error) {
	if !kind.Known() {
		if kind, err = kinds.Guess(c); err != nil {
			return kind, nil, err
		}
	}
	kind, values, err := kind.Take(c)
	if err != nil || !kind.OneHot {
		return kind, nil, err
	}
	codes = map[float64]float64{}
	for i, v := range c.Values {
		codes[v] = values[i]
	}
	return kind, codes, nil
}

// columnValues returns a column of the rows.
func columnValues(rows flow.Batch, j int) []float64 {
	values := make([]float64, rows.Len())
	for i := range values {
		values[i] = rows.Row(i)[j]
	}
	return values
}

// pixelKind returns the kind of pixels, as Pixels does.
func pixelKind(of Columns) (kinds.Kind, error) {
	var mu sync.Mutex
	kind := kinds.Integer
	err := of.eachBlock(func(_ int, block flow.Batch) error {
		whole := !slices.ContainsFunc(block.Data, func(v float64) bool { return v != math.Trunc(v) })
		mu.Lock()
		defer mu.Unlock()
		if !whole {
			kind = kinds.Real
		}
		return nil
	})
	return kind, err
}

// gaps collects the rows that have a number which is not finite.
type gaps struct {
	mu            sync.Mutex
	bad           []bool
	column, first int // the first such row, and its first such column; -1 for none
	missing       bool
}

func newGaps(n int) *gaps { return &gaps{bad: make([]bool, n), column: -1, first: n} }

// look looks through a column.
func (g *gaps) look(column int, values []float64) {
	if flow.Finite(values...) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, v := range values {
		if flow.Finite(v) {
			continue
		}
		g.bad[i] = true
		if i < g.first || i == g.first && column < g.column {
			g.first, g.column, g.missing = i, column, math.IsNaN(v)
		}
	}
}

// err returns the error of table.Table.Rows.
func (g *gaps) err(names []string) error {
	count := 0
	for _, bad := range g.bad {
		if bad {
			count++
		}
	}
	if count == 0 {
		return nil
	}
	return table.NewGapError(count, len(g.bad), names, table.Table{}.Place(g.first), names[g.column], g.missing)
}
