package crew

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// cutting is a link that is cut each time that so many bytes have gone through it.
type cutting struct {
	listener net.Listener
	to       string
	every    int64
	through  atomic.Int64
	cuts     atomic.Int64
}

// cutLink makes such a link to a host, and returns the address at its other end.
func cutLink(t *testing.T, h *Host, every int64) (*cutting, Address) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	c := &cutting{listener: l, to: h.server.Addr().String(), every: every}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go c.pass(near)
		}
	}()
	a := h.Address()
	a.URL = "nats://" + l.Addr().String()
	return c, a
}

func (c *cutting) pass(near net.Conn) {
	far, err := net.Dial("tcp", c.to)
	if err != nil {
		_ = near.Close()
		return
	}
	var left atomic.Int64
	left.Store(c.every)
	one := func(dst, src net.Conn) {
		defer near.Close()
		defer far.Close()
		buffer := make([]byte, 16<<10)
		for {
			n, err := src.Read(buffer)
			c.through.Add(int64(n))
			if left.Add(-int64(n)) < 0 {
				c.cuts.Add(1)
				return
			}
			if _, werr := dst.Write(buffer[:n]); err != nil || werr != nil {
				return
			}
		}
	}
	go one(near, far)
	one(far, near)
}

// TestCutLink: files come through a link that is cut again and again, and each cut costs about a piece.
func TestCutLink(t *testing.T) {
	t.Parallel()
	h, folder := listen(t, HostOptions{}), t.TempDir()
	serve(t, h, mirror(folder))
	const size = 12 * pieceSize
	link, a := cutLink(t, h, 5*pieceSize)
	w, err := Join(soon(t), a, WorkerOptions{Name: "w", Patience: 5 * time.Second, Folder: t.TempDir()})
	must(t, err)
	defer w.Close()
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, noise(size), 0o600))
	answer, err := w.Ask(soon(t), "topic", nil, path)
	must(t, err)
	if back, err := os.ReadFile(answer.File); err != nil || !bytes.Equal(back, noise(size)) {
		t.Errorf("%d bytes came back, %v", len(back), err)
	}
	cuts, through := link.cuts.Load(), link.through.Load()
	if cuts < 3 {
		t.Errorf("cut %d times, want more", cuts)
	}
	if most := 2*size + 2*(cuts+1)*pieceSize; through > most {
		t.Errorf("%d bytes for files of %d, both ways, and %d cuts: more than %d", through, size, cuts, most)
	}
}

// TestReplacedMidway: a shared file that is replaced while it is on its way arrives as the new one.
func TestReplacedMidway(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{})
	w := join(t, h, "w")
	must(t, h.Share(soon(t), "data", bytes.NewReader(noise(3*pieceSize))))
	p := newPatience(time.Second)
	first, err := w.piece(soon(t), "", "data", 0, p)
	must(t, err)
	must(t, h.Share(soon(t), "data", bytes.NewReader(noise(5))))
	if _, err := w.piece(soon(t), first.Header.Get(idHeader), "data", pieceSize, p); !errors.Is(err, errReplaced) || final(err) {
		t.Errorf("error %v, want that the file was replaced", err)
	}
	path := filepath.Join(t.TempDir(), "got")
	must(t, w.Get(soon(t), "data", path))
	r, err := os.Open(path)
	must(t, err)
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, noise(5)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
