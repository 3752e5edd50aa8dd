package serve_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"flowsweep/pipeline"
	"flowsweep/pipeline/serve"
)

// programVariable is the environment variable that makes the test binary the program.
const programVariable = "FLOWSWEEP_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		os.Exit(pipeline.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	code := m.Run()
	endBrowser()
	os.Exit(code)
}

// program returns a command that runs the program in a process of its own, in a folder.
func program(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), programVariable+"=1")
	return cmd
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// smallSpec is a sweep of a second, with as many seeds as there are to see.
const smallSpec = `name: %s
target: moons
net: {width: 4, depth: 1}
train: {steps: %d, batch: 8}
seeds: %d
sample: {solver: [euler, heun], steps: [1, 2], count: 16}
reference: {count: 16}
metrics: [energy]
engine: go
`

// specIn writes a spec into a folder, and returns its path.
func specIn(dir, name string, steps, seeds int) (string, error) {
	path := filepath.Join(dir, name+".yaml")
	return path, os.WriteFile(path, fmt.Appendf(nil, smallSpec, name, steps, seeds), 0o644)
}

// finished returns a store whose sweep small is over.
var finished = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "flowsweep-serve-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path, err := specIn(dir, "small", 20, 2)
	if err != nil {
		return nil, err
	}
	if said, err := program(dir, "sweep", path).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, said)
	}
	return os.ReadFile(filepath.Join(dir, "runs.db"))
})

// storeIn writes the finished store into a new folder.
func storeIn(t *testing.T) (dir, file string) {
	t.Helper()
	content, err := finished()
	must(t, err)
	dir = t.TempDir()
	file = filepath.Join(dir, "runs.db")
	must(t, os.WriteFile(file, content, 0o644))
	return dir, file
}

// site is a server under test.
type site struct {
	*serve.Server
	url  string
	stop func() error // and what Serve returned
}

// serving serves a store in this process, in a hurry, but with patience for readers on a busy machine.
func serving(t *testing.T, o serve.Options, readers int) site {
	t.Helper()
	return servingFor(t, o, readers, 30*time.Second)
}

// servingFor is serving with so much patience.
func servingFor(t *testing.T, o serve.Options, readers int, patient time.Duration) site {
	t.Helper()
	l, err := serve.Listen(t.Context(), "127.0.0.1:0")
	must(t, err)
	o.Now, o.Log = time.Now, t.Output()
	s, err := serve.New(t.Context(), o)
	must(t, err)
	s.Hurry(readers, patient)
	return serveAt(t, s, l)
}

func serveAt(t *testing.T, s *serve.Server, l net.Listener) site {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { must(t, stop()) })
	return site{s, "http://" + l.Addr().String(), stop}
}

// get returns an answer and its body. Redirects are not followed, and nothing is unpacked.
func get(t testing.TB, method, url string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	must(t, err)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else {
			r.Header.Add(headers[i], headers[i+1])
		}
	}
	client := http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: time.Minute,
	}
	answer, err := client.Do(r)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	return answer, body
}

// sweeping starts a sweep long of so many steps a fit, in a process of its own, and returns it once its page is there.
func sweeping(t *testing.T, dir, url string, steps, seeds int) *exec.Cmd {
	t.Helper()
	path, err := specIn(dir, "long", steps, seeds)
	must(t, err)
	cmd := program(dir, "sweep", path, "--workers", "1")
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if answer, _ := get(t, "HEAD", url+"/sweep/long"); answer.StatusCode == http.StatusOK {
			return cmd
		}
	}
	t.Fatal("the sweep does not begin")
	return nil
}

// reportOf returns the page of a sweep that `flowsweep report` writes.
func reportOf(t *testing.T, dir, name string) []byte {
	t.Helper()
	out := t.TempDir()
	if said, err := program(dir, "report", "--sweep", name, "--out", out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	page, err := os.ReadFile(filepath.Join(out, "report.html"))
	must(t, err)
	return page
}

// bare takes away what a served page has beside that of a file.
func bare(page []byte) []byte {
	page = bytes.Replace(page, []byte("<script>"+serve.Script+"</script>\n"), nil, 1)
	page = bytes.Replace(page, []byte("; connect-src &#39;self&#39;"), nil, 1)
	return hashOfScript.ReplaceAll(page, []byte("script-src "))
}
