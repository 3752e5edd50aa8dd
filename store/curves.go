package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"flowsweep/experiments"
)

// Curves returns the loss curves of the fits of a sweep, by key, without what a plot could not show: the steps of a
// curve are cut into so many equal parts, and of each stay its lowest and its highest loss, and the first that is not
// finite; of the whole, the first and the last. A curve of at most twice as many points stays whole. However many
// losses there are, no more of them are in memory than stay. Fits are read side by side, each as it is at that moment.
func (db *DB) Curves(ctx context.Context, sweep string, parts int) (curves map[string][]experiments.Loss, err error) {
	defer wrap(&err, "read the loss curves of sweep %q", sweep)
	if parts < 1 {
		panic(fmt.Sprintf("store: curves in %d parts", parts))
	}
	var fits []string
	err = db.read(ctx, func(tx *sql.Tx) error {
		err := exists(ctx, tx, Owner{ownerSweep, sweep})
		if err == nil {
			fits, err = fitsOf(ctx, tx, sweep)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	curves = map[string][]experiments.Loss{}
	var mu sync.Mutex
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(min(runtime.GOMAXPROCS(0), maxReaders-1)) // leave one for whoever else reads
	for _, fit := range fits {
		group.Go(func() error {
			c, err := db.curve(inner, fit, parts)
			if err != nil {
				return fmt.Errorf("fit %s: %w", fit, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(c) > 0 {
				curves[fit] = c
			}
			return nil
		})
	}
	return curves, group.Wait()
}

func fitsOf(ctx context.Context, tx *sql.Tx, sweep string) (fits []string, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT DISTINCT r.fit FROM sweep_runs p JOIN runs r ON r.key = p.run WHERE p.sweep = ?`, sweep)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var fit string
		if err := rows.Scan(&fit); err != nil {
			return nil, err
		}
		fits = append(fits, fit)
	}
	return fits, rows.Err()
}

// curve reads the losses of a fit and thins them. It reads from the driver itself: with millions of rows, what
// database/sql does for each costs as much again as reading them.
func (db *DB) curve(ctx context.Context, fit string, parts int) ([]experiments.Loss, error) {
	conn, err := db.readers.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var first, last sql.NullInt64
	var count int
	if err := conn.QueryRowContext(ctx, `SELECT (SELECT min(step) FROM losses WHERE fit = ?1), (SELECT max(step) FROM losses WHERE fit = ?1),
		(SELECT count(*) FROM (SELECT 1 FROM losses WHERE fit = ?1 LIMIT ?2))`, fit, 2*parts+1).Scan(&first, &last, &count); err != nil {
		return nil, err
	}
	t := thinner{first: int(first.Int64), last: int(last.Int64), parts: parts, whole: count <= 2*parts}
	err = conn.Raw(func(bare any) error {
		// Losses logged meanwhile are beyond the last step.
		rows, err := bare.(driver.QueryerContext).QueryContext(ctx, `SELECT step, coalesce(value, kind) FROM losses WHERE fit = ? AND step <= ? ORDER BY step`,
			[]driver.NamedValue{{Ordinal: 1, Value: fit}, {Ordinal: 2, Value: last.Int64}})
		if err != nil {
			return err
		}
		return errors.Join(t.read(rows), rows.Close())
	})
	t.endPart()
	return t.kept, err
}

// read adds every row, of step and loss.
func (t *thinner) read(rows driver.Rows) error {
	row := make([]driver.Value, 2)
	for {
		err := rows.Next(row)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		l, err := lossOf(row[0], row[1])
		if err != nil {
			return err
		}
		t.add(l)
	}
}

// thinner keeps those of a curve's losses that a plot would show. They come by growing step.
type thinner struct {
	first, last int // steps
	parts       int
	whole       bool
	kept        []experiments.Loss

	part              int                // number of the current one
	low, high, broken []experiments.Loss // of it, at most one each
}

func (t *thinner) add(l experiments.Loss) {
	if t.whole || l.Step == t.first || l.Step == t.last {
		t.endPart()
		t.kept = append(t.kept, l)
		return
	}
	// The quotient is below 1; a product of steps and parts might be no int.
	if part := int(float64(l.Step-t.first) / float64(t.last-t.first) * float64(t.parts)); part != t.part {
		t.endPart()
		t.part = part
	}
	if math.IsNaN(l.Value) || math.IsInf(l.Value, 0) {
		if len(t.broken) == 0 {
			t.broken = append(t.broken, l)
		}
		return
	}
	if len(t.low) == 0 || l.Value < t.low[0].Value {
		t.low = append(t.low[:0], l)
	}
	if len(t.high) == 0 || l.Value > t.high[0].Value {
		t.high = append(t.high[:0], l)
	}
}

// endPart keeps what there is of the current part, by step and none twice.
func (t *thinner) endPart() {
	part := slices.Concat(t.low, t.high, t.broken)
	byStep := func(a, b experiments.Loss) int { return cmp.Compare(a.Step, b.Step) }
	slices.SortFunc(part, byStep)
	sameStep := func(a, b experiments.Loss) bool { return a.Step == b.Step }
	t.kept = append(t.kept, slices.CompactFunc(part, sameStep)...)
	t.low, t.high, t.broken = t.low[:0], t.high[:0], t.broken[:0]
}
