package serve_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// event is one that a server sent.
type event struct{ name, data string }

// watching reads the events of a sweep until the context ends or the server does, as a browser does.
func watching(ctx context.Context, url string, each func(event) error) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/events", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || kind != "text/event-stream" {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("status %s, type %s: %s", answer.Status, kind, text)
	}
	var e event
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e.name == "" {
				continue // a comment, or the time to try again after
			}
			if err := each(e); err != nil {
				return err
			}
			e = event{}
		}
	}
	return cmp.Or(ctx.Err(), io.ErrUnexpectedEOF)
}

// errSeen ends watching when all is seen.
var errSeen = errors.New("seen")

// hashOf returns the hash of an event "version".
func hashOf(e event) string {
	var v struct{ Hash string }
	if json.Unmarshal([]byte(e.data), &v) != nil {
		return ""
	}
	return v.Hash
}

// wait watches until an event is as wanted, and returns it.
func wait(t *testing.T, url string, wanted func(event) bool) (got event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var last event
	err := watching(ctx, url, func(e event) error {
		last = e
		if wanted(e) {
			got = e
			return errSeen
		}
		return nil
	})
	if !errors.Is(err, errSeen) {
		t.Fatalf("%v; the last event was %+v", err, last)
	}
	return got
}
