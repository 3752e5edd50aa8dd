package seal

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
)

// Row is a row of a table, by column.
type Row map[string]any

// Broken returns the rows of the table that meet the SQL condition and are not what was stored.
func Broken(ctx context.Context, tx *sql.Tx, table, where string, args ...any) (bad []Row, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT * FROM `+table+` WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		if isWhole(table, columns, values) {
			continue
		}
		r := Row{}
		for i, c := range columns {
			r[c] = values[i]
		}
		bad = append(bad, r)
	}
	return bad, rows.Err()
}

// isWhole reports whether a row has its seal; an environment, its sha256.
func isWhole(table string, columns []string, values []any) bool {
	var seal any
	sealed := make([]any, 0, len(values))
	for i, c := range columns {
		switch c {
		case "seal":
			seal = values[i]
		case bytesColumn:
		default:
			sealed = append(sealed, values[i])
		}
	}
	if table == "environments" { // hash and json
		text, _ := values[1].(string)
		sum := sha256.Sum256([]byte(text))
		return values[0] == hex.EncodeToString(sum[:])
	}
	return seal == any(Of(table, sealed...))
}
