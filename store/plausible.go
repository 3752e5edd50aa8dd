package store

import (
	"context"
	"database/sql"
	"fmt"

	"flowsweep/experiments"
)

// suspect is a row that cannot be what was stored, by what it says. Its seal may hold: a store of a version without seals
// was sealed later.
type suspect struct {
	table, where string // the row, by an SQL condition
	args         []any
	text         string
}

// finder finds suspects of one kind.
type finder func(context.Context, *sql.Tx) ([]suspect, error)

// suspects returns the rows with values out of range, and those whose key is not the hash of their configuration. It
// reads the data of specs by read. More finders are for tables that version 5 of the store did not have.
func suspects(ctx context.Context, tx *sql.Tx, read artifactReader, more ...finder) (list []suspect, err error) {
	for _, find := range append([]finder{
		outOfRange, impossibleMetrics, impossibleBaselines, otherFits,
		func(ctx context.Context, tx *sql.Tx) ([]suspect, error) { return otherRuns(ctx, tx, read) },
	}, more...) {
		found, err := find(ctx, tx)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// eachRow calls do with the scanner of each row of a query.
func eachRow(ctx context.Context, tx *sql.Tx, do func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// outOfRange finds values that no fit and no run has. NaN and infinite losses are possible.
func outOfRange(ctx context.Context, tx *sql.Tx) (list []suspect, err error) {
	add := func(scan func(...any) error) error {
		var key string
		s := suspect{where: "key = ?"}
		err := scan(&s.table, &key, &s.text)
		s.args = []any{key}
		list = append(list, s)
		return err
	}
	err = eachRow(ctx, tx, add, `
		SELECT 'fits', key, printf('fit %s cannot have %d parameters and %g seconds', key, params, seconds)
			FROM fits WHERE seconds < 0 OR params < 0 OR state = 'finished' AND params = 0
		UNION ALL SELECT 'fits', fit, printf('fit %s has losses below 0', fit)
			FROM losses WHERE value < 0 OR held_out < 0 OR step < 0 GROUP BY fit
		UNION ALL SELECT 'runs', key, printf('run %s cannot have %d velocity calls, %g in the mean, and %g seconds', key, nfe, nfe_mean, seconds)
			FROM runs WHERE nfe < 0 OR NOT nfe_mean BETWEEN 0 AND nfe OR seconds < 0 OR state = 'finished' AND nfe = 0
		UNION ALL SELECT 'nulls', key, printf('the null distribution of %s against reference %s has not its %d values', metric, reference, count)
			FROM nulls WHERE count <> json_array_length(json)`)
	return list, err
}

// impossibleMetrics finds values that their metric cannot have, such as a negative distance.
func impossibleMetrics(ctx context.Context, tx *sql.Tx) (list []suspect, err error) {
	add := func(scan func(...any) error) error {
		var run, reference string
		v, err := scanValue(scan, &run, &reference)
		if err == nil && !v.Possible() {
			list = append(list, suspect{"metrics", "run = ? AND reference = ? AND name = ?", []any{run, reference, v.Name}, fmt.Sprintf("run %s cannot have %s", run, valueText(v))})
		}
		return err
	}
	err = eachRow(ctx, tx, add, `SELECT run, reference, name, value, kind, se, p, version FROM metrics`)
	return list, err
}

func impossibleBaselines(ctx context.Context, tx *sql.Tx) (list []suspect, err error) {
	add := func(scan func(...any) error) error {
		var at experiments.BaselinePlace
		var draw int
		v, err := scanValue(scan, &at.Reference, &at.Name, &at.Count, &draw)
		if err == nil && !v.Possible() {
			list = append(list, suspect{
				"baselines", "reference = ? AND name = ? AND n = ? AND draw = ? AND metric = ?",
				[]any{at.Reference, at.Name, at.Count, draw, v.Name},
				fmt.Sprintf("the baseline %s against reference %s cannot have %s", at.Name, at.Reference, valueText(v)),
			})
		}
		return err
	}
	err = eachRow(ctx, tx, add, `SELECT reference, name, n, draw, metric, value, kind, se, p, version FROM baselines`)
	return list, err
}

func valueText(v experiments.Value) string {
	return fmt.Sprintf("%s %v, with standard error %v and p %v", v.Name, v.Value, v.SE, v.P)
}

// otherFits finds fits whose key is not that of their configuration.
func otherFits(ctx context.Context, tx *sql.Tx) (list []suspect, err error) {
	add := func(scan func(...any) error) error {
		var key, config string
		err := scan(&key, &config)
		if err == nil && !experiments.IsKeyOfFit(key, []byte(config)) {
			list = append(list, suspect{"fits", "key = ?", []any{key}, fmt.Sprintf("fit %s has the configuration of another", key)})
		}
		return err
	}
	err = eachRow(ctx, tx, add, `SELECT key, config FROM fits`)
	return list, err
}

// otherRuns finds runs of sweeps whose key is not that of their fit and configuration.
func otherRuns(ctx context.Context, tx *sql.Tx, read artifactReader) (list []suspect, err error) {
	sweeps, err := texts(ctx, tx, `SELECT name FROM sweeps`)
	if err != nil {
		return nil, err
	}
	for _, sweep := range sweeps {
		var text string
		if err := tx.QueryRowContext(ctx, `SELECT spec FROM sweeps WHERE name = ?`, sweep).Scan(&text); err != nil {
			return nil, err
		}
		spec, err := parser(ctx, tx, sweep, read).Parse(sweep+".yaml", []byte(text))
		if err != nil {
			continue // what its runs start from is unknown
		}
		add := func(scan func(...any) error) error {
			var key, fit, config string
			err := scan(&key, &fit, &config)
			if err == nil && !experiments.IsKeyOfRun(key, fit, []byte(config), spec.Reference.Seed) {
				list = append(list, suspect{"runs", "key = ?", []any{key}, fmt.Sprintf("run %s has the configuration of another", key)})
			}
			return err
		}
		if err := eachRow(ctx, tx, add, `SELECT key, fit, config FROM runs WHERE `+parts["runs"], sweep); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// breakSeals removes the seals of the rows that a finder finds, as they cannot be what was stored.
func breakSeals(ctx context.Context, tx *sql.Tx, find finder) error {
	list, err := find(ctx, tx)
	if err != nil {
		return err
	}
	for _, s := range list {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET seal = NULL WHERE %s`, s.table, s.where), s.args...); err != nil {
			return err
		}
	}
	return nil
}
