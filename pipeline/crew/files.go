package crew

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/nats-io/nuid"
)

// pieceSize is how much of a file travels at once: little enough for a link of 5 kB/s to be thought alive.
const pieceSize = 128 << 10

// idleTime is how long a file waits for the rest, or for a worker to take it.
const idleTime = time.Hour

// fileID is the form of the ids that workers give to files. It is safe as a file name.
var fileID = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)

// files are the files of a host that are on their way.
type files struct {
	folder string
	max    int64 // bytes

	mu     sync.Mutex
	shared map[string]string // name to id
	out    map[string]*file  // for workers, by id
	in     map[string]*file  // from workers, by id
}

// file is one file on its way.
type file struct {
	id     string
	path   string
	size   int64
	sum    string // sha256, hex
	done   int64  // bytes that are there
	kept   bool   // shared: until it is replaced
	active time.Time
}

// newFiles makes an empty folder for files inside the host's own.
func newFiles(folder string, most int64) (*files, error) {
	f := &files{folder: filepath.Join(folder, "files"), max: most, shared: map[string]string{}, out: map[string]*file{}, in: map[string]*file{}}
	if folder == "" {
		return nil, errors.New("a host needs a folder for files on their way")
	}
	if err := errors.Join(os.RemoveAll(f.folder), os.MkdirAll(f.folder, 0o700)); err != nil {
		return nil, fmt.Errorf("the host's folder: %w", err)
	}
	return f, nil
}

// piece returns the file with the id, or shared by the name if the id is "", and its bytes from offset on. file is nil if there is
// none.
func (f *files) piece(id, name string, offset int64) (*file, []byte, error) {
	f.mu.Lock()
	if id == "" {
		id = f.shared[name]
	}
	out, ok := f.out[id]
	if ok {
		out.active = time.Now()
	}
	f.mu.Unlock()
	if !ok {
		return nil, nil, nil
	}
	if offset < 0 || offset > out.size {
		return nil, nil, fmt.Errorf("the file has no byte %d", offset)
	}
	r, err := os.Open(out.path)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	data := make([]byte, min(pieceSize, out.size-offset))
	if _, err := io.ReadFull(io.NewSectionReader(r, offset, out.size), data); err != nil {
		return nil, nil, err
	}
	return out, data, nil
}

// add takes in a piece of a file from a worker, and returns how many bytes of the file are there now. A piece that is there is not
// written again, and one that is too early is not written.
func (f *files) add(id string, size int64, sum string, offset int64, data []byte) (int64, error) {
	switch {
	case !fileID.MatchString(id):
		return 0, fmt.Errorf("a file cannot have the id %q", id)
	case size > f.max:
		return 0, tooLarge(size, f.max)
	case size < 0 || offset < 0 || offset > size || int64(len(data)) > size-offset:
		return 0, fmt.Errorf("a piece of %d bytes at %d of a file of %d bytes", len(data), offset, size)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	in, ok := f.in[id]
	if !ok || in.size != size || in.sum != sum {
		in = &file{id: id, path: filepath.Join(f.folder, "in-"+id), size: size, sum: sum}
		if err := os.WriteFile(in.path, nil, 0o600); err != nil {
			return 0, err
		}
		f.in[id] = in
	}
	in.active = time.Now()
	if offset != in.done {
		return in.done, nil
	}
	w, err := os.OpenFile(in.path, os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = w.WriteAt(data, offset)
	if err = errors.Join(err, w.Close()); err != nil {
		return 0, err
	}
	in.done += int64(len(data))
	return in.done, nil
}

// tooLarge is the error of a file above the limit.
func tooLarge(size, most int64) error {
	return fmt.Errorf("a file of %d bytes is more than the %d that this host takes", size, most)
}

// take returns the path of a complete file from a worker, which the caller removes, or "" if it is not there.
func (f *files) take(id string) (string, error) {
	f.mu.Lock()
	in, ok := f.in[id]
	if ok {
		delete(f.in, id)
	}
	f.mu.Unlock()
	if !ok {
		return "", nil
	}
	_, sum, err := summed(in.path)
	if err == nil && sum == in.sum {
		// A name of its own: the worker may send the file again while this one is in use.
		path := filepath.Join(f.folder, "taken-"+nuid.Next())
		return path, os.Rename(in.path, path)
	}
	return "", errors.Join(err, os.Remove(in.path))
}

// clear removes what nobody has asked for or added to for long.
func (f *files) clear(now time.Time) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, in := range f.in {
		if now.Sub(in.active) > idleTime {
			delete(f.in, id)
			err = errors.Join(err, os.Remove(in.path))
		}
	}
	for _, out := range f.out {
		if !out.kept && now.Sub(out.active) > idleTime {
			err = errors.Join(err, f.forget(out))
		}
	}
	return err
}

// Close removes all files.
func (f *files) Close() (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, out := range f.out {
		err = errors.Join(err, f.forget(out))
	}
	return errors.Join(err, os.RemoveAll(f.folder))
}

// summed returns the size of a file and its sha256.
func summed(path string) (int64, string, error) {
	r, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer r.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, r)
	return size, hex.EncodeToString(sum.Sum(nil)), err
}
