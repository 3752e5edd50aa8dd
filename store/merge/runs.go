package merge

import (
	"database/sql"
	"fmt"

	"flowsweep/experiments"
)

// decideRun says what becomes of a run. Alike says that our weights are, or become, those that it was sampled from. A run counts as
// queued without that, and while it is unfinished there.
//
//	ours \ theirs          queued   failed    finished
//	unknown                add      add       add
//	queued, killed, lost   keep     replace   replace
//	failed                 keep     keep      replace
//	running                keep     keep      keep
//	finished               keep     keep      same or differs
func decideRun(ours, theirs half, alike bool) act {
	done := alike && theirs.state == experiments.Finished
	switch {
	case !ours.known:
		return add
	case ours.state == experiments.Finished && done && ours.result == theirs.result:
		return same
	case ours.state == experiments.Finished && done:
		return differs
	case ours.state == experiments.Finished, ours.state == experiments.Running:
		return keep
	case done:
		return replace
	case alike && theirs.state == experiments.Failed && ours.state != experiments.Failed:
		return replace
	default:
		return keep
	}
}

// decideRuns notes the act for each run of the fits, and whether our samples will be theirs.
func (t *taking) decideRuns() error {
	insert, err := t.tx.PrepareContext(t.ctx, `INSERT INTO taken_runs (key, act, alike) VALUES (?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	decide := func(scan func(...any) error) error {
		var key, fit string
		var alike bool
		var ours, theirs half
		if err := scan(&key, &fit, &alike, &ours.known, &ours.state, &ours.result, &theirs.state, &theirs.result); err != nil {
			return err
		}
		act := decideRun(ours, theirs, alike)
		done := alike && theirs.state == experiments.Finished
		switch {
		case act == same:
			t.taken.Same++
		case act == differs:
			t.differ("run %s of fit %s: samples differ, from the same weights: ours are kept, theirs and their metrics left out", key, fit)
		case act == replace, act == add && alike && (done || theirs.state == experiments.Failed):
			t.taken.Runs++
		}
		_, err := insert.ExecContext(t.ctx, key, string(act), done && (act == add || act == replace || act == same))
		return err
	}
	const result = `coalesce(%[1]sa.sha256, '') || printf(' %%d %%!.17g', %[1]s.nfe, %[1]s.nfe_mean)`
	return t.rows(decide, `SELECT o.key, o.fit, t.alike, m.key IS NOT NULL, coalesce(m.state, ''), `+fmt.Sprintf(result, "m")+`, o.state, `+fmt.Sprintf(result, "o")+`
		FROM taken_fits t JOIN other.runs o ON o.fit = t.key LEFT JOIN main.runs m ON m.key = o.key
		LEFT JOIN main.artifacts ma ON (ma.owner_kind, ma.owner, ma.name) = ('run', o.key, ?1)
		LEFT JOIN other.artifacts oa ON (oa.owner_kind, oa.owner, oa.name) = ('run', o.key, ?1) ORDER BY o.key`, samplesName)
}

// runs copies the rows of runs.
func (t *taking) runs() error {
	const settled = `(f.alike AND o.state IN ('finished', 'failed'))`
	return t.each(
		`INSERT INTO main.runs (key, fit, config, state, nfe, nfe_mean, seconds, error, environment, finished)
			SELECT o.key, o.fit, o.config, iif(`+settled+`, o.state, 'queued'), iif(`+settled+`, o.nfe, 0), iif(`+settled+`, o.nfe_mean, 0), iif(`+settled+`, o.seconds, 0),
				iif(`+settled+`, o.error, ''), iif(`+settled+`, o.environment, NULL), iif(`+settled+`, o.finished, NULL)
			FROM taken_runs t JOIN other.runs o ON o.key = t.key JOIN taken_fits f ON f.key = o.fit WHERE t.act = 'add'`,
		`UPDATE main.runs AS m SET state = o.state, nfe = o.nfe, nfe_mean = o.nfe_mean, seconds = o.seconds, error = o.error,
				environment = o.environment, finished = o.finished
			FROM other.runs o JOIN taken_runs t ON t.key = o.key WHERE t.act = 'replace' AND m.key = o.key`,
		`INSERT INTO taken_files (owner_kind, owner, name, sha256, size) SELECT a.owner_kind, a.owner, a.name, a.sha256, a.size
			FROM taken_runs t JOIN other.artifacts a ON (a.owner_kind, a.owner, a.name) = ('run', t.key, '`+samplesName+`')
			WHERE t.act IN ('add', 'replace') AND t.alike`)
}

// contents copies the artifacts in taken_files, with their contents.
func (t *taking) contents() error {
	const needed = `FROM other.blobs b WHERE b.sha256 IN (SELECT sha256 FROM taken_files)`
	if _, err := t.exec(`INSERT INTO main.blobs (sha256, bytes) SELECT b.sha256, b.bytes `+needed+` AND b.size IS NULL AND length(b.bytes) <= ?
		ON CONFLICT (sha256) DO UPDATE SET bytes = excluded.bytes WHERE size IS NULL AND bytes <> excluded.bytes`, t.Large); err != nil { // ours is damaged then
		return err
	}
	var sums []string
	if err := t.texts(&sums, `SELECT b.sha256 `+needed+` AND NOT (b.size IS NULL AND length(b.bytes) <= ?)`, t.Large); err != nil {
		return err
	}
	for _, sum := range sums {
		var bytes []byte
		var size sql.NullInt64
		if err := t.tx.QueryRowContext(t.ctx, `SELECT bytes, size FROM other.blobs WHERE sha256 = ?`, sum).Scan(&bytes, &size); err != nil {
			return err
		}
		moved, kept, err := t.Move(sum, bytes, size)
		if err != nil {
			return fmt.Errorf("the content %s: %w", sum, err)
		}
		if _, err := t.exec(`INSERT INTO main.blobs (sha256, bytes, size) VALUES (?, ?, ?) ON CONFLICT (sha256)
			DO UPDATE SET bytes = excluded.bytes, size = excluded.size`, sum, moved, kept); err != nil {
			return err
		}
	}
	_, err := t.exec(`INSERT INTO main.artifacts (owner_kind, owner, name, sha256, size) SELECT owner_kind, owner, name, sha256, size FROM taken_files WHERE true
		ON CONFLICT (owner_kind, owner, name) DO UPDATE SET sha256 = excluded.sha256, size = excluded.size`)
	return err
}

// otherValue is the SQL condition that two rows have values of the same recipe version that are not equal, bit for bit.
const otherValue = `m.version = o.version AND (m.kind <> o.kind OR m.value IS NOT o.value OR m.se IS NOT o.se OR m.p IS NOT o.p)`

// metrics copies the metrics of runs whose samples are alike, unless ours are at least as new.
func (t *taking) metrics() (err error) {
	if err := t.texts(&t.taken.Differ, `SELECT printf('run %s: %s differs from the same samples: ours, %s, is kept, theirs, %s, left out',
			o.run, o.name, coalesce(format('%!.17g', m.value), m.kind), coalesce(format('%!.17g', o.value), o.kind))
		FROM taken_runs t JOIN other.metrics o ON o.run = t.key JOIN main.metrics m ON (m.run, m.reference, m.name) = (o.run, o.reference, o.name)
		WHERE t.alike AND `+otherValue); err != nil {
		return err
	}
	t.taken.Metrics, err = t.exec(`INSERT INTO main.metrics (run, reference, name, value, kind, se, p, version)
		SELECT o.run, o.reference, o.name, o.value, o.kind, o.se, o.p, o.version FROM taken_runs t JOIN other.metrics o ON o.run = t.key WHERE t.alike
		ON CONFLICT (run, reference, name) DO UPDATE SET value = excluded.value, kind = excluded.kind, se = excluded.se, p = excluded.p, version = excluded.version
		WHERE excluded.version > version`)
	return err
}

// tunings copies the tunings of fits whose weights are alike.
func (t *taking) tunings() (err error) {
	if err := t.texts(&t.taken.Differ, `SELECT printf('tuning %s of fit %s differs from the same weights: ours is kept, theirs left out', o.key, o.fit)
		FROM taken_fits t JOIN other.tunings o ON o.fit = t.key JOIN main.tunings m ON m.key = o.key
		WHERE t.alike AND (m.fit, m.tuned, m.found, m.judged, m.nfe, m.points) <> (o.fit, o.tuned, o.found, o.judged, o.nfe, o.points)`); err != nil {
		return err
	}
	t.taken.Tunings, err = t.exec(`INSERT INTO main.tunings (key, fit, tuned, found, judged, nfe, points, seconds)
		SELECT o.key, o.fit, o.tuned, o.found, o.judged, o.nfe, o.points, o.seconds FROM taken_fits t JOIN other.tunings o ON o.fit = t.key WHERE t.alike
		ON CONFLICT (key) DO NOTHING`)
	return err
}

// rungs copies the values at rungs, which are those of a step of a training whatever became of it. Ours are kept.
func (t *taking) rungs() error {
	_, err := t.exec(`INSERT INTO main.rungs (fit, metric, seed, step, value, kind, version)
		SELECT o.fit, o.metric, o.seed, o.step, o.value, o.kind, o.version FROM taken_fits t JOIN other.rungs o ON o.fit = t.key
		WHERE t.act <> 'differs' ON CONFLICT DO NOTHING`)
	return err
}

// failures appends the tries that failed there and that are not known here.
func (t *taking) failures() error {
	_, err := t.exec(`INSERT INTO main.failures (owner_kind, owner, try, state, error, started, noticed)
		SELECT o.owner_kind, o.owner, (SELECT count(*) FROM main.failures m WHERE (m.owner_kind, m.owner) = (o.owner_kind, o.owner))
				+ row_number() OVER (PARTITION BY o.owner_kind, o.owner ORDER BY o.try), o.state, o.error, o.started, o.noticed
		FROM (SELECT 'fit' AS kind, key FROM taken_fits UNION ALL SELECT 'run', key FROM taken_runs) t
		JOIN other.failures o ON (o.owner_kind, o.owner) = (t.kind, t.key)
		WHERE NOT EXISTS (SELECT 1 FROM main.failures m WHERE (m.owner_kind, m.owner, m.state, m.error, m.noticed) = (o.owner_kind, o.owner, o.state, o.error, o.noticed)
			AND m.started IS o.started)`)
	return err
}
