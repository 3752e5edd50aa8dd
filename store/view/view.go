// Package view answers statements in SQL that only read, on the views that a store promises and two that a connection adds.
//
//	guard := &view.Guard{}
//	pool := sql.OpenDB(connector{dsn, guard.Register})
//	err := guard.Ask(ctx, conn, `select sweep, mmd from v_runs`, view.Answer{...})
package view

import (
	"database/sql/driver"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-sqlite3"
)

//go:embed settings.sql
var settings string

// Guard lets a connection do nothing but read. The zero value is ready; it is for one connection.
type Guard struct {
	armed   bool // what is prepared is a statement of somebody else
	denied  denial
	figures bool // the statement reads figures
	filled  bool
}

// denial is what a statement was not allowed to do.
type denial struct{ act, word string }

// figuresTable is the table of the connection that Ask fills where a statement reads it.
const figuresTable = "setting_figures"

// Register prepares a connection for Ask. From then on nothing can be written through it but by Ask itself.
func (g *Guard) Register(conn *sqlite3.SQLiteConn) error {
	if err := execute(conn, settings); err != nil {
		return err
	}
	conn.RegisterAuthorizer(g.authorize)
	return execute(conn, queryOnly)
}

// queryOnly makes SQLite refuse writing, whatever is prepared, and writable allows it again: only to what is the connection's own,
// as the file is opened for reading alone.
const (
	queryOnly = "PRAGMA query_only = 1"
	writable  = "PRAGMA query_only = 0"
)

func execute(conn driver.ExecerContext, script string) error {
	_, err := conn.ExecContext(background, script, nil)
	return err
}

// pragmas are those that only say what there is.
var pragmas = []string{
	"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list", "function_list", "collation_list",
	"database_list", "compile_options",
}

// functions are those that reach out of the store.
var functions = []string{"load_extension", "fts3_tokenizer"}

// authorize is called for all that a statement would do, while it is prepared. What is not known to be harmless is denied.
func (g *Guard) authorize(op int, first, second, _ string) int {
	switch {
	case !g.armed:
		return sqlite3.SQLITE_OK
	case op == sqlite3.SQLITE_READ:
		g.figures = g.figures || first == figuresTable
		return sqlite3.SQLITE_OK
	case op == sqlite3.SQLITE_SELECT, op == recursive, op == sqlite3.SQLITE_FUNCTION && !slices.Contains(functions, strings.ToLower(second)):
		return sqlite3.SQLITE_OK
	case op == sqlite3.SQLITE_PRAGMA && slices.Contains(pragmas, strings.ToLower(first)):
		return sqlite3.SQLITE_OK
	}
	if g.denied.act == "" {
		g.denied = denialOf(op, first, second)
	}
	return sqlite3.SQLITE_DENY
}

// recursive is SQLITE_RECURSIVE, which the driver does not name.
const recursive = 33

// denialOf returns in words what is denied.
func denialOf(op int, first, second string) denial {
	switch op {
	case sqlite3.SQLITE_INSERT:
		return denial{"insert into " + first, first}
	case sqlite3.SQLITE_UPDATE:
		return denial{"update " + first, first}
	case sqlite3.SQLITE_DELETE:
		return denial{"delete from " + first, first}
	case sqlite3.SQLITE_PRAGMA:
		return denial{fmt.Sprintf("use the pragma %s (it may use %s)", first, strings.Join(pragmas, ", ")), first}
	case sqlite3.SQLITE_FUNCTION:
		return denial{"call " + second, second}
	default:
		return denial{"do more than read", first}
	}
}
