// Package seal gives the rows of SQLite tables checksums, and finds the rows that are not what was stored.
//
// Each row of a table with a column `seal` has there the checksum of its other values, which triggers of the writing
// connection keep up to date. The triggers are temporary, so that the file needs no function of this program.
package seal

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash/crc64"
	"math"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// crc finds any change within 64 adjacent bits, and all but 1 in 2^64 of others.
var crc = crc64.MakeTable(crc64.ECMA)

// Of returns the seal of a row: the checksum of its table's name and its values, each with its type. It ignores NULLs
// at the end, so that a column added later does not break the seals of earlier rows.
func Of(table string, values ...any) int64 {
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
		panic(fmt.Sprintf("seal: a sealed value is a %T", v))
	}
	return append(text, '0')
}

// Register gives a connection the function that the triggers call.
func Register(conn *sqlite3.SQLiteConn) error { return conn.RegisterFunc("row_seal", Of, true) }

// AddTriggers adds those of all tables with seals to the connection of a transaction, unless it has them.
func AddTriggers(ctx context.Context, tx *sql.Tx) error {
	var has bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM temp.sqlite_schema WHERE type = 'trigger')`).Scan(&has); err != nil || has {
		return err
	}
	tables, err := tablesOf(ctx, tx)
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

// table is a table with seals.
type table struct {
	name    string
	columns []string // that the seal covers
	key     []string
}

// expression returns the SQL of the seal of a row, whose columns have this prefix.
func (t table) expression(prefix string) string {
	return fmt.Sprintf("row_seal('%s', %s%s)", t.name, prefix, strings.Join(t.columns, ", "+prefix))
}

// isRow returns the SQL condition that a row has the key of another, whose columns have this prefix.
func (t table) isRow(prefix string) string {
	var equal []string
	for _, k := range t.key {
		equal = append(equal, k+" = "+prefix+k)
	}
	return strings.Join(equal, " AND ")
}

// bytesColumn is the name of the columns of contents, for which the seal covers the sha256 beside.
const bytesColumn = "bytes"

// tablesOf returns the tables with a column `seal`, by name. A store without such tables is of an earlier version.
func tablesOf(ctx context.Context, tx *sql.Tx) (tables []table, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT t.name, c.name, c.pk > 0 FROM main.sqlite_schema t, pragma_table_info(t.name, 'main') c
		WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(t.name, 'main') WHERE name = 'seal') ORDER BY t.name, c.cid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, column string
		var key bool
		if err := rows.Scan(&name, &column, &key); err != nil {
			return nil, err
		}
		if len(tables) == 0 || tables[len(tables)-1].name != name {
			tables = append(tables, table{name: name})
		}
		t := &tables[len(tables)-1]
		if column != "seal" && column != bytesColumn {
			t.columns = append(t.columns, column)
		}
		if key {
			t.key = append(t.key, column)
		}
	}
	return tables, rows.Err()
}

// All seals every row as it is, within a transaction.
func All(ctx context.Context, tx *sql.Tx) error {
	tables, err := tablesOf(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET seal = %s`, t.name, t.expression(""))); err != nil {
			return err
		}
	}
	return nil
}

// Sum is the checksum of rows that share one, added in order.
type Sum struct {
	sum  uint64
	text []byte
}

// Add adds the values of a row.
func (s *Sum) Add(values ...any) {
	s.text = s.text[:0]
	for _, v := range values {
		if b, ok := v.([]byte); ok && b != nil {
			v = string(b)
		}
		s.text = appendValue(s.text, v)
	}
	s.sum = crc64.Update(s.sum, crc, s.text)
}

// Int64 returns the checksum as a store keeps it.
func (s *Sum) Int64() int64 { return int64(s.sum) }
