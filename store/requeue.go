package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"flowsweep/experiments"
)

// remove removes a row.
func (m *mender) remove(table string, r row) error {
	key, err := texts(m.ctx, m.tx, `SELECT name FROM pragma_table_info(?) WHERE pk > 0`, table)
	if err != nil {
		return err
	}
	var where []string
	var args []any
	for _, k := range key {
		where, args = append(where, k+" = ?"), append(args, r[k])
	}
	_, err = m.tx.ExecContext(m.ctx, `DELETE FROM `+table+` WHERE `+strings.Join(where, " AND "), args...)
	return err
}

// sweep writes what is known of a sweep; when it first started is not.
func (m *mender) sweep(row) error {
	_, err := m.tx.ExecContext(m.ctx, `UPDATE sweeps SET spec = ?, state = ?, started = ?3, last_started = ?3, finished = NULL, environment = ?, turn = `+nextTurn+`
		WHERE name = ?`, m.plan.Spec.Text, experiments.Lost, timeText(m.now), m.env, m.plan.Spec.Name)
	return err
}

// environment queues what was made in an environment that is not known any more.
func (m *mender) environment(r row) error {
	if _, err := m.tx.ExecContext(m.ctx, `UPDATE sweeps SET environment = ? WHERE name = ? AND environment = ?`, m.env, m.plan.Spec.Name, r["hash"]); err != nil {
		return err
	}
	for _, t := range []struct {
		query string
		mend  func(key any) error
	}{{`SELECT key FROM fits WHERE key` + ofFits, m.fit}, {`SELECT key FROM runs WHERE key` + ofRuns, m.run}} {
		keys, err := texts(m.ctx, m.tx, t.query+` AND environment = ?5`, append(m.args, r["hash"])...)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := t.mend(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// fit queues a fit of the plan, without its losses and its checkpoint.
func (m *mender) fit(key any) error {
	fit, ok := m.fits[fmt.Sprint(key)]
	if !ok {
		return fmt.Errorf("fit %v is not of the plan", key)
	}
	config, err := json.Marshal(fit.Config())
	if err != nil {
		return err
	}
	if err := dropCheckpoint(m.ctx, m.tx, fit.Key); err != nil {
		return err
	}
	if err := dropLosses(m.ctx, m.tx, fit.Key); err != nil {
		return err
	}
	return updateOne(m.ctx, m.tx, `UPDATE fits SET config = ?, state = ?, seconds = 0, params = 0, error = '', environment = NULL,
		started = NULL, finished = NULL WHERE key = ?`, string(config), experiments.Queued, fit.Key)
}

// run queues a run of the plan. It forgets any other, which the sweep plans again if it still needs it.
func (m *mender) run(key any) error {
	run, ok := m.runs[fmt.Sprint(key)]
	if !ok {
		return m.forget(key)
	}
	config, err := json.Marshal(run.Sampling)
	if err != nil {
		return err
	}
	return updateOne(m.ctx, m.tx, `UPDATE runs SET fit = ?, config = ?, state = ?, nfe = 0, nfe_mean = 0, seconds = 0, error = '', environment = NULL,
		finished = NULL WHERE key = ?`, m.of[run.Key], string(config), experiments.Queued, run.Key)
}

func (m *mender) forget(run any) error {
	for _, query := range []string{
		`DELETE FROM sweep_extras WHERE run = ?`, `DELETE FROM metrics WHERE run = ?`,
		`DELETE FROM artifacts WHERE owner_kind = 'run' AND owner = ?`, `DELETE FROM runs WHERE key = ?`,
	} {
		if _, err := m.tx.ExecContext(m.ctx, query, run); err != nil {
			return err
		}
	}
	return nil
}

// artifact removes an artifact and queues its owner.
func (m *mender) artifact(r row) error {
	err := m.remove("artifacts", r)
	switch r["owner_kind"] {
	case ownerFit:
		err = errors.Join(err, m.fit(r["owner"]))
	case ownerRun:
		err = errors.Join(err, m.run(r["owner"]))
	}
	return err
}
