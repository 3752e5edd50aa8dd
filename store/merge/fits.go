package merge

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"

	"flowsweep/experiments"
)

// weightsName and samplesName are the artifacts of fits and runs.
const (
	weightsName = "weights.safetensors"
	samplesName = "samples.npy"
)

// act is what is done with a fit or a run of the other store.
type act string

const (
	add        act = "add"        // it is unknown here
	replace    act = "replace"    // theirs takes the place of ours
	checkpoint act = "checkpoint" // only their checkpoint does, with the losses up to it
	same       act = "same"       // both have finished, alike
	differs    act = "differs"    // both have finished, and ours is kept
	keep       act = "keep"       // ours is at least as far
)

// half is what one of the stores knows of a fit or run.
type half struct {
	known  bool
	state  experiments.State
	step   int    // of the checkpoint of a fit; 0 for none
	result string // of what has finished: the sha256 of the weights, or of the samples with the velocity calls
}

// decideFit says what becomes of a fit. What is further on wins, and of two that are equally far, ours: queued, then a checkpoint, the
// later the further, then failed, then finished. So the order in which stores are taken matters only where fits have finished twice.
//
//	ours \ theirs          no checkpoint   checkpoint    failed    finished
//	unknown                add             add           add       add
//	no checkpoint          keep            checkpoint    replace   replace
//	checkpoint             keep            if later      replace   replace
//	failed                 keep            keep          keep      replace
//	running                keep            keep          keep      keep
//	finished               keep            keep          keep      same or differs
//
// The states in the first two rows and columns are queued, killed, lost and pruned, and running for theirs: no process here works on it,
// so it is added as queued, unless it was pruned there. A fit that runs here is left to the process that trains it.
func decideFit(ours, theirs half) act {
	done := theirs.state == experiments.Finished
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
	case ours.state == experiments.Failed:
		return keep
	case theirs.state == experiments.Failed:
		return replace
	case theirs.step > ours.step:
		return checkpoint
	default:
		return keep
	}
}

// decideFits notes the act for each fit, and whether our weights will be theirs.
func (t *taking) decideFits() error {
	keys, err := t.keys()
	if err != nil {
		return err
	}
	insert, err := t.tx.PrepareContext(t.ctx, `INSERT INTO taken_fits (key, act, alike) VALUES (?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	decide := func(scan func(...any) error) error {
		var key string
		var ours, theirs half
		var madeHere, madeThere sql.NullString
		if err := scan(&key, &ours.known, &ours.state, &ours.step, &ours.result, &madeHere, &theirs.state, &theirs.step, &theirs.result, &madeThere); err != nil {
			return err
		}
		act := decideFit(ours, theirs)
		alike := theirs.state == experiments.Finished && (act == add || act == replace || act == same)
		switch act {
		case same:
			t.taken.Same++
		case differs:
			t.differ("fit %s: weights differ: ours are kept (%s), those of %s and all that was made of them left out", key, place(madeHere), place(madeThere))
		case add, replace:
			if theirs.state == experiments.Finished || theirs.state == experiments.Failed {
				t.taken.Fits++
			} else if theirs.step > 0 {
				t.taken.Checkpoints++
			}
		case checkpoint:
			t.taken.Checkpoints++
		}
		_, err := insert.ExecContext(t.ctx, key, string(act), alike)
		return err
	}
	return t.rows(decide, `SELECT o.key, m.key IS NOT NULL, coalesce(m.state, ''), coalesce(mc.step, 0), coalesce(mw.sha256, ''), me.json,
			o.state, coalesce(oc.step, 0), coalesce(ow.sha256, ''), oe.json
		FROM other.fits o LEFT JOIN main.fits m ON m.key = o.key
		LEFT JOIN main.checkpoints mc ON mc.fit = o.key LEFT JOIN other.checkpoints oc ON oc.fit = o.key
		LEFT JOIN main.artifacts mw ON (mw.owner_kind, mw.owner, mw.name) = ('fit', o.key, ?2)
		LEFT JOIN other.artifacts ow ON (ow.owner_kind, ow.owner, ow.name) = ('fit', o.key, ?2)
		LEFT JOIN main.environments me ON me.hash = m.environment LEFT JOIN other.environments oe ON oe.hash = o.environment
		WHERE ?1 IS NULL OR o.key IN (SELECT value FROM json_each(?1)) ORDER BY o.key`, keys, weightsName)
}

// place says in which environment something was made, as far as it changes the last digits.
func place(env sql.NullString) string {
	var e experiments.Environment
	if !env.Valid || json.Unmarshal([]byte(env.String), &e) != nil {
		return "an unknown machine"
	}
	text := fmt.Sprintf("%s, %s, %s/%s", cmp.Or(e.CPU, "an unknown processor"), cmp.Or(e.Engine, "an unknown engine"), e.OS, e.Arch)
	if e.Machine != "" {
		text = e.Machine + ": " + text
	}
	if e.Rounding != "" {
		text += ", rounding " + e.Rounding
	}
	return text
}

// settled is the SQL condition that training has ended in the other store's fit o: its state, and all its losses, count here.
const settled = `o.state IN ('finished', 'failed')`

// environments takes those of what is taken.
func (t *taking) environments() error {
	_, err := t.exec(`INSERT INTO main.environments (hash, json) SELECT hash, json FROM other.environments WHERE hash IN (
			SELECT o.environment FROM other.fits o JOIN taken_fits t ON t.key = o.key AND t.act IN ('add', 'replace', 'checkpoint')
			UNION SELECT o.environment FROM other.runs o JOIN taken_runs t ON t.key = o.key AND t.act IN ('add', 'replace')
			UNION SELECT o.environment FROM other.sweeps o JOIN taken_sweeps t ON t.theirs = o.name AND t.act = 'add')
		ON CONFLICT (hash) DO NOTHING`)
	return err
}

// fits copies the rows of fits, their losses and their checkpoints.
func (t *taking) fits() error {
	err := t.each(
		`INSERT INTO main.fits (key, config, state, seconds, params, error, environment, started, finished, losses_seal)
			SELECT o.key, o.config, iif(`+settled+` OR o.state = 'pruned' AND c.fit IS NOT NULL, o.state, 'queued'), iif(`+settled+`, o.seconds, 0), iif(`+settled+`, o.params, 0),
				iif(`+settled+` OR o.state = 'pruned' AND c.fit IS NOT NULL, o.error, ''),
				iif(`+settled+` OR c.fit IS NOT NULL, o.environment, NULL), iif(`+settled+` OR c.fit IS NOT NULL, o.started, NULL), iif(`+settled+`, o.finished, NULL),
				iif(`+settled+`, o.losses_seal, NULL)
			FROM other.fits o JOIN taken_fits t ON t.key = o.key LEFT JOIN other.checkpoints c ON c.fit = o.key WHERE t.act = 'add'`,
		`UPDATE main.fits AS m SET state = o.state, seconds = o.seconds, params = o.params, error = o.error, environment = o.environment,
				started = o.started, finished = o.finished, losses_seal = o.losses_seal
			FROM other.fits o JOIN taken_fits t ON t.key = o.key WHERE t.act = 'replace' AND m.key = o.key`,
		`UPDATE main.fits AS m SET state = iif(o.state = 'pruned', o.state, iif(m.state = 'pruned', 'queued', m.state)),
				error = iif(o.state = 'pruned', o.error, m.error), environment = o.environment, started = o.started, losses_seal = NULL
			FROM other.fits o JOIN taken_fits t ON t.key = o.key WHERE t.act = 'checkpoint' AND m.key = o.key`,
		`DELETE FROM main.losses WHERE fit IN (SELECT key FROM taken_fits WHERE act IN ('replace', 'checkpoint'))`,
		`DELETE FROM main.checkpoints WHERE fit IN (SELECT key FROM taken_fits WHERE act IN ('replace', 'checkpoint'))`,
		`INSERT INTO main.losses (fit, step, value, kind, held_out) SELECT l.fit, l.step, l.value, l.kind, l.held_out
			FROM taken_fits t JOIN other.fits o ON o.key = t.key JOIN other.losses l ON l.fit = t.key LEFT JOIN other.checkpoints c ON c.fit = t.key
			WHERE t.act IN ('add', 'replace', 'checkpoint') AND (`+settled+` OR l.step <= c.step)`,
		`INSERT INTO taken_files (owner_kind, owner, name, sha256, size) SELECT a.owner_kind, a.owner, a.name, a.sha256, a.size
			FROM taken_fits t JOIN other.fits o ON o.key = t.key JOIN other.artifacts a ON (a.owner_kind, a.owner, a.name) = ('fit', t.key, '`+weightsName+`')
			WHERE t.act IN ('add', 'replace') AND o.state = 'finished'`)
	if err != nil {
		return err
	}
	return t.checkpoints()
}

// checkpoints copies the checkpoints of fits that go on here.
func (t *taking) checkpoints() error {
	const which = `FROM taken_fits t JOIN other.fits o ON o.key = t.key JOIN other.checkpoints c ON c.fit = t.key
		WHERE t.act IN ('add', 'checkpoint') AND NOT ` + settled
	if _, err := t.exec(`INSERT INTO main.checkpoints (fit, step, sha256, bytes) SELECT c.fit, c.step, c.sha256, c.bytes `+which+`
		AND c.size IS NULL AND length(c.bytes) <= ?`, t.Large); err != nil {
		return err
	}
	var fits []string
	if err := t.texts(&fits, `SELECT c.fit `+which+` AND NOT (c.size IS NULL AND length(c.bytes) <= ?)`, t.Large); err != nil {
		return err
	}
	for _, fit := range fits {
		var sum string
		var bytes []byte
		var size sql.NullInt64
		if err := t.tx.QueryRowContext(t.ctx, `SELECT sha256, bytes, size FROM other.checkpoints WHERE fit = ?`, fit).Scan(&sum, &bytes, &size); err != nil {
			return err
		}
		moved, kept, err := t.Move(sum, bytes, size)
		if err != nil {
			return fmt.Errorf("the checkpoint of fit %s: %w", fit, err)
		}
		if _, err := t.exec(`INSERT INTO main.checkpoints (fit, step, sha256, bytes, size) SELECT fit, step, sha256, ?2, ?3 FROM other.checkpoints WHERE fit = ?1`,
			fit, moved, kept); err != nil {
			return err
		}
	}
	return nil
}
