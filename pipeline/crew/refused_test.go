package crew

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// TestRefused: whoever may not join hears why at once.
func TestRefused(t *testing.T) {
	t.Parallel()
	plain, sealed, open := listen(t, HostOptions{Token: "secret"}), listen(t, HostOptions{Token: "secret", TLS: true}), listen(t, HostOptions{})
	change := func(h *Host, change func(a *Address)) Address {
		a := h.Address()
		change(&a)
		return a
	}
	for name, c := range map[string]struct {
		a    Address
		want string
	}{
		"wrong token":          {change(plain, func(a *Address) { a.Token = "guess" }), "wrong token"},
		"wrong token over TLS": {change(sealed, func(a *Address) { a.Token = "guess" }), "wrong token"},
		"no token":             {change(plain, func(a *Address) { a.Token = "" }), "wants a token"},
		"wrong pin":            {change(sealed, func(a *Address) { a.Pin = somePin }), "not the one of the pin"},
		"no TLS":               {change(sealed, func(a *Address) { a.Pin, a.URL = "", "nats"+a.URL[3:] }), "speaks TLS"},
		"TLS to a plain host":  {change(plain, func(a *Address) { a.Pin, a.URL = somePin, "tls"+a.URL[4:] }), "does not speak TLS"},
	} {
		start := time.Now()
		_, err := Join(soon(t), c.a, WorkerOptions{Name: "w", Patience: time.Minute, Folder: t.TempDir()})
		var refused *RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "guess") {
			t.Errorf("%s: error %v, want that of being refused with %q", name, err, c.want)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
	for _, h := range []*Host{plain, sealed, open} {
		join(t, h, "w") // with the right address
	}
}

// TestCertificateStays: the certificate is made once, is for nobody else's eyes, and a broken one is an error.
func TestCertificateStays(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := listen(t, HostOptions{Folder: folder, TLS: true})
	must(t, first.Close())
	second := listen(t, HostOptions{Folder: folder, TLS: true})
	if first.Address().Pin != second.Address().Pin || first.Address().Pin == "" {
		t.Errorf("pins %q and %q, want one", first.Address().Pin, second.Address().Pin)
	}
	must(t, second.Close())
	path := filepath.Join(folder, "tls.pem")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	must(t, os.WriteFile(path, []byte("x"), 0o600))
	if _, err := Listen(soon(t), HostOptions{Listen: "127.0.0.1:0", Folder: folder, TLS: true}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want one that names the file", err)
	}
}

// TestTakenPort: a port that is taken is an error at once.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	start := time.Now()
	_, err = Listen(soon(t), HostOptions{Listen: l.Addr().String(), Folder: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "taken") || time.Since(start) > time.Second {
		t.Errorf("error %v after %v", err, time.Since(start))
	}
	for _, listen := range []string{"", "srv", "127.0.0.1:x", "127.0.0.1:65536", "no.such.host.invalid:1", "http://srv:1"} {
		if _, err := Listen(soon(t), HostOptions{Listen: listen, Folder: t.TempDir()}); err == nil {
			t.Errorf("listens at %q", listen)
		}
	}
}

// TestGone: a host that is not there is waited for, at first and later, as long as the patience says.
func TestGone(t *testing.T) {
	t.Parallel()
	const patience = 250 * time.Millisecond
	at := freePort(t)
	check := func(what string, call func(a Address) error) {
		t.Helper()
		start := time.Now()
		var gone *GoneError
		if err := call(Address{URL: "nats://" + at}); !errors.As(err, &gone) || !strings.Contains(err.Error(), at) {
			t.Errorf("%s: error %v, want that of a host that is gone", what, err)
		}
		if took := time.Since(start); took < patience*9/10 || took > 10*patience {
			t.Errorf("%s: took %v, want about %v", what, took, patience)
		}
	}
	check("join", func(a Address) error {
		_, err := Join(soon(t), a, WorkerOptions{Name: "w", Patience: patience, Folder: t.TempDir()})
		return err
	})
	h := listen(t, HostOptions{Listen: at})
	w, err := Join(soon(t), h.Address(), WorkerOptions{Name: "w", Patience: patience, Folder: t.TempDir()})
	must(t, err)
	defer w.Close()
	check("ask a host that does not serve", func(Address) error {
		_, err := w.Ask(soon(t), "topic", nil, "")
		return err
	})
	must(t, h.Close())
	check("next", func(Address) error { _, err := w.Next(soon(t)); return err })
	check("ask", func(Address) error { _, err := w.Ask(soon(t), "topic", nil, ""); return err })
	check("get", func(Address) error { return w.Get(soon(t), "data", filepath.Join(t.TempDir(), "f")) })
	ctx, cancel := context.WithTimeout(soon(t), 50*time.Millisecond)
	defer cancel()
	if _, err := w.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// TestRefusedLater: a host that comes back with another token or certificate refuses a worker that it had let in.
func TestRefusedLater(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(o *HostOptions){
		"token":       func(o *HostOptions) { o.Token = "other" },
		"certificate": func(o *HostOptions) { o.Folder = t.TempDir() },
	} {
		o := HostOptions{Listen: freePort(t), Token: "secret", TLS: true, Folder: t.TempDir()}
		h := listen(t, o)
		w, err := Join(soon(t), h.Address(), WorkerOptions{Name: "w", Patience: 500 * time.Millisecond, Folder: t.TempDir()})
		must(t, err)
		must(t, h.Close())
		change(&o)
		listen(t, o)
		_, err = w.Next(soon(t))
		var refused *RefusedError
		if !errors.As(err, &refused) {
			t.Errorf("another %s: error %v, want that of being refused", name, err)
		}
		must(t, w.Close())
	}
}

// outside starts a NATS server as others run it.
func outside(t *testing.T, jetStream bool) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, NoLog: true, NoSigs: true, JetStream: jetStream, StoreDir: t.TempDir(), Authorization: "secret",
	})
	must(t, err)
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server has not started")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return "nats://secret@" + s.Addr().String()
}

// TestOutsideServer: two crews meet at a server that others run, and do not disturb each other. What a host that died has left there
// does not disturb the next one.
func TestOutsideServer(t *testing.T) {
	t.Parallel()
	at := outside(t, true)
	one, two := listen(t, HostOptions{Listen: at}), listen(t, HostOptions{Listen: at + "/two"})
	if _, err := Listen(soon(t), HostOptions{Listen: at + "/two", Folder: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "name of its own") {
		t.Errorf("error %v, want that the name is taken", err)
	}
	a, err := ParseAddress(two.Address().String())
	must(t, err)
	if a != two.Address() {
		t.Errorf("address %v, want %v", a, two.Address())
	}
	w1, w2 := join(t, one, "w"), join(t, two, "w")
	offer(t, one, "j")
	offer(t, two, "k")
	next(t, w1, "j", 1).Done()
	job := next(t, w2, "k", 1)
	serve(t, two, mirror(t.TempDir()))
	answer, err := w2.Ask(soon(t), "topic", []byte("body"), "")
	if err != nil || string(answer.Body) != "w asks topic: body" {
		t.Errorf("answer %q, %v", answer.Body, err)
	}
	two.conn.Close() // as if it had died: its queue stays
	eventually(t, "the server knows that the host is gone", func() bool {
		_, err := one.conn.Request(two.subjects.session(), nil, time.Second)
		return errors.Is(err, nats.ErrNoResponders)
	})
	three := listen(t, HostOptions{Listen: at + "/two"})
	if list := three.js.ListStreams(soon(t)); len(list.Info()) > 2 {
		t.Errorf("more queues than hosts")
	}
	if _, err := w2.Next(soon(t)); !errors.Is(err, ErrNewHost) {
		t.Errorf("error %v, want that of a new host", err)
	}
	offer(t, three, "k")
	none(t, w2, 2*shortWait) // has it
	job.Done()
	eventually(t, "the queue is empty", func() bool { return left(t, three) == 0 })
}

// TestBadOutside: a server without JetStream, one that refuses the host, and none at all are errors.
func TestBadOutside(t *testing.T) {
	t.Parallel()
	at := outside(t, true)
	if _, err := Listen(soon(t), HostOptions{Listen: outside(t, false), Folder: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "JetStream") {
		t.Errorf("error %v, want one about JetStream", err)
	}
	var refused *RefusedError
	if _, err := Listen(soon(t), HostOptions{Listen: strings.Replace(at, "secret", "guess", 1), Folder: t.TempDir()}); !errors.As(err, &refused) {
		t.Errorf("error %v, want that of being refused", err)
	}
	if _, err := Listen(soon(t), HostOptions{Listen: "nats://" + freePort(t), Folder: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "NATS server") {
		t.Errorf("error %v, want one about the server", err)
	}
}
