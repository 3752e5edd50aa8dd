// Package lock makes one process at a time the one that works on a store, and says which one that is.
package lock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"flowsweep/experiments/disk"
)

// Lock is a lock on a file beside the store, which says who holds it, and on the store itself, which holds whatever path
// leads there. The file beside exists while a process holds the lock, and after a crash.
type Lock struct {
	file  *os.File
	store *os.File // remains open: closing it would also drop the locks of SQLite in this process
}

// errOtherName says that the store is in use, but not under the path that leads to it here.
var errOtherName = errors.New("another process is using this file under another name: was it moved or linked? use that name, or try again when it is done")

// lockPath returns the path of the lock file, which is the same for all symbolic links to the store.
func lockPath(store string) string {
	if real, err := filepath.EvalSymlinks(store); err == nil {
		store = real
	}
	return store + ".lock"
}

// Try takes the lock of the store at path, which is open as store. It returns nil if another process holds it.
func Try(path string, store *os.File) (*Lock, error) {
	file, err := tryBeside(lockPath(path))
	if file == nil || err != nil {
		return nil, err
	}
	lock := &Lock{file, store}
	for start := time.Now(); disk.OwnLocks; time.Sleep(retryPause) {
		ok, err := disk.TryLock(store, true)
		if ok {
			break
		}
		if err == nil && time.Since(start) > askTime {
			err = errOtherName
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), lock.Release())
		}
	}
	return lock, nil
}

// askTime is far longer than a process that only asks holds a lock.
const askTime = time.Second

// tryBeside opens and locks the file at path. It returns nil if another process holds its lock.
func tryBeside(path string) (*os.File, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("lock the store: %w", err)
		}
		ok, err := disk.TryLock(file, true)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w: put the store on a local disk", path, err), file.Close())
		}
		if !ok {
			return nil, file.Close()
		}
		// If the previous holder removed the file between the two calls, this lock locks out nobody.
		if disk.StillThere(file) {
			return file, nil
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
}

// Folder returns the folder that holds the lock file, and the store.
func (l *Lock) Folder() string { return filepath.Dir(l.file.Name()) }

// Sign records the holder in the lock file.
func (l *Lock) Sign(w Worker) error {
	text, err := json.Marshal(w)
	if err != nil {
		return err
	}
	err = l.file.Truncate(0)
	if err == nil {
		_, err = l.file.WriteAt(append(text, '\n'), 0)
	}
	if err != nil {
		return fmt.Errorf("sign the lock of the store: %w", err)
	}
	return nil
}

// Release lets other processes take the lock.
func (l *Lock) Release() error {
	var err error
	if disk.OwnLocks {
		err = disk.Unlock(l.store)
	}
	if err := errors.Join(err, disk.RemoveLocked(l.file)); err != nil {
		return fmt.Errorf("unlock the store: %w", err)
	}
	return nil
}

// Holder returns the process that holds the lock of the store at path, and whether there is one.
func Holder(path string) (w Worker, ok bool, err error) {
	file, err := os.Open(lockPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return w, false, nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return w, true, nil // what cannot be known is taken as it is stored
	}
	if err != nil {
		return w, false, fmt.Errorf("find the process that works on the store: %w", err)
	}
	defer file.Close() // also unlocks it, unless it is removed
	free, err := disk.TryLock(file, false)
	if err != nil || free {
		if free {
			removeLeft(file)
		}
		return w, false, err
	}
	text, err := io.ReadAll(io.LimitReader(file, 1<<16))
	if err != nil || json.Unmarshal(text, &w) != nil {
		return Worker{}, true, err // not signed yet
	}
	return w, true, nil
}

// removeLeft removes a lock file that a process left when it died, if that is possible. Such a file is signed: one that is not is
// about to be locked. What takes the lock notices when it is gone.
func removeLeft(file *os.File) {
	if info, err := file.Stat(); err != nil || info.Size() == 0 || !disk.StillThere(file) {
		return // not even for a moment: others would take this process for a worker
	}
	if ok, err := disk.TryLock(file, true); ok && err == nil && disk.StillThere(file) {
		_ = disk.RemoveLocked(file)
	}
}

// CheckOtherName returns an error if a process works on the open store under another path than this one.
func CheckOtherName(path string, store *os.File) error {
	for range 3 { // workers may come and go between two questions
		free, err := disk.TryLock(store, false)
		if err != nil {
			return fmt.Errorf("ask who uses the store: %w", err)
		}
		if free {
			return disk.Unlock(store)
		}
		if _, here, err := Holder(path); here || err != nil {
			return err
		}
	}
	return errOtherName
}
