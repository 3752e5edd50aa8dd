package store

import (
	"context"
	"database/sql"
	"errors"

	"flowsweep/store/view"
)

// Views returns the views of a store that are promised, with their columns.
func Views() []view.View {
	var scripts []string
	for _, name := range migrations() {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			panic("store: " + err.Error()) // they are part of the program
		}
		scripts = append(scripts, string(text))
	}
	return view.Documented(scripts...)
}

// Query runs the only statement of a text, which can do nothing but read, on the store as it is now. If it reads figures of settings, these
// are asked for once, of the same moment. A *view.Error says what is wrong with the text.
func (db *DB) Query(ctx context.Context, text string, figures func(view *DB) ([]view.Figures, error), to view.Answer) (err error) {
	guard := &view.Guard{}
	options := db.readOptions()
	options.Set("mode", "ro")
	pool, err := connect(ctx, db.at, 1, guard.Register, map[string]string{"query_only": "1", "busy_timeout": "5000"}, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	return db.snapshot(ctx, pool, func(now *DB) error {
		return guard.Ask(ctx, now.moment.conn, text, Views(), func() ([]view.Figures, error) { return figures(now) }, to)
	})
}

// snapshot is Snapshot on a connection of a pool.
func (db *DB) snapshot(ctx context.Context, pool *sql.DB, do func(view *DB) error) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing to commit
	var tables int      // the first read is what fixes the moment
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	why := db.readOnly
	if why == nil {
		why = &ReadOnlyError{Path: db.path, Why: errReader}
	}
	return do(&DB{path: db.path, at: db.at, large: db.large, largeAbove: db.largeAbove, data: db.data, readers: db.readers, readOnly: why, moment: &moment{conn, tx}})
}
