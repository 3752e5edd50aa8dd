package pipeline

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/store"
)

// withStore opens the store that is there, does something with it, and closes it.
func (a *app) withStore(ctx context.Context, do func(db *store.DB) error) error {
	db, err := store.OpenExisting(ctx, a.db)
	if err != nil {
		return usage(err)
	}
	return errors.Join(do(db), db.Close())
}

// lock makes this process the one that works on the store, for a command of the program with its arguments. It says who
// else does and waits for it, or without patience returns an error.
func (a *app) lock(ctx context.Context, db *store.DB, command string, noWait bool) error {
	waiting := func(w store.Worker) { fmt.Fprintf(a.stderr, "%s works on %s: waiting for it to end\n", w, a.db) }
	if noWait {
		waiting = nil
	}
	return db.Lock(ctx, "flowsweep "+command, a.now, waiting)
}
