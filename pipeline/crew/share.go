package crew

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nuid"
)

// Share lets workers Get the file under the name. Sharing another one under the same name replaces it.
func (h *Host) Share(ctx context.Context, name string, r io.Reader) error {
	if err := checkName("a shared file", name); err != nil {
		return err
	}
	if err := h.files.share(ctx, name, r); err != nil {
		return fmt.Errorf("share %q: %w", name, err)
	}
	return nil
}

func (f *files) share(ctx context.Context, name string, r io.Reader) (err error) {
	id := nuid.Next()
	path := filepath.Join(f.folder, id)
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(w, sum), &contextReader{ctx, r})
	if err = errors.Join(err, w.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if old, ok := f.out[f.shared[name]]; ok {
		err = f.forget(old)
	}
	f.shared[name] = id
	f.out[id] = &file{id: id, path: path, size: size, sum: hex.EncodeToString(sum.Sum(nil)), kept: true}
	return err
}

// contextReader reads until its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// send makes the file at path one that a worker takes by the id that is returned.
func (f *files) send(path string) (*file, error) {
	size, sum, err := summed(path)
	if err != nil {
		return nil, err
	}
	out := &file{id: nuid.Next(), path: path, size: size, sum: sum, active: time.Now()}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.out[out.id] = out
	return out, nil
}

// sent removes a file that a worker has taken.
func (f *files) sent(id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if out, ok := f.out[id]; ok && !out.kept {
		return f.forget(out)
	}
	return nil
}

// forget removes a file that goes out. The lock is held.
func (f *files) forget(out *file) error {
	delete(f.out, out.id)
	return os.Remove(out.path)
}
