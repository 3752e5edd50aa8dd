package store

import (
	"context"
	"database/sql"
	"math"

	"flowsweep/experiments"
)

// SaveMetrics stores values of the run measured against the reference with the given key. A metric measured again
// replaces its earlier value.
func (db *DB) SaveMetrics(ctx context.Context, run, reference string, values []experiments.Value) (err error) {
	defer wrap(&err, "save metrics of run %s", run)
	return db.write(ctx, func(tx *sql.Tx) error {
		for _, v := range values {
			n := numberOf(v.Value)
			if _, err := tx.ExecContext(ctx, `INSERT INTO metrics (run, reference, name, value, kind, se, p, version) VALUES (?, ?, ?, ?, ?, ?, nullif(?, 0), ?)
				ON CONFLICT (run, reference, name) DO UPDATE SET value = excluded.value, kind = excluded.kind, se = excluded.se, p = excluded.p,
				version = excluded.version`,
				run, reference, v.Name, n.value, n.kind, v.SE, v.P, v.Version); err != nil { // SQLite stores NaN as NULL
				return err
			}
		}
		return nil
	})
}

// Metrics returns the values of the run measured against the reference with the given key, by name.
func (db *DB) Metrics(ctx context.Context, run, reference string) (values []experiments.Value, err error) {
	defer wrap(&err, "read metrics of run %s", run)
	return values, db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "metrics", "run = ? AND reference = ?", run, reference); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx,
			`SELECT name, value, kind, se, p, version FROM metrics WHERE run = ? AND reference = ? ORDER BY name`, run, reference)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scanValue(rows.Scan)
			if err != nil {
				return err
			}
			values = append(values, v)
		}
		return rows.Err()
	})
}

// scanValue reads the columns name, value, kind, se, p and version, preceded by columns scanned into before.
func scanValue(scan func(...any) error, before ...any) (v experiments.Value, err error) {
	var n number
	var se, p sql.NullFloat64
	err = scan(append(before, &v.Name, &n.value, &n.kind, &se, &p, &v.Version)...)
	v.Value, v.SE, v.P = n.float(), orNaN(se), p.Float64
	return v, err
}

// number is a float64 stored in two columns, because SQLite stores NaN as NULL.
type number struct {
	value sql.NullFloat64
	kind  string
}

func numberOf(x float64) number {
	switch {
	case math.IsNaN(x):
		return number{kind: "nan"}
	case math.IsInf(x, 1):
		return number{kind: "inf"}
	case math.IsInf(x, -1):
		return number{kind: "-inf"}
	default:
		return number{sql.NullFloat64{Float64: x, Valid: true}, "finite"}
	}
}

func (n number) float() float64 {
	switch n.kind {
	case "nan":
		return math.NaN()
	case "inf":
		return math.Inf(1)
	case "-inf":
		return math.Inf(-1)
	default:
		return n.value.Float64
	}
}

// orNaN returns x, or NaN for NULL, as which SQLite stores NaN.
func orNaN(x sql.NullFloat64) float64 {
	if !x.Valid {
		return math.NaN()
	}
	return x.Float64
}
