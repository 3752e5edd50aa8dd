package store

import (
	"context"
	"database/sql"
	"slices"

	"flowsweep/experiments"
)

// machinesQuery selects what each machine did of the sweep ?1: fits, those that only teach among them, and runs of the plan.
const machinesQuery = `WITH planned AS (SELECT run FROM sweep_runs WHERE sweep = ?1),
	trained AS (SELECT fit FROM runs WHERE key IN (` + runsOfSweep + `)),
	done AS (SELECT environment, 1 AS fits, 0 AS runs, seconds FROM fits WHERE state = ?2 AND key IN (SELECT fit FROM trained)
		UNION ALL SELECT environment, 0, 1, 0 FROM runs WHERE state = ?2 AND key IN (SELECT run FROM planned)),
	by_environment AS (SELECT environment, sum(fits) AS fits, sum(runs) AS runs, sum(seconds) AS seconds FROM done GROUP BY environment)
	SELECT coalesce(e.json ->> 'machine', ''), coalesce(e.json ->> 'cpu', ''), coalesce(e.json ->> 'cores', 0), coalesce(e.json ->> 'rounding', ''),
		sum(d.fits), sum(d.runs), sum(d.seconds)
	FROM by_environment d JOIN environments e ON e.hash = d.environment GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`

// readMachines fills in the machines that shared a sweep, if its results name any.
func readMachines(ctx context.Context, tx *sql.Tx, s *experiments.Sweep) error {
	if !slices.ContainsFunc(s.Results, func(r experiments.Result) bool { return r.Machine != "" }) {
		return nil
	}
	if err := wholeParts(ctx, tx, s.Name, "sweep_extras"); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, machinesQuery, s.Name, experiments.Finished)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var m experiments.Machine
		if err := rows.Scan(&m.Name, &m.CPU, &m.Cores, &m.Rounding, &m.Fits, &m.Runs, &m.Seconds); err != nil {
			return err
		}
		s.Machines = append(s.Machines, m)
	}
	return rows.Err()
}
