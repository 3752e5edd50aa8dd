package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"flowsweep/experiments"
)

// Null is the null distribution of a metric: its values between a reference sample and others that are drawn from the
// truth as well. It says what the metric reads when nothing is wrong.
type Null struct {
	Key       string // hash of all that the values depend on
	Reference string // key of the reference sample
	Metric    string
	N         int // points of each sample that was compared with the reference
	Mean      float64
	Q95       float64 // 95 % quantile
	Values    []float64
}

// SaveNull stores the null distribution, in place of the one of the same key.
func (db *DB) SaveNull(ctx context.Context, n Null) (err error) {
	defer wrap(&err, "save the null distribution of %s", n.Metric)
	values := make([]experiments.Number, len(n.Values))
	for i, x := range n.Values {
		values[i] = experiments.Number(x)
	}
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO nulls (key, reference, metric, n, count, mean, q95, json)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, n.Key, n.Reference, n.Metric, n.N, len(n.Values), n.Mean, n.Q95, string(text))
		return err
	})
}

// Null returns the null distribution of the key, and whether the store holds it.
func (db *DB) Null(ctx context.Context, key string) (n Null, ok bool, err error) {
	defer wrap(&err, "read a null distribution")
	var mean, q95 sql.NullFloat64
	var text string
	err = db.readers.QueryRowContext(ctx, `SELECT key, reference, metric, n, mean, q95, json FROM nulls WHERE key = ?`, key).
		Scan(&n.Key, &n.Reference, &n.Metric, &n.N, &mean, &q95, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return Null{}, false, nil
	}
	if err != nil {
		return Null{}, false, err
	}
	var values []experiments.Number
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return Null{}, false, err
	}
	for _, x := range values {
		n.Values = append(n.Values, float64(x))
	}
	n.Mean, n.Q95 = orNaN(mean), orNaN(q95)
	return n, true, nil
}
