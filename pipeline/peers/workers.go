package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
)

// workers are processes of peers.py, one for each peer and number of cores. Each stays, so that it compiles everything once.
type workers struct {
	setup   setup
	running map[string]*worker
}

// worker is such a process. It answers every line by one.
type worker struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers *bufio.Reader
	stderr  bytes.Buffer
}

// ask lets a peer do a task, and reads what it did into the figure. After a process has died the peer has another.
func (w *workers) ask(peer string, t task, f *figure) error {
	name := fmt.Sprint(peer, t.Cores)
	at := w.running[name]
	if at == nil {
		var err error
		if at, err = start(w.setup.python(t.Cores)); err != nil {
			return err
		}
		if w.running == nil {
			w.running = map[string]*worker{}
		}
		w.running[name] = at
	}
	err := json.NewEncoder(at.stdin).Encode(map[string]any{"peer": peer, "case": t})
	line, read := at.answers.ReadBytes('\n')
	if err := errors.Join(err, read); err != nil {
		delete(w.running, name)
		return fmt.Errorf("peers.py died: %w: %s", errors.Join(err, at.close()), bytes.TrimSpace(at.stderr.Bytes()))
	}
	if err := json.Unmarshal(line, f); err != nil {
		return fmt.Errorf("peers.py answered %q: %w", line, err)
	}
	return nil
}

func start(cmd *exec.Cmd) (*worker, error) {
	w := &worker{cmd: cmd}
	cmd.Stderr = &w.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.stdin, w.answers = stdin, bufio.NewReader(stdout)
	return w, cmd.Start()
}

// close ends a process, which ends with its input.
func (w *worker) close() error {
	return errors.Join(w.stdin.Close(), w.cmd.Wait())
}

func (w *workers) close() {
	for _, at := range w.running {
		_ = at.close() // what it answered is all that counts
	}
}
