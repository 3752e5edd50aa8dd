package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"math"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// Each row of a table with a column `seal` has a checksum of its other values there, which triggers of the writing
// connection keep up to date. The triggers are temporary, so that the file needs no function of this program. Contents
// and environments have their sha256 instead, and the losses of a fit share one seal, in the row of the fit.

// crc finds any change within 64 adjacent bits, and all but 1 in 2^64 of others.
var crc = crc64.MakeTable(crc64.ECMA)

// sealOf returns the seal of a row: the checksum of its table's name and its values, each with its type. It ignores NULLs
// at the end, so that a column added later does not break the seals of earlier rows.
func sealOf(table string, values ...any) int64 {
	for len(values) > 0 && isNull(values[len(values)-1]) {
		values = values[:len(values)-1]
	}
	text := appendValue(nil, table)
	for _, v := range values {
		text = appendValue(text, v)
	}
	return int64(crc64.Checksum(text, crc))
}

// isNull also knows NULL as the driver passes it to functions.
func isNull(v any) bool {
	bytes, ok := v.([]byte)
	return v == nil || ok && bytes == nil
}

// appendValue appends a value with its type.
func appendValue(text []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return binary.LittleEndian.AppendUint64(append(text, 'i'), uint64(v))
	case float64:
		if v == 0 {
			v = 0 // SQLite stores -0 as 0
		}
		return binary.LittleEndian.AppendUint64(append(text, 'r'), math.Float64bits(v))
	case string:
		return append(binary.LittleEndian.AppendUint64(append(text, 't'), uint64(len(v))), v...)
	case []byte:
		if v != nil { // no column holds blobs, but damage may make one of a text
			return append(binary.LittleEndian.AppendUint64(append(text, 'b'), uint64(len(v))), v...)
		}
	}
	if !isNull(v) {
		panic(fmt.Sprintf("store: a sealed value is a %T", v))
	}
	return append(text, '0')
}

// seals gives a connection the function of the triggers.
func seals(conn *sqlite3.SQLiteConn) error { return conn.RegisterFunc("row_seal", sealOf, true) }

// addTriggers adds those of all tables with seals to the connection of a transaction, unless it has them.
func addTriggers(ctx context.Context, tx *sql.Tx) error {
	var has bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM temp.sqlite_schema WHERE type = 'trigger')`).Scan(&has); err != nil || has {
		return err
	}
	tables, err := sealedTables(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		seal := fmt.Sprintf("BEGIN UPDATE %s SET seal = %s WHERE %s; END", t.name, t.expression("NEW."), t.isRow("NEW."))
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`CREATE TEMP TRIGGER %[1]s_insert AFTER INSERT ON main.%[1]s %[2]s;
			CREATE TEMP TRIGGER %[1]s_update AFTER UPDATE OF %[3]s ON main.%[1]s %[2]s`, t.name, seal, strings.Join(t.columns, ", ")))
		if err != nil {
			return err
		}
	}
	return nil
}

// sealedTable is a table with seals.
type sealedTable struct {
	name    string
	columns []string // that the seal covers
	key     []string
}

// expression returns the SQL of the seal of a row, whose columns have this prefix.
func (t sealedTable) expression(prefix string) string {
	return fmt.Sprintf("row_seal('%s', %s%s)", t.name, prefix, strings.Join(t.columns, ", "+prefix))
}

// isRow returns the SQL condition that a row has the key of another, whose columns have this prefix.
func (t sealedTable) isRow(prefix string) string {
	var equal []string
	for _, k := range t.key {
		equal = append(equal, k+" = "+prefix+k)
	}
	return strings.Join(equal, " AND ")
}

// bytesColumn is the name of the columns of contents, for which the seal covers the sha256 beside.
const bytesColumn = "bytes"

// sealedTables returns the tables with a column `seal`, by name. A store without such tables is of an earlier version.
func sealedTables(ctx context.Context, tx *sql.Tx) (tables []sealedTable, err error) {
	add := func(scan func(...any) error) error {
		var table, column string
		var key bool
		if err := scan(&table, &column, &key); err != nil {
			return err
		}
		if len(tables) == 0 || tables[len(tables)-1].name != table {
			tables = append(tables, sealedTable{name: table})
		}
		t := &tables[len(tables)-1]
		if column != "seal" && column != bytesColumn {
			t.columns = append(t.columns, column)
		}
		if key {
			t.key = append(t.key, column)
		}
		return nil
	}
	err = eachRow(ctx, tx, add, `SELECT t.name, c.name, c.pk > 0 FROM main.sqlite_schema t, pragma_table_info(t.name, 'main') c
		WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(t.name, 'main') WHERE name = 'seal') ORDER BY t.name, c.cid`)
	return tables, err
}

// sealAll seals the rows of a store of a version without seals, within a transaction.
func sealAll(ctx context.Context, tx *sql.Tx) error {
	tables, err := sealedTables(ctx, tx)
	if err != nil {
		return err
	}
	fits, err := texts(ctx, tx, `SELECT key FROM fits WHERE state <> 'running'`)
	if err != nil {
		return err
	}
	for _, fit := range fits {
		if err := sealLosses(ctx, tx, fit); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET seal = %s`, t.name, t.expression(""))); err != nil {
			return err
		}
	}
	return nil
}

// lossSeal is the seal of a fit's losses, added in the order of their steps.
type lossSeal struct {
	sum  uint64
	text []byte
}

// add takes the columns step, coalesce(value, kind) and held_out.
func (s *lossSeal) add(step, value, heldOut any) {
	s.text = s.text[:0]
	for _, v := range []any{step, value, heldOut} {
		if b, ok := v.([]byte); ok && b != nil {
			v = string(b)
		}
		s.text = appendValue(s.text, v)
	}
	s.sum = crc64.Update(s.sum, crc, s.text)
}

// sealLosses seals the losses of a fit whose training has ended.
func sealLosses(ctx context.Context, tx *sql.Tx, fit string) error {
	seal, err := lossesSeal(ctx, tx, fit)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE fits SET losses_seal = ? WHERE key = ?`, int64(seal.sum), fit)
	return err
}

// wholeLosses returns a *DamageError if the losses of the fit are not what was stored.
func wholeLosses(ctx context.Context, tx *sql.Tx, fit string) error {
	var want sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT losses_seal FROM fits WHERE key = ?`, fit).Scan(&want)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !want.Valid {
		return nil
	}
	if err != nil {
		return err
	}
	s, err := lossesSeal(ctx, tx, fit)
	if err != nil {
		return err
	}
	return s.check(fit, want)
}

// check returns a *DamageError if the seal is not the stored one, if there is one.
func (s lossSeal) check(fit string, stored sql.NullInt64) error {
	if !stored.Valid || stored.Int64 == int64(s.sum) {
		return nil
	}
	return &DamageError{fmt.Sprintf("the losses of fit %s are not what was stored: their checksum differs", fit), true}
}

func lossesSeal(ctx context.Context, tx *sql.Tx, fit string) (s lossSeal, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT step, coalesce(value, kind), held_out FROM losses WHERE fit = ? ORDER BY step`, fit)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	for rows.Next() {
		var step, value, heldOut any
		if err := rows.Scan(&step, &value, &heldOut); err != nil {
			return s, err
		}
		s.add(step, value, heldOut)
	}
	return s, rows.Err()
}
