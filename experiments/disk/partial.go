package disk

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// Partial is a hidden folder for files that are not complete yet, beside the place where they will be. While its process lives, a
// lock on it tells others that it is in use. If the process dies, the folder stays, until the next Partial in the same place.
type Partial struct {
	folder string
	lock   *os.File
}

// partialName is the form of the names of these folders, and of nothing that a user would make.
var partialName = regexp.MustCompile(`^\.flowsweep-partial-[0-9a-f]{32}$`)

// lockName is the file in such a folder whose lock shows that the folder is in use.
const lockName = "lock"

// treeName is the folder in such a folder that may hold folders.
const treeName = "flowsweep-tree"

// NewPartial makes a folder for incomplete files inside the folder at parent. It also removes those there whose process has died.
// Close the result.
func NewPartial(parent string) (*Partial, error) {
	RemoveDead(parent)
	for {
		p, err := newPartial(parent)
		if p != nil || err != nil {
			return p, err
		}
	}
}

// newPartial returns nil if another process took the folder for a dead one, before it was locked.
func newPartial(parent string) (*Partial, error) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	folder := filepath.Join(parent, ".flowsweep-partial-"+hex.EncodeToString(random[:]))
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(folder, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(folder))
	}
	ok, err := TryLock(lock, true)
	if err != nil {
		return nil, errors.Join(err, RemoveLocked(lock), os.Remove(folder))
	}
	if !ok || !StillThere(lock) {
		return nil, lock.Close()
	}
	return &Partial{folder, lock}, nil
}

// Path returns the path for a file in the folder. When it is complete, rename it.
func (p *Partial) Path(name string) string { return filepath.Join(p.folder, name) }

// Tree makes a folder for files in folders, once. When all are complete, rename it.
func (p *Partial) Tree() (string, error) {
	path := p.Path(treeName)
	return path, os.Mkdir(path, 0o755)
}

// Close removes the folder and the files left in it.
func (p *Partial) Close() error { return removePartial(p.folder, p.lock) }

// RemoveDead removes what processes that died have left incomplete in a folder. It leaves alone what it may not remove, and what
// it does not know.
func RemoveDead(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !partialName.MatchString(e.Name()) {
			continue
		}
		folder := filepath.Join(parent, e.Name())
		lock, err := os.OpenFile(filepath.Join(folder, lockName), os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			_ = os.Remove(folder) // if it is empty: its process died, or else makes another one
		}
		if err != nil {
			continue
		}
		if ok, err := TryLock(lock, true); !ok || err != nil {
			_ = lock.Close() // only read
			continue
		}
		_ = removePartial(folder, lock) // the next one tries again
	}
}

// removePartial removes the folder whose lock this process holds. The lock goes last: without it the rest would stay for ever.
func removePartial(folder string, lock *os.File) error {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if e.Name() == lockName {
			continue
		}
		remove := os.Remove // nothing that somebody put there
		if e.Name() == treeName {
			remove = os.RemoveAll
		}
		// What someone else has just removed is gone, too.
		if removed := remove(filepath.Join(folder, e.Name())); !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	if err := RemoveLocked(lock); err != nil {
		return err
	}
	if err := os.Remove(folder); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil // another process found it empty
}

// WriteFile writes a file with this content and mode, in full or not at all: it appears, or replaces another, once it is complete
// and on disk.
func WriteFile(path string, content []byte, mode fs.FileMode) error {
	return Write(path, mode, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// Write is WriteFile with what do writes. If do fails, nothing changes, and its error is returned as it is.
func Write(path string, mode fs.FileMode, do func(w io.Writer) error) error {
	p, err := NewPartial(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	own, err := p.write("content", mode, do)
	if err == nil && own == nil {
		err = os.Rename(p.Path("content"), path)
	}
	if err := errors.Join(err, p.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return own
}

// write writes a file in the folder to disk. own is an error of do that is not one of writing.
func (p *Partial) write(name string, mode fs.FileMode, do func(w io.Writer) error) (own, err error) {
	file, err := os.OpenFile(p.Path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	w := &noting{Writer: file}
	if own = do(w); w.err != nil {
		own, err = nil, w.err
	}
	return own, errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
}

// noting notes the first error of a writer.
type noting struct {
	io.Writer
	err error
}

func (n *noting) Write(b []byte) (int, error) {
	k, err := n.Writer.Write(b)
	if n.err == nil {
		n.err = err
	}
	return k, err
}
