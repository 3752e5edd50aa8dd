package crew

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// noise returns bytes that are not alike.
func noise(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(size)}).Read(b) // never fails
	return b
}

// mirror answers with what came, and in the file with what came in the file.
func mirror(folder string) func(context.Context, Question) (Answer, error) {
	return func(_ context.Context, q Question) (Answer, error) {
		answer := Answer{Body: fmt.Appendf(nil, "%s asks %s: %s", q.Worker, q.Topic, q.Body)}
		if q.Topic == "fail" {
			return Answer{}, errors.New("no.\nNever")
		}
		if q.File == "" {
			return answer, nil
		}
		content, err := os.ReadFile(q.File)
		if err != nil {
			return Answer{}, err
		}
		answer.File = filepath.Join(folder, filepath.Base(q.File))
		return answer, os.WriteFile(answer.File, content, 0o600)
	}
}

// serve lets the host answer until the test ends.
func serve(t *testing.T, h *Host, answer func(context.Context, Question) (Answer, error)) {
	t.Helper()
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- h.Serve(ctx, answer) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-done)
	})
}

// files returns the names of files in the folder.
func names(t *testing.T, folder string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	must(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// TestAsk: bodies and files of all sizes go both ways, and nothing of them stays at the host.
func TestAsk(t *testing.T) {
	t.Parallel()
	h, folder := listen(t, HostOptions{TLS: true, Token: "secret"}), t.TempDir()
	serve(t, h, mirror(folder))
	w := join(t, h, "w")
	for _, size := range []int{0, 1, pieceSize, pieceSize + 1, 5 << 20} {
		path, content := filepath.Join(t.TempDir(), "file"), noise(size)
		must(t, os.WriteFile(path, content, 0o600))
		answer, err := w.Ask(soon(t), "topic", []byte("body"), path)
		must(t, err)
		if string(answer.Body) != "w asks topic: body" {
			t.Errorf("answer %q", answer.Body)
		}
		back, err := os.ReadFile(answer.File)
		must(t, err)
		if !bytes.Equal(back, content) {
			t.Errorf("%d bytes came back as %d, or others", size, len(back))
		}
		if filepath.Dir(answer.File) != w.options.Folder {
			t.Errorf("the file is at %s, not in the worker's folder", answer.File)
		}
	}
	answer, err := w.Ask(soon(t), "topic", nil, "")
	if err != nil || answer.File != "" || string(answer.Body) != "w asks topic: " {
		t.Errorf("answer %+v, %v", answer, err)
	}
	var text *AnswerError
	if _, err := w.Ask(soon(t), "fail", nil, ""); !errors.As(err, &text) || text.Text != "no.\nNever" {
		t.Errorf("error %v, want the host's", err)
	}
	if _, err := w.Ask(soon(t), "topic", nil, filepath.Join(folder, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want that the file is missing", err)
	}
	if _, err := w.Ask(soon(t), "topic", make([]byte, maxPayload+1), ""); err == nil {
		t.Error("a body above the limit was sent")
	}
	eventually(t, "the host removes what it sent and got", func() bool { return len(names(t, folder))+len(names(t, h.files.folder)) == 0 })
}

// TestSlowAnswer: a worker waits for an answer that takes long, and the question is not asked twice.
func TestSlowAnswer(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{})
	var w *Worker
	asked := 0
	serve(t, h, func(ctx context.Context, _ Question) (Answer, error) {
		if asked++; asked == 1 {
			w.changed() // so that it asks again
		}
		return Answer{}, sleep(ctx, 2*shortWait)
	})
	var err error
	w, err = Join(soon(t), h.Address(), WorkerOptions{Name: "w", Patience: shortWait, Folder: t.TempDir()})
	must(t, err)
	defer w.Close()
	_, err = w.Ask(soon(t), "slow", nil, "")
	must(t, err)
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}

// TestServeAgain: a question that was not answered when Serve ended is answered when it serves again.
func TestServeAgain(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{})
	w := join(t, h, "w")
	ctx, cancel := context.WithCancel(soon(t))
	ended := make(chan error, 1)
	go func() {
		ended <- h.Serve(ctx, func(ctx context.Context, _ Question) (Answer, error) {
			cancel()
			<-ctx.Done()
			return Answer{}, ctx.Err()
		})
		serve(t, h, mirror(t.TempDir()))
	}()
	answer, err := w.Ask(soon(t), "topic", nil, "")
	if err != nil || string(answer.Body) != "w asks topic: " {
		t.Errorf("answer %q, %v", answer.Body, err)
	}
	must(t, <-ended)
}

// TestAskAcrossRestart: a question with a file is answered by the next host at the same port.
func TestAskAcrossRestart(t *testing.T) {
	t.Parallel()
	listening, folder := freePort(t), t.TempDir()
	old := listen(t, HostOptions{Listen: listening, Folder: folder})
	w := join(t, old, "w")
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, noise(3*pieceSize), 0o600))
	asked := make(chan bool)
	ended := make(chan error)
	go func() {
		ended <- old.Serve(soon(t), func(ctx context.Context, _ Question) (Answer, error) {
			close(asked)
			<-ctx.Done() // the host ends while it works on the answer
			return Answer{}, ctx.Err()
		})
	}()
	type result struct {
		answer Answer
		err    error
	}
	results := make(chan result, 1)
	go func() {
		answer, err := w.Ask(soon(t), "topic", nil, path)
		results <- result{answer, err}
	}()
	<-asked
	must(t, old.Close())
	must(t, <-ended)
	time.Sleep(300 * time.Millisecond)
	h, out := listen(t, HostOptions{Listen: listening, Folder: folder}), t.TempDir()
	serve(t, h, mirror(out))
	r := <-results
	must(t, r.err)
	if back, err := os.ReadFile(r.answer.File); err != nil || !bytes.Equal(back, noise(3*pieceSize)) {
		t.Errorf("%d bytes came back, %v", len(back), err)
	}
}

// TestMaxFile: a file above the limit is refused by the host, before it is stored, and already by the worker.
func TestMaxFile(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{MaxFile: 100})
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, noise(101), 0o600))
	for host, most := range map[*Host]int64{h: 1 << 20, listen(t, HostOptions{MaxFile: 1 << 20}): 100} {
		serve(t, host, mirror(t.TempDir()))
		w := join(t, host, "w")
		w.mu.Lock()
		w.session.MaxFile = most
		w.mu.Unlock()
		var text *AnswerError
		if _, err := w.Ask(soon(t), "topic", nil, path); !errors.As(err, &text) || !strings.Contains(text.Text, "100") {
			t.Errorf("error %v, want that 100 bytes are the most", err)
		}
	}
	for _, c := range []struct {
		id           string
		size, offset int64
		data         int
	}{{"../x", 1, 0, 1}, {"", 1, 0, 1}, {"x", -1, 0, 0}, {"x", 10, -1, 1}, {"x", 10, 8, 3}, {"x", 10, 1 << 62, 3}, {"x", 101, 0, 1}} {
		if _, err := h.files.add(c.id, c.size, "", c.offset, make([]byte, c.data)); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	if list := names(t, h.files.folder); len(list) != 0 {
		t.Errorf("stored: %v", list)
	}
}

// TestPieces: a file that arrives with errors, or not as a whole, is not there.
func TestPieces(t *testing.T) {
	t.Parallel()
	f, err := newFiles(t.TempDir(), 100)
	must(t, err)
	add := func(offset, want int64, data string) {
		t.Helper()
		if got, err := f.add("id", 6, "sum", offset, []byte(data)); got != want || err != nil {
			t.Errorf("%d bytes are there, want %d, %v", got, want, err)
		}
	}
	add(3, 0, "def") // too early
	add(0, 3, "abc")
	add(0, 3, "abc") // again
	add(3, 6, "def")
	if path, err := f.take("id"); path != "" || err != nil {
		t.Errorf("a file with a wrong sum is at %q, %v", path, err)
	}
	add(0, 3, "abc")
	if path, err := f.take("id"); path != "" || err != nil {
		t.Errorf("half a file is at %q, %v", path, err)
	}
	add(0, 3, "abc")
	must(t, f.clear(time.Now()))
	add(3, 6, "def")
	must(t, f.clear(time.Now().Add(2*idleTime)))
	add(3, 0, "def") // forgotten
	must(t, f.Close())
}

// TestGet: a shared file arrives whole, or not at all.
func TestGet(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{})
	w := join(t, h, "w")
	path := filepath.Join(t.TempDir(), "got")
	for _, size := range []int{0, 1, 3*pieceSize + 5} {
		must(t, h.Share(soon(t), "data", bytes.NewReader(noise(size))))
		must(t, w.Get(soon(t), "data", path))
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, noise(size)) {
			t.Errorf("%d bytes arrived as %d, %v", size, len(got), err)
		}
	}
	if list := names(t, h.files.folder); len(list) != 1 {
		t.Errorf("the folder has %d files, want the one that is shared", len(list))
	}
	if err := w.Get(soon(t), "other", path); err == nil || !strings.Contains(err.Error(), "shares no file") {
		t.Errorf("error %v, want that there is none", err)
	}
	must(t, os.WriteFile(h.files.out[h.files.shared["data"]].path, noise(3*pieceSize + 6)[1:], 0o600)) // others
	must(t, os.Remove(path))
	if err := w.Get(soon(t), "data", path); !errors.Is(err, errDamaged) || len(names(t, filepath.Dir(path))) != 0 {
		t.Errorf("error %v, want one, and no file", err)
	}
	ctx, cancel := context.WithCancel(soon(t))
	cancel()
	if err := h.Share(ctx, "late", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	if err := h.Share(soon(t), "broken", io.MultiReader(strings.NewReader("x"), &contextReader{ctx, nil})); err == nil || len(names(t, h.files.folder)) != 1 {
		t.Errorf("error %v, want one, and no file", err)
	}
}
