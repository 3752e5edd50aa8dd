package vet

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Rule is an SQL query for what breaks a rule: a text for each.
type Rule struct{ Query, Why string }

// maxText is the size in bytes of the longest text that a part may have in a column.
const maxText = 16 << 20

// The GLOB patterns of keys and sha256, and of times.
var (
	keyForm  = strings.Repeat("[0-9a-f]", 16)
	sumForm  = strings.Repeat("[0-9a-f]", 64)
	timeForm = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]." + strings.Repeat("[0-9]", 9) + "Z"
)

// rules hold for every store.
var rules = []Rule{
	{`SELECT key FROM fits WHERE key NOT GLOB '` + keyForm + `' UNION ALL SELECT key FROM runs WHERE key NOT GLOB '` + keyForm + `'`, "%s is no key of a fit or run"},
	{`SELECT state FROM (SELECT iif(state = 'pruned', 'killed', state) AS state FROM fits UNION ALL SELECT state FROM runs UNION ALL SELECT state FROM sweeps)
		WHERE state NOT IN ('queued', 'running', 'finished', 'failed', 'killed', 'lost')`, "%s is no state"},
	{`SELECT sha256 FROM blobs WHERE sha256 NOT GLOB '` + sumForm + `' UNION ALL SELECT sha256 FROM artifacts WHERE sha256 NOT GLOB '` + sumForm + `'
		UNION ALL SELECT sha256 FROM checkpoints WHERE sha256 NOT GLOB '` + sumForm + `'`, "%s is no sha256"},
	{`SELECT name || ' of fit ' || owner FROM artifacts WHERE owner_kind = 'fit' AND name NOT IN ('weights.safetensors', 'target.npy', 'source.npy')
		UNION ALL SELECT name || ' of run ' || owner FROM artifacts WHERE owner_kind = 'run' AND name <> 'samples.npy'`, "no store has the content %s"},
	{`SELECT name FROM artifacts WHERE owner_kind = 'sweep' AND substr(name, 1, 5) <> 'data/'
		AND (name IN ('', '.', '..') OR name GLOB '*[/\:]*' OR length(name) > 200 OR name GLOB '*[' || char(1) || '-' || char(31) || ']*')`, "%s is no name of an output file"},
	{
		`SELECT a.name || ' of ' || a.owner_kind || ' ' || a.owner FROM artifacts a JOIN blobs b USING (sha256) WHERE a.size <> coalesce(b.size, length(b.bytes))`,
		"%s has another size than it says",
	},
	{`SELECT sha256 FROM blobs WHERE size IS NOT NULL AND (length(bytes) > 0 OR size < 0)
		UNION ALL SELECT sha256 FROM checkpoints WHERE size IS NOT NULL AND (length(bytes) > 0 OR size < 0)`, "the content %s is said to be in a file, but is not"},
	{
		`SELECT 'fit ' || key FROM fits WHERE state = 'finished' AND NOT EXISTS (SELECT 1 FROM artifacts WHERE (owner_kind, owner, name) = ('fit', key, 'weights.safetensors'))
		UNION ALL SELECT 'run ' || key FROM runs WHERE state = 'finished' AND NOT EXISTS (SELECT 1 FROM artifacts WHERE (owner_kind, owner, name) = ('run', key, 'samples.npy'))`,
		"%s has finished without a result",
	},
	{`SELECT t FROM (SELECT started AS t FROM fits UNION ALL SELECT finished FROM fits UNION ALL SELECT finished FROM runs UNION ALL SELECT started FROM failures
		UNION ALL SELECT noticed FROM failures UNION ALL SELECT moved FROM alias_moves UNION ALL SELECT started FROM sweeps UNION ALL SELECT last_started FROM sweeps UNION ALL SELECT finished FROM sweeps)
		WHERE t NOT GLOB '` + timeForm + `'`, "%s is no time"},
	{`SELECT alias FROM alias_moves WHERE alias NOT GLOB '[a-z]*' OR alias GLOB '*[^a-z0-9_-]*' OR length(alias) > 64`, "%s is no alias"},
	{`SELECT run FROM alias_moves WHERE run NOT GLOB '` + keyForm + `'`, "%s is no key of a run that an alias named"},
	{`SELECT alias FROM alias_moves GROUP BY alias HAVING min(move) <> 1 OR max(move) <> count(*)`, "the moves of alias %s are not numbered from 1"},
	{
		`SELECT fit FROM rungs WHERE step < 1 OR metric NOT IN ('held-out-loss', 'excess-loss') OR length(seed) NOT BETWEEN 1 AND 20 OR seed GLOB '*[^0-9]*' OR value < 0`,
		"fit %s has a value at a rung that none has",
	},
	{`SELECT owner_kind || ' ' || owner FROM failures GROUP BY owner_kind, owner HAVING min(try) <> 1 OR max(try) <> count(*)`, "the failures of %s are not numbered from 1"},
}

// partRules hold for parts besides.
var partRules = []Rule{
	{`SELECT name FROM artifacts WHERE owner_kind = 'sweep' OR name IN ('target.npy', 'source.npy')`, "it has the content %s, which no part has"},
	{`SELECT sha256 FROM blobs WHERE size IS NOT NULL UNION ALL SELECT sha256 FROM checkpoints WHERE size IS NOT NULL`, "the content %s is not in it: a part is one file"},
	{`SELECT sha256 FROM blobs b WHERE NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.sha256 = b.sha256)`, "nothing in it needs the content %s"},
	{`SELECT reference FROM metrics WHERE reference NOT GLOB '` + keyForm + `'`, "%s is no key of a reference"},
}

// foreign are the tables that are empty in a part.
var foreign = []string{"sweeps", "sweep_runs", "sweep_extras", "checks", "fresh", "nulls", "baselines", "tags", "notes", "alias_moves"}

// Forms checks the names and sizes that a store has, and for a part that it has nothing but fits.
func Forms(ctx context.Context, tx Querier, part bool) error {
	list := rules
	if part {
		for _, table := range foreign {
			if err := (Rule{`SELECT 1 FROM ` + table, "it has rows of the table " + table + ", which a part has not"}).check(ctx, tx); err != nil {
				return err
			}
		}
		if err := lengths(ctx, tx); err != nil {
			return err
		}
		list = slices.Concat(partRules, rules)
	}
	for _, r := range list {
		if err := r.check(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// check returns the error of the first thing that breaks a rule.
func (r Rule) check(ctx context.Context, tx Querier, args ...any) error {
	rows, err := tx.QueryContext(ctx, r.Query+` LIMIT 1`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return rows.Err()
	}
	var what string
	if err := rows.Scan(&what); err != nil {
		return err
	}
	if !strings.Contains(r.Why, "%s") {
		return Refuse("%s", r.Why)
	}
	return Refuse(r.Why, plain(what))
}

// plain returns a text of a file that is not trusted, for one line.
func plain(text string) string {
	if len(text) > 100 {
		text = text[:100] + "..."
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(text)
	}
	return text
}

// lengths checks that no text is too long.
func lengths(ctx context.Context, tx Querier) error {
	rows, err := tx.QueryContext(ctx, `SELECT t.name, c.name FROM main.sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND c.type = 'TEXT'`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var parts []string
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return err
		}
		parts = append(parts, fmt.Sprintf(`SELECT '%[2]s of %[1]s' AS what, length(CAST(%[2]s AS BLOB)) AS n FROM %[1]s`, table, column))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return Rule{fmt.Sprintf(`SELECT what FROM (%s) WHERE n > %d`, strings.Join(parts, " UNION ALL "), maxText), "the text in %s is longer than a part may have"}.check(ctx, tx)
}

// Only checks that a part has no fits but those with these keys, a JSON list.
func Only(ctx context.Context, tx Querier, keys string) error {
	return Rule{`SELECT key FROM fits WHERE key NOT IN (SELECT value FROM json_each(?))`, "it has the fit %s, which nobody asked for"}.check(ctx, tx, keys)
}
