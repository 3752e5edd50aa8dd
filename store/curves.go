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
	"flowsweep/store/seal"
)

// Curves returns the loss curves of the fits of a sweep, by key, thinned to what a plot can show. The steps of a curve
// are divided into equal parts; each part keeps its lowest loss, its highest and its first that is not finite, and the
// curve keeps its first and last loss. A curve of at most 2*parts losses is kept whole. Only the losses that are kept
// are held in memory. Fits are read in parallel, each in its own snapshot.
func (db *DB) Curves(ctx context.Context, sweep string, parts int) (curves map[string][]experiments.Loss, err error) {
	defer wrap(&err, "read the loss curves of sweep %q", sweep)
	if parts < 1 {
		panic(fmt.Sprintf("store: curves in %d parts", parts))
	}
	var fits []string
	err = db.read(ctx, func(tx *sql.Tx) error {
		err := checkExists(ctx, tx, Owner{ownerSweep, sweep})
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
	group.SetLimit(min(runtime.GOMAXPROCS(0), maxReaders-1)) // leave a connection for other readers
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

func fitsOf(ctx context.Context, tx *sql.Tx, sweep string) ([]string, error) {
	return texts(ctx, tx, `SELECT DISTINCT r.fit FROM sweep_runs p JOIN runs r ON r.key = p.run WHERE p.sweep = ?`, sweep)
}

// curve reads the losses of a fit and thins them. It calls the driver directly: for millions of rows, database/sql would
// double the cost.
func (db *DB) curve(ctx context.Context, fit string, parts int) ([]experiments.Loss, error) {
	conn, err := db.readers.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // nothing to commit
	var first, last, stored sql.NullInt64
	var count int
	if err := tx.QueryRowContext(ctx, `SELECT (SELECT min(step) FROM losses WHERE fit = ?1), (SELECT max(step) FROM losses WHERE fit = ?1),
		(SELECT count(*) FROM (SELECT 1 FROM losses WHERE fit = ?1 LIMIT ?2)), (SELECT losses_seal FROM fits WHERE key = ?1)`, fit, 2*parts+1).
		Scan(&first, &last, &count, &stored); err != nil {
		return nil, err
	}
	t := thinner{first: int(first.Int64), last: int(last.Int64), parts: parts, keepAll: count <= 2*parts}
	err = conn.Raw(func(bare any) error {
		rows, err := bare.(driver.QueryerContext).QueryContext(ctx, `SELECT step, coalesce(value, kind), held_out FROM losses WHERE fit = ? ORDER BY step`,
			[]driver.NamedValue{{Ordinal: 1, Value: fit}})
		if err != nil {
			return err
		}
		return errors.Join(t.read(rows), rows.Close())
	})
	if err == nil {
		err = checkLosses(t.seal, fit, stored)
	}
	t.endPart()
	return t.kept, err
}

// read adds every row of steps and losses.
func (t *thinner) read(rows driver.Rows) error {
	row := make([]driver.Value, 3)
	for {
		err := rows.Next(row)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		t.seal.Add(row[0], row[1], row[2])
		l, err := lossOf(row[0], row[1], row[2])
		if err != nil {
			return err
		}
		t.add(l)
	}
}

// thinner keeps the losses of a curve that a plot would show. They are added in the order of their steps.
type thinner struct {
	first, last int // steps
	parts       int
	keepAll     bool
	kept        []experiments.Loss
	seal        seal.Sum // of all losses

	part                 int                // index of the current part
	low, high, notFinite []experiments.Loss // of the current part, at most one each
}

func (t *thinner) add(l experiments.Loss) {
	if t.keepAll || l.Step == t.first || l.Step == t.last {
		t.endPart()
		t.kept = append(t.kept, l)
		return
	}
	// In float64, as the product of steps and parts could overflow an int.
	if part := int(float64(l.Step-t.first) / float64(t.last-t.first) * float64(t.parts)); part != t.part {
		t.endPart()
		t.part = part
	}
	if math.IsNaN(l.Value) || math.IsInf(l.Value, 0) {
		if len(t.notFinite) == 0 {
			t.notFinite = append(t.notFinite, l)
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

// endPart moves the losses of the current part to kept, by step and without duplicates.
func (t *thinner) endPart() {
	part := slices.Concat(t.low, t.high, t.notFinite)
	byStep := func(a, b experiments.Loss) int { return cmp.Compare(a.Step, b.Step) }
	slices.SortFunc(part, byStep)
	sameStep := func(a, b experiments.Loss) bool { return a.Step == b.Step }
	t.kept = append(t.kept, slices.CompactFunc(part, sameStep)...)
	t.low, t.high, t.notFinite = t.low[:0], t.high[:0], t.notFinite[:0]
}
