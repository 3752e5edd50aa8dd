package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/store/seal"
)

// Mend prepares the repair of what is damaged of a plan: it removes the damaged rows, and queues the fits and runs that they
// belong to, with their configurations from the plan, so that the sweep makes them again. It returns a sentence for each. If
// the file itself is broken, it changes nothing and returns a *DamageError. It panics unless this process has locked the store.
func (db *DB) Mend(ctx context.Context, plan experiments.Plan, env experiments.Environment, now time.Time) (done []string, err error) {
	db.mustLock("Mend")
	defer wrap(&err, "repair sweep %q", plan.Spec.Name)
	err = db.write(ctx, func(tx *sql.Tx) error {
		m, err := newMender(ctx, tx, plan, env, now)
		if err != nil {
			return err
		}
		m.db = db
		tunings := func() error { return breakSeals(ctx, tx, impossibleTunings) } // so that rows finds them
		for _, mend := range []func() error{tunings, m.rows, m.losses, m.contents} {
			if err := mend(); err != nil {
				return err
			}
		}
		done = m.done
		if len(done) == 0 {
			return nil
		}
		found, err := checkIntegrity(ctx, tx)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return &DamageError{"the file itself is broken (" + found[0].Text + ")", false}
		}
		// Without its plan the sweep is stored again, with its data and all it needs besides. One of another spec is kept.
		_, err = tx.ExecContext(ctx, `DELETE FROM sweep_runs WHERE sweep = ?1 AND EXISTS (SELECT 1 FROM sweeps WHERE name = ?1 AND spec = ?2)`,
			plan.Spec.Name, plan.Spec.Text)
		return err
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

// mender repairs what belongs to a plan, within a transaction.
type mender struct {
	db   *DB
	ctx  context.Context
	tx   *sql.Tx
	plan experiments.Plan
	env  string // hash
	now  time.Time

	fits map[string]experiments.Fit // by key
	runs map[string]experiments.Run // by key
	of   map[string]string          // the fits of runs, keys
	args []any                      // of conditions: the sweep, and as JSON lists the keys of fits, runs and references
	done []string
}

func newMender(ctx context.Context, tx *sql.Tx, plan experiments.Plan, env experiments.Environment, now time.Time) (*mender, error) {
	m := &mender{
		ctx: ctx, tx: tx, plan: plan, now: now,
		fits: map[string]experiments.Fit{}, runs: map[string]experiments.Run{}, of: map[string]string{},
	}
	var err error
	if m.env, err = saveEnvironment(ctx, tx, env); err != nil {
		return nil, err
	}
	references := map[string]bool{}
	for _, fit := range plan.Fits {
		m.fits[fit.Key] = fit
		for _, runs := range [][]experiments.Run{fit.Runs, fit.Dense} {
			for _, run := range runs {
				m.runs[run.Key], m.of[run.Key] = run, fit.Key
				references[run.Reference] = true
			}
		}
	}
	m.args = []any{plan.Spec.Name}
	for _, list := range []string{keyList(m.fits), keyList(m.runs), keyList(references)} {
		m.args = append(m.args, list)
	}
	return m, nil
}

// keyList returns the keys of a map as a JSON list.
func keyList[V any](m map[string]V) string {
	text, err := json.Marshal(slices.AppendSeq([]string{}, maps.Keys(m)))
	if err != nil {
		panic("store: " + err.Error()) // texts have JSON
	}
	return string(text)
}

// The conditions for keys of the plan, and of what else the sweep needs, and for rows that have an owner.
const (
	ofFits  = ` IN (SELECT value FROM json_each(?2))`
	ofRuns  = ` IN (SELECT value FROM json_each(?3) UNION SELECT run FROM sweep_extras WHERE sweep = ?1)`
	ofRefs  = ` IN (SELECT value FROM json_each(?4))`
	ofOwner = `CASE owner_kind WHEN 'sweep' THEN owner = ?1 WHEN 'fit' THEN owner` + ofFits + ` ELSE owner` + ofRuns + ` END`
)

// rows repairs damaged rows, table by table: what a row needs is repaired first.
func (m *mender) rows() error {
	for _, t := range []struct {
		table, where string
		mend         func(r row) error
	}{
		{"sweeps", `name = ?1`, m.sweep},
		{"environments", `hash IN (SELECT environment FROM sweeps WHERE name = ?1 UNION SELECT environment FROM fits WHERE key` + ofFits + `
			UNION SELECT environment FROM runs WHERE key` + ofRuns + `)`, m.environment},
		{"fits", `key` + ofFits, func(r row) error { return m.fit(r["key"]) }},
		{"runs", `key` + ofRuns, func(r row) error { return m.run(r["key"]) }},
		{"artifacts", ofOwner, m.artifact},
		{"sweep_runs", `sweep = ?1`, nil},
		{"sweep_extras", `sweep = ?1`, nil},
		{"metrics", `run` + ofRuns, nil},
		{"tunings", `fit` + ofFits, nil},
		{"rungs", `fit` + ofFits, nil},
		{"nulls", `reference` + ofRefs, nil},
		{"baselines", `reference` + ofRefs, nil},
		{"fresh", `sweep = ?1`, nil},
		{"checks", `sweep = ?1`, nil},
		{"checkpoints", `fit` + ofFits, func(r row) error { return m.fit(r["fit"]) }},
		{"failures", ofOwner, nil},
	} {
		bad, err := seal.Broken(m.ctx, m.tx, t.table, t.where, m.args...)
		if err != nil {
			return err
		}
		for _, r := range bad {
			d, err := damageOf(m.ctx, m.tx, t.table, r)
			if err != nil {
				return err
			}
			m.done = append(m.done, d.What)
			if t.mend == nil {
				err = m.remove(t.table, r)
			} else {
				err = t.mend(r)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// losses queues the fits whose losses are damaged.
func (m *mender) losses() error {
	for _, fit := range m.plan.Fits {
		var d *DamageError
		err := wholeLosses(m.ctx, m.tx, fit.Key)
		if errors.As(err, &d) {
			m.done = append(m.done, d.What)
			err = m.fit(fit.Key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// contents removes the artifacts whose contents are missing or damaged, and queues their owners.
func (m *mender) contents() error {
	bad := map[string]bool{}
	add := func(scan func(...any) error) error {
		var sum string
		var content sql.RawBytes
		var size sql.NullInt64
		if err := scan(&sum, &content, &size); err != nil {
			return err
		}
		err := m.db.intact(sum, content, size)
		if Damaged(err) {
			bad[sum], err = true, nil
		}
		return err
	}
	if err := eachRow(m.ctx, m.tx, add, `SELECT a.sha256, b.bytes, b.size FROM (SELECT DISTINCT sha256 FROM artifacts WHERE `+ofOwner+`) a
		LEFT JOIN blobs b USING (sha256)`, m.args...); err != nil {
		return err
	}
	for _, sum := range slices.Sorted(maps.Keys(bad)) {
		var owners []row
		add := func(scan func(...any) error) error {
			var kind, owner, name string
			err := scan(&kind, &owner, &name)
			owners = append(owners, row{"owner_kind": kind, "owner": owner, "name": name})
			return err
		}
		if err := eachRow(m.ctx, m.tx, add, `SELECT owner_kind, owner, name FROM artifacts WHERE sha256 = ?5 AND `+ofOwner, append(m.args, sum)...); err != nil {
			return err
		}
		for _, r := range owners {
			m.done = append(m.done, fmt.Sprintf("%s of %s %s is not what was stored: its sha256 differs", r["name"], r["owner_kind"], r["owner"]))
			if err := m.artifact(r); err != nil {
				return err
			}
		}
	}
	return nil
}
