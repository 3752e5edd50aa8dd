// Package browser opens pages in headless Chromium, for tests and for pictures. Nothing that users run depends on it.
//
//	b, err := browser.Start() // one for many pages
//	defer b.Close()
//	tab, err := b.Open("report.html", browser.View{Width: 390, Height: 844, Dark: true})
//	defer tab.Close()
//	title, err := browser.Eval[string](tab, "document.title")
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/chromedp/chromedp"
)

// ErrMissing says that there is no browser.
var ErrMissing = errors.New("there is no Chromium (on Debian: apt-get install chromium)")

// Find returns the path of Chromium or Chrome, or ErrMissing.
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// Browser is a running Chromium with an empty profile.
type Browser struct {
	ctx  context.Context
	stop context.CancelFunc
}

// Start starts a browser, which Close ends. If none is installed, it returns ErrMissing.
func Start() (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path), chromedp.DisableGPU, chromedp.Flag("hide-scrollbars", true))
	if os.Geteuid() == 0 { // as in a container, where the sandbox does not start
		options = append(options, chromedp.NoSandbox)
	}
	allocated, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocated)
	b := &Browser{ctx: ctx, stop: func() { cancel(); end() }}
	if err := chromedp.Do(ctx); err != nil {
		b.stop()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return b, nil
}

// Close ends the browser, and waits until it has.
func (b *Browser) Close() error {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	err := chromedp.Cancel(ctx)
	b.stop()
	return err
}
