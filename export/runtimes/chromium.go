package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
)

// chromium runs onnxruntime-web in a page of headless Chromium.
func chromium(folder string) runtime {
	at, err := fetchNPM(folder, web)
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, absent := exec.LookPath(name); absent == nil && browser == "" {
			browser = path
		}
	}
	if browser == "" {
		err = errors.New("chromium is not installed")
	}
	return runtime{missing: err, try: func(c testCase) result {
		r, err := browse(browser, at, c)
		if err != nil {
			return result{Error: err.Error()}
		}
		return r
	}}
}

// browse serves the page with the case to a browser and waits for the result.
func browse(browser, at string, c testCase) (result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	results := make(chan result, 1)
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(at)))
	mux.HandleFunc("/case", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, c.file) })
	mux.HandleFunc("/model", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, c.Path) })
	mux.HandleFunc("POST /result", func(_ http.ResponseWriter, r *http.Request) {
		var got result
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			got.Error = err.Error()
		}
		results <- got
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	profile, err := os.MkdirTemp("", "runtimes-*")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(profile)
	args := []string{"--headless", "--disable-gpu", "--no-first-run", "--user-data-dir=" + filepath.Join(profile, "p")}
	if os.Geteuid() == 0 { // as in a container, where the sandbox does not start
		args = append(args, "--no-sandbox")
	}
	cmd := exec.CommandContext(ctx, browser, append(args, server.URL+"/page.html")...)
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	select {
	case r := <-results:
		return r, nil
	case <-ctx.Done():
		return result{}, errors.New("the page did not answer")
	}
}
