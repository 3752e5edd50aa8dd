// Package command is what all commands share: their streams and the store, how they print, ask and refuse.
package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"flowsweep/store"
)

// App is what the commands share: the streams, the clock and the flags common to several.
type App struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Now            func() time.Time
	DB             string // path of the store
	SpecRead       bool   // stdin held the spec, so no answer can be read from it
}

// KeepsNothing marks a command that writes its output once it is whole, and nothing into the store.
var KeepsNothing = map[string]string{"interrupted": "nothing is kept; the same command starts again"}

// OpenStore opens the existing store for reading, and says so if some of it may not be seen.
func (a *App) OpenStore(ctx context.Context) (*store.DB, error) {
	db, err := store.OpenExisting(ctx, a.DB)
	if err != nil {
		return nil, err
	}
	a.cautionNames(db)
	return db, nil
}

// cautionNames says if some of a store may not be seen.
func (a *App) cautionNames(db *store.DB) {
	if why := db.ReadOnly(); why != nil && why.Names {
		fmt.Fprintf(a.Stderr, "caution: %v; what was written under another name may be missing here\n", why)
	}
}

// WithReader opens the existing store for reading alone, calls do, and closes it. An earlier version is read from an upgraded copy.
func (a *App) WithReader(ctx context.Context, do func(db *store.DB) error) error {
	db, err := store.OpenReader(ctx, a.DB)
	if err != nil {
		return Usage(err)
	}
	a.cautionNames(db)
	return errors.Join(do(db), db.Close())
}

// WithStore opens the existing store, calls do, and closes it.
func (a *App) WithStore(ctx context.Context, do func(db *store.DB) error) error {
	db, err := a.OpenStore(ctx)
	if err != nil {
		return Usage(err)
	}
	return errors.Join(do(db), db.Close())
}

// WithScratch is WithStore for a command that notes results in the store, but has its output elsewhere: if the store can only be
// read, they are noted in a copy.
func (a *App) WithScratch(ctx context.Context, do func(db *store.DB) error) error {
	return a.WithStore(ctx, func(db *store.DB) error {
		if db.ReadOnly() == nil {
			return do(db)
		}
		scratch, err := db.Scratch(ctx)
		if err != nil {
			return err
		}
		return errors.Join(do(scratch), scratch.Close())
	})
}

// Lock takes the store's lock on behalf of a command. If another process holds it, lock says so and waits, or with noWait
// returns an error.
func (a *App) Lock(ctx context.Context, db *store.DB, command string, noWait bool) error {
	waiting := func(w store.Worker) { fmt.Fprintf(a.Stderr, "%s is using %s: waiting for it to finish\n", w, a.DB) }
	if noWait {
		waiting = nil
	}
	return db.Lock(ctx, "flowsweep "+command, a.Now, waiting)
}

// FindRun returns the full key of the run whose key has this prefix.
func FindRun(ctx context.Context, db *store.DB, prefix string) (string, error) {
	kind, key, err := db.Find(ctx, prefix)
	if err == nil && kind != "run" {
		err = fmt.Errorf("%s is a %s: give the key of a run, see `flowsweep runs`", key, kind)
	}
	return key, Usage(err)
}

// Confirm asks the question on a terminal. If there is none to read the answer from, it returns refusal as a usage error; if the answer is not yes,
// declined.
func (a *App) Confirm(question, refusal, declined string, yes bool) error {
	if yes {
		return nil
	}
	in, ok := a.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) || a.SpecRead {
		return Usage(errors.New(refusal))
	}
	fmt.Fprintf(a.Stderr, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(in).ReadString('\n')
	if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y") {
		return Usage(errors.New(declined))
	}
	return nil
}
