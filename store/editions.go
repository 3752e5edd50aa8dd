package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"flowsweep/experiments"
)

// Resume reports whether the store holds exactly this plan under the name of its spec. If so, it makes the sweep the most
// recent one and changes nothing else, so the environment stays the one in which the results were computed.
func (db *DB) Resume(ctx context.Context, plan experiments.Plan, now time.Time) (same bool, err error) {
	defer wrap(&err, "resume sweep %q", plan.Spec.Name)
	err = db.write(ctx, func(tx *sql.Tx) error {
		if same, err = holdsPlan(ctx, tx, plan); err != nil || !same {
			return err
		}
		return updateOne(ctx, tx, `UPDATE sweeps SET last_started = ?, turn = `+nextTurn+` WHERE name = ?`, timeText(now), plan.Spec.Name)
	})
	return same, err
}

// holdsPlan compares the spec's text, every run and its reference with the stored ones.
func holdsPlan(ctx context.Context, tx *sql.Tx, plan experiments.Plan) (bool, error) {
	var text string
	err := tx.QueryRowContext(ctx, `SELECT spec FROM sweeps WHERE name = ?`, plan.Spec.Name).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) || err == nil && text != plan.Spec.Text {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return holdsRuns(ctx, tx, plan.Spec.Name, plan)
}

// holdsRuns reports whether a sweep has the runs of a plan, in its order and against its references.
func holdsRuns(ctx context.Context, tx *sql.Tx, sweep string, plan experiments.Plan) (bool, error) {
	if err := wholeParts(ctx, tx, sweep, "sweeps", "sweep_runs"); err != nil {
		return false, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT run, reference FROM sweep_runs WHERE sweep = ? ORDER BY position`, sweep)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var stored [][2]string
	for rows.Next() {
		var pair [2]string
		if err := rows.Scan(&pair[0], &pair[1]); err != nil {
			return false, err
		}
		stored = append(stored, pair)
	}
	return slices.Equal(stored, plan.Measured()), rows.Err()
}

// Edition says what becomes of the sweep that the store holds under the name of a plan with another spec.
type Edition struct {
	Kept  string // the name under which the earlier sweep is kept whole, such as "two-moons@1"; "" if there is none
	Again string // the edition that has the spec of the plan, and becomes the sweep of that name again; "" if there is none
}

// Sentence says it to people, or is "" if nothing becomes of it.
func (e Edition) Sentence(sweep string) string {
	switch {
	case e.Kept == "":
		return ""
	case e.Again == "":
		return fmt.Sprintf("%s is another spec than before: the earlier one is kept as %s", sweep, e.Kept)
	default:
		return fmt.Sprintf("%s is the spec of %s again: that is %s from now on, and the one before is kept as %s", sweep, e.Again, sweep, e.Kept)
	}
}

// EditionFor returns what StartSweep would do with the sweep of the plan's name. Nothing becomes of one with the same spec:
// the same runs and references in the same order, the same metrics and baselines, and the same choice. Comments, formatting
// and the place of data files do not matter.
func (db *DB) EditionFor(ctx context.Context, plan experiments.Plan) (e Edition, err error) {
	defer wrap(&err, "compare with the stored sweep %q", plan.Spec.Name)
	err = db.read(ctx, func(tx *sql.Tx) error {
		e, err = db.editionFor(ctx, tx, plan)
		return err
	})
	return e, err
}

func (db *DB) editionFor(ctx context.Context, tx *sql.Tx, plan experiments.Plan) (e Edition, err error) {
	name := plan.Spec.Name
	var text string
	err = tx.QueryRowContext(ctx, `SELECT spec FROM sweeps WHERE name = ?`, name).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return e, nil
	}
	if err != nil {
		return e, err
	}
	// A text that this version reads differently, or no longer, is not another spec. Data may have changed under the same text.
	if text == plan.Spec.Text && len(plan.Spec.Files) == 0 {
		return e, nil
	}
	stored, err := db.parsePlan(ctx, tx, name, text)
	if err != nil && text == plan.Spec.Text || err == nil && stored.Same(plan) {
		return e, nil
	}
	names, err := sweepNames(ctx, tx)
	if err != nil {
		return e, err
	}
	last := 0
	for _, edition := range names {
		base, k := splitEdition(edition)
		if base != name || k == 0 {
			continue
		}
		last = max(last, k)
		if same, err := db.holdsMeaning(ctx, tx, edition, plan); err != nil {
			return e, err
		} else if same && e.Again == "" {
			e.Again = edition
		}
	}
	e.Kept = fmt.Sprintf("%s%s%d", name, editionMark, last+1)
	return e, nil
}

// holdsMeaning reports whether a sweep has the spec of a plan, though perhaps in other words.
func (db *DB) holdsMeaning(ctx context.Context, tx *sql.Tx, sweep string, plan experiments.Plan) (bool, error) {
	if same, err := holdsRuns(ctx, tx, sweep, plan); err != nil || !same {
		return false, err // which is much faster than parsing
	}
	var text string
	if err := tx.QueryRowContext(ctx, `SELECT spec FROM sweeps WHERE name = ?`, sweep).Scan(&text); err != nil {
		return false, err
	}
	stored, err := db.parsePlan(ctx, tx, sweep, text)
	return err == nil && stored.Same(plan), nil
}

// editionMark stands between the name of a sweep and the number of an edition. No spec can have it in its name.
const editionMark = "@"

// splitEdition returns the name that the spec of a sweep has, and the number of the edition, 0 for a current sweep.
func splitEdition(sweep string) (name string, k int) {
	name, number, _ := strings.Cut(sweep, editionMark)
	k, _ = strconv.Atoi(number)
	return name, k
}

// keepEdition does what editionFor says.
func (db *DB) keepEdition(ctx context.Context, tx *sql.Tx, plan experiments.Plan) error {
	e, err := db.editionFor(ctx, tx, plan)
	if err != nil || e.Kept == "" {
		return err
	}
	if err := renameSweep(ctx, tx, plan.Spec.Name, e.Kept); err != nil || e.Again == "" {
		return err
	}
	return renameSweep(ctx, tx, e.Again, plan.Spec.Name)
}

// renameSweep gives a sweep, with all that belongs to it, a new name. Its place in the order of starts stays.
func renameSweep(ctx context.Context, tx *sql.Tx, from, to string) error {
	for _, query := range []string{
		`INSERT INTO sweeps (name, spec, state, started, last_started, finished, environment, turn)
			SELECT ?2, spec, state, started, last_started, finished, environment, turn FROM sweeps WHERE name = ?1`,
		`UPDATE sweep_runs SET sweep = ?2 WHERE sweep = ?1`,
		`UPDATE sweep_extras SET sweep = ?2 WHERE sweep = ?1`,
		`UPDATE checks SET sweep = ?2 WHERE sweep = ?1`,
		`UPDATE fresh SET sweep = ?2 WHERE sweep = ?1`,
		`UPDATE artifacts SET owner = ?2 WHERE owner_kind = 'sweep' AND owner = ?1`,
		`UPDATE tags SET owner = ?2 WHERE owner_kind = 'sweep' AND owner = ?1`,
		`UPDATE notes SET owner = ?2 WHERE owner_kind = 'sweep' AND owner = ?1`,
		`DELETE FROM sweeps WHERE name = ?1`,
	} {
		if _, err := tx.ExecContext(ctx, query, from, to); err != nil {
			return fmt.Errorf("rename %q to %q: %w", from, to, err)
		}
	}
	return nil
}
