package store

import (
	"context"
	"database/sql"
	"math"

	"flowsweep/experiments"
)

// SaveMetrics stores values of the run measured against the reference of the given key. A name measured again replaces
// its value.
func (db *DB) SaveMetrics(ctx context.Context, run, reference string, values []experiments.Value) (err error) {
	defer wrap(&err, "save metrics of run %s", run)
	return db.write(ctx, func(tx *sql.Tx) error {
		for _, v := range values {
			n := numberOf(v.Value)
			if _, err := tx.ExecContext(ctx, `INSERT INTO metrics (run, reference, name, value, kind) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (run, reference, name) DO UPDATE SET value = excluded.value, kind = excluded.kind`,
				run, reference, v.Name, n.value, n.kind); err != nil {
				return err
			}
		}
		return nil
	})
}

// Metrics returns the values of the run measured against the reference of the given key, by name.
func (db *DB) Metrics(ctx context.Context, run, reference string) (values []experiments.Value, err error) {
	defer wrap(&err, "read metrics of run %s", run)
	rows, err := db.readers.QueryContext(ctx,
		`SELECT name, value, kind FROM metrics WHERE run = ? AND reference = ? ORDER BY name`, run, reference)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v experiments.Value
		var n number
		if err := rows.Scan(&v.Name, &n.value, &n.kind); err != nil {
			return nil, err
		}
		v.Value = n.float()
		values = append(values, v)
	}
	return values, rows.Err()
}

// number is a float64 in two columns, because SQLite stores NaN as NULL.
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
