package merge

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// editionMark stands between the name of a sweep and the number of an edition.
const editionMark = "@"

// decideSweeps finds for each sweep of the other store, the first started first, the name that it has here: that of a sweep with the
// same plan, or else a free one.
func (t *taking) decideSweeps() error {
	var names []string
	if err := t.texts(&names, `SELECT name FROM other.sweeps ORDER BY turn, name`); err != nil {
		return err
	}
	turn, err := t.number(`SELECT coalesce(max(turn), 0) FROM main.sweeps`)
	if err != nil {
		return err
	}
	for _, theirs := range names {
		ours, act, err := t.nameHere(theirs)
		if err != nil {
			return err
		}
		if act == add {
			turn++
			t.taken.Sweeps++
		}
		if act == add && ours != theirs {
			t.note("sweep %s has another plan here: the one that is taken in is %s from now on", theirs, ours)
		}
		if _, err := t.exec(`INSERT INTO taken_sweeps (theirs, ours, act, turn) VALUES (?, ?, ?, ?)`, theirs, ours, string(act), turn); err != nil {
			return err
		}
	}
	return nil
}

// nameHere returns the name of a sweep here, and whether it is added under that.
func (t *taking) nameHere(theirs string) (ours string, what act, err error) {
	base, _, _ := strings.Cut(theirs, editionMark)
	var text string
	if err := t.tx.QueryRowContext(t.ctx, `SELECT spec FROM other.sweeps WHERE name = ?`, theirs).Scan(&text); err != nil {
		return "", "", err
	}
	var here string
	err = t.tx.QueryRowContext(t.ctx, `SELECT spec FROM main.sweeps WHERE name = ?`, theirs).Scan(&here)
	known := err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", "", err
	}
	if alike, err := t.samePlan(theirs, theirs); known && alike || err != nil {
		if here != text {
			t.note("sweep %s has the same plan in other words here: the spec of this store is kept", theirs)
		}
		return theirs, same, err
	}
	last := 0
	var editions []string
	if err := t.texts(&editions, `SELECT name FROM main.sweeps UNION SELECT ours FROM taken_sweeps ORDER BY 1`); err != nil {
		return "", "", err
	}
	for _, name := range editions {
		of, number, _ := strings.Cut(name, editionMark)
		if of != base {
			continue
		}
		known = known || name == theirs
		k, _ := strconv.Atoi(number)
		last = max(last, k)
		is, err := t.number(`SELECT EXISTS (SELECT 1 FROM main.sweeps WHERE name = ? AND spec = ?)`, name, text)
		if err != nil {
			return "", "", err
		}
		if alike, err := t.samePlan(theirs, name); is == 1 && alike || err != nil {
			return name, same, err
		}
	}
	if !known {
		return theirs, add, nil
	}
	return fmt.Sprintf("%s%s%d", base, editionMark, last+1), add, nil
}

// samePlan reports whether two sweeps have the same runs and references, in the same order.
func (t *taking) samePlan(theirs, ours string) (bool, error) {
	other, err := t.number(`WITH a AS (SELECT position, run, reference FROM other.sweep_runs WHERE sweep = ?1),
		b AS (SELECT position, run, reference FROM main.sweep_runs WHERE sweep = ?2)
		SELECT (SELECT count(*) FROM (SELECT * FROM a EXCEPT SELECT * FROM b)) + (SELECT count(*) FROM (SELECT * FROM b EXCEPT SELECT * FROM a))`, theirs, ours)
	return other == 0, err
}

// sweeps copies the sweeps that are added, and what those that are known lack: what they need besides their plan, their data, and the
// output files, as a whole, with their checks.
func (t *taking) sweeps() error {
	const (
		isData  = `substr(a.name, 1, 5) = 'data/'`
		shipped = `(s.act = 'add' OR NOT EXISTS (SELECT 1 FROM main.artifacts a WHERE a.owner_kind = 'sweep' AND a.owner = s.ours AND NOT ` + isData + `))`
	)
	return t.each(
		`INSERT INTO main.sweeps (name, spec, state, started, last_started, finished, environment, turn)
			SELECT s.ours, o.spec, iif(o.state = 'running', 'lost', o.state), o.started, o.last_started, o.finished, o.environment, s.turn
			FROM taken_sweeps s JOIN other.sweeps o ON o.name = s.theirs WHERE s.act = 'add'`,
		`INSERT INTO main.sweep_runs (sweep, position, run, reference) SELECT s.ours, o.position, o.run, o.reference
			FROM taken_sweeps s JOIN other.sweep_runs o ON o.sweep = s.theirs WHERE s.act = 'add'`,
		`INSERT INTO main.sweep_extras (sweep, role, run, reference) SELECT s.ours, o.role, o.run, o.reference
			FROM taken_sweeps s JOIN other.sweep_extras o ON o.sweep = s.theirs WHERE true ON CONFLICT DO NOTHING`,
		`INSERT INTO main.checks (sweep, file, json) SELECT s.ours, o.file, o.json
			FROM taken_sweeps s JOIN other.checks o ON o.sweep = s.theirs WHERE `+shipped+` ON CONFLICT DO NOTHING`,
		`INSERT INTO main.fresh (sweep, reference, json) SELECT s.ours, o.reference, o.json
			FROM taken_sweeps s JOIN other.fresh o ON o.sweep = s.theirs WHERE true ON CONFLICT DO NOTHING`,
		`INSERT INTO taken_files (owner_kind, owner, name, sha256, size) SELECT 'sweep', s.ours, a.name, a.sha256, a.size
			FROM taken_sweeps s JOIN other.artifacts a ON a.owner_kind = 'sweep' AND a.owner = s.theirs
			WHERE iif(`+isData+`, NOT EXISTS (SELECT 1 FROM main.artifacts m WHERE (m.owner_kind, m.owner, m.name) = ('sweep', s.ours, a.name)), `+shipped+`)
			ON CONFLICT DO NOTHING`)
}

// data copies the data that fits are trained on, where they are not here.
func (t *taking) data() error {
	return t.each(`INSERT INTO taken_files (owner_kind, owner, name, sha256, size) SELECT a.owner_kind, a.owner, a.name, a.sha256, a.size
		FROM taken_fits t JOIN other.artifacts a ON a.owner_kind = 'fit' AND a.owner = t.key AND a.name <> '` + weightsName + `'
		WHERE NOT EXISTS (SELECT 1 FROM main.artifacts m WHERE (m.owner_kind, m.owner, m.name) = ('fit', t.key, a.name))`)
}

// nulls copies the null distributions that are not here.
func (t *taking) nulls() (err error) {
	if err := t.texts(&t.taken.Differ, `SELECT printf('the null distribution of %s against reference %s differs: ours is kept, theirs left out', o.metric, o.reference)
		FROM other.nulls o JOIN main.nulls m ON m.key = o.key WHERE (m.reference, m.metric, m.n, m.count, m.json) <> (o.reference, o.metric, o.n, o.count, o.json)`); err != nil {
		return err
	}
	t.taken.Nulls, err = t.exec(`INSERT INTO main.nulls (key, reference, metric, n, count, mean, q95, json)
		SELECT key, reference, metric, n, count, mean, q95, json FROM other.nulls WHERE true ON CONFLICT (key) DO NOTHING`)
	return err
}

// baselines copies the values of baselines that are not here, or are of an earlier version.
func (t *taking) baselines() (err error) {
	const row = `(m.reference, m.name, m.n, m.draw, m.metric) = (o.reference, o.name, o.n, o.draw, o.metric)`
	if err := t.texts(&t.taken.Differ, `SELECT printf('%s of draw %d of the baseline %s against reference %s differs: ours is kept, theirs left out',
		o.metric, o.draw, o.name, o.reference) FROM other.baselines o JOIN main.baselines m ON `+row+` WHERE `+otherValue); err != nil {
		return err
	}
	t.taken.Baselines, err = t.exec(`INSERT INTO main.baselines (reference, name, n, draw, metric, version, value, kind, se, p)
		SELECT reference, name, n, draw, metric, version, value, kind, se, p FROM other.baselines WHERE true
		ON CONFLICT (reference, name, n, draw, metric) DO UPDATE SET version = excluded.version, value = excluded.value, kind = excluded.kind,
			se = excluded.se, p = excluded.p WHERE excluded.version > version`)
	return err
}

// remarks copies tags, and notes on what has none here.
func (t *taking) remarks() error {
	const owned = `LEFT JOIN taken_sweeps s ON o.owner_kind = 'sweep' AND s.theirs = o.owner`
	if err := t.texts(&t.taken.Notes, `SELECT printf('%s %s has another note here, which is kept; theirs: %s', o.owner_kind, o.owner, o.text)
		FROM other.notes o `+owned+` JOIN main.notes m ON (m.owner_kind, m.owner) = (o.owner_kind, coalesce(s.ours, o.owner)) WHERE m.text <> o.text`); err != nil {
		return err
	}
	return t.each(
		`INSERT INTO main.tags (owner_kind, owner, tag) SELECT o.owner_kind, coalesce(s.ours, o.owner), o.tag FROM other.tags o `+owned+` WHERE true ON CONFLICT DO NOTHING`,
		`INSERT INTO main.notes (owner_kind, owner, text) SELECT o.owner_kind, coalesce(s.ours, o.owner), o.text FROM other.notes o `+owned+` WHERE true ON CONFLICT DO NOTHING`)
}
