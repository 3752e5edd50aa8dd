package view

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/mattn/go-sqlite3"
)

var background = context.Background()

// Figures are those of a setting that SQL cannot work out.
type Figures struct {
	Sweep           string
	Position        int // of its first run in the plan
	Setting, Choice string
	Metrics         []Figure
}

// Figure is a metric of a setting.
type Figure struct {
	Metric          string
	Mean, Low, High float64 // the ends of an interval are NaN where there is none
}

// Answer takes what a statement returns, as it comes: the names of its columns, and row after row the values, each nil, an int64, a
// float64, a string or a []byte. The values are only valid during the call.
type Answer struct {
	Columns func(names []string) error
	Row     func(values []any) error
}

// Ask runs the only statement of a text on a connection that the guard was registered with. It asks for figures once, if the
// statement reads some. An *Error says what is wrong with the text.
func (g *Guard) Ask(ctx context.Context, conn *sql.Conn, text string, views []View, figures func() ([]Figures, error), to Answer) error {
	statement, tokens, err := single(text)
	if err != nil {
		return err
	}
	on := func(do func(c *sqlite3.SQLiteConn) error) error {
		return conn.Raw(func(bare any) error {
			c := bare.(*sqlite3.SQLiteConn)
			defer func() { g.armed = false }()
			return do(c)
		})
	}
	if err := on(func(c *sqlite3.SQLiteConn) error { return g.check(c, asked{text, statement, tokens, views}) }); err != nil {
		return err
	}
	if g.figures && !g.filled {
		list, err := figures()
		if err != nil {
			return err
		}
		if err := on(func(c *sqlite3.SQLiteConn) error { return fill(c, list) }); err != nil {
			return fmt.Errorf("pass on the figures of settings: %w", err)
		}
		g.filled = true
	}
	some := false
	row := to.Row
	to.Row = func(values []any) error {
		some = true
		return row(values)
	}
	err = on(func(c *sqlite3.SQLiteConn) error { return g.run(ctx, c, statement, to) })
	var own sqlite3.Error
	switch {
	case err != nil && g.denied.act != "": // as tables that are pragmas are opened late
		return at(text, asked{tokens: tokens}.place(g.denied.word), "query only reads, and this would "+g.denied.act)
	case errors.As(err, &own) && own.Code == sqlite3.ErrError && some:
		return errors.New("the statement fails after some rows: " + own.Error())
	case errors.As(err, &own) && own.Code == sqlite3.ErrError: // such as JSON that is none
		return at(text, tokens[0].at, own.Error())
	}
	return err
}

// prepare compiles a statement as one of somebody else.
func (g *Guard) prepare(c *sqlite3.SQLiteConn, statement string) (*sqlite3.SQLiteStmt, error) {
	g.armed, g.denied = true, denial{}
	s, err := c.Prepare(statement)
	if err != nil {
		return nil, err
	}
	return s.(*sqlite3.SQLiteStmt), nil
}

// check returns what is wrong with the statement, and notes what it reads.
func (g *Guard) check(c *sqlite3.SQLiteConn, a asked) error {
	s, err := g.prepare(c, a.statement)
	if err != nil {
		return g.explain(c, a, err)
	}
	defer s.Close()
	for _, t := range a.tokens {
		if s.NumInput() > 0 && t.parameter() {
			return at(a.text, t.at, "there is no value for "+t.text+": write the value itself (a text in single quotes)")
		}
	}
	if !s.Readonly() {
		return at(a.text, a.tokens[0].at, "query only reads, and this would write")
	}
	return nil
}

// fill writes figures into the table of the connection.
func fill(c *sqlite3.SQLiteConn, list []Figures) (err error) {
	if err := execute(c, writable); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, execute(c, queryOnly)) }()
	s, err := c.Prepare("INSERT OR REPLACE INTO temp." + figuresTable + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer s.Close()
	for _, f := range list {
		for _, m := range append([]Figure{{"", math.NaN(), math.NaN(), math.NaN()}}, f.Metrics...) {
			args := make([]driver.NamedValue, 0, 8)
			for i, v := range []driver.Value{f.Sweep, int64(f.Position), f.Setting, f.Choice, m.Metric, m.Mean, m.Low, m.High} {
				args = append(args, driver.NamedValue{Ordinal: i + 1, Value: v}) // SQLite makes NULL of NaN
			}
			if _, err := s.(driver.StmtExecContext).ExecContext(background, args); err != nil {
				return err
			}
		}
	}
	return nil
}

// run passes the rows of the statement on.
func (g *Guard) run(ctx context.Context, c *sqlite3.SQLiteConn, statement string, to Answer) (err error) {
	s, err := g.prepare(c, statement)
	if err != nil {
		return err
	}
	defer s.Close()
	rows, err := s.QueryContext(ctx, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	names := rows.Columns()
	if err := to.Columns(names); err != nil {
		return err
	}
	row, values := make([]driver.Value, len(names)), make([]any, len(names))
	for {
		err := rows.Next(row)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i, v := range row {
			values[i] = v
		}
		if err := to.Row(values); err != nil {
			return err
		}
	}
}
