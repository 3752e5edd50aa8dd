package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// fileLock is a lock on a file beside the store. The file exists while a process holds the lock, and after a crash.
type fileLock struct{ file *os.File }

// lockPath returns the path of the lock file, which is the same for all symbolic links to the store.
func lockPath(store string) string {
	if real, err := filepath.EvalSymlinks(store); err == nil {
		store = real
	}
	return store + ".lock"
}

// tryLock takes the lock of the store at path. It returns nil if another process holds it.
func tryLock(path string) (*fileLock, error) {
	path = lockPath(path)
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("lock the store: %w", err)
		}
		ok, err := lockFile(file, true)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w: put the store on a local disk", path, err), file.Close())
		}
		if !ok {
			return nil, file.Close()
		}
		// If the previous holder removed the file between the two calls, this lock locks out nobody.
		current, statErr := os.Stat(path)
		locked, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if statErr == nil && os.SameFile(current, locked) {
			return &fileLock{file}, nil
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
}

// sign records the holder in the lock file.
func (l *fileLock) sign(w Worker) error {
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

func (l *fileLock) release() error {
	if err := removeLocked(l.file); err != nil {
		return fmt.Errorf("unlock the store: %w", err)
	}
	return nil
}

// worker returns the process that holds the lock of the store at path, and whether there is one.
func worker(path string) (w Worker, ok bool, err error) {
	file, err := os.Open(lockPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return w, false, nil
	}
	if err != nil {
		return w, false, fmt.Errorf("find the process that works on the store: %w", err)
	}
	defer file.Close() // also unlocks it
	free, err := lockFile(file, false)
	if err != nil || free {
		return w, false, err
	}
	text, err := io.ReadAll(io.LimitReader(file, 1<<16))
	if err != nil || json.Unmarshal(text, &w) != nil {
		return Worker{}, true, err // not signed yet
	}
	return w, true, nil
}
