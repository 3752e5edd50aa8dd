package browser

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// View is how a page is looked at.
type View struct {
	Width, Height int     // px
	Scale         float64 // device pixels per px, 1 if not set
	Dark          bool    // the reader prefers dark pages
	Paper         bool    // the page is styled for printing
	Touch         bool    // fingers instead of a mouse
	NoScripts     bool    // the scripts of the page do not run
}

// patience is how long a single step may take.
const patience = 3 * time.Minute

// Tab is an open page, and what it has done since it was opened.
type Tab struct {
	ctx   context.Context
	close context.CancelFunc

	mu       sync.Mutex
	requests []string
	messages []string
}

// Open opens a page, given as a file or a URL, and returns when it is loaded.
func (b *Browser) Open(page string, v View) (*Tab, error) {
	if !strings.Contains(page, "://") {
		file, err := filepath.Abs(page)
		if err != nil {
			return nil, err
		}
		page = (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
	}
	t := &Tab{}
	t.ctx, t.close = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext()) // of its own, so that tabs do not wait for the focus
	if err := t.load(page, v); err != nil {
		t.Close()
		return nil, fmt.Errorf("open %s: %w", page, err)
	}
	return t, nil
}

func (t *Tab) load(page string, v View) error {
	if err := chromedp.Do(t.ctx); err != nil { // without a time limit, which would be that of the tab
		return err
	}
	if err := chromedp.Listen(t.ctx, t.hear); err != nil {
		return err
	}
	if err := t.Look(v); err != nil {
		return err
	}
	return t.do(
		act(network.Enable, network.EnableParams{}),
		act(runtime.Enable, cdp.Empty{}),
		act(log.Enable, cdp.Empty{}),
		chromedp.Navigate(page),
	)
}

// Look changes how the page is looked at, without loading it again.
func (t *Tab) Look(v View) error {
	if v.Scale == 0 {
		v.Scale = 1
	}
	scheme, media := "light", ""
	if v.Dark {
		scheme = "dark"
	}
	if v.Paper {
		media = "print"
	}
	return t.do(
		act(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: int64(v.Width), Height: int64(v.Height), DeviceScaleFactor: v.Scale, Mobile: v.Touch}),
		act(emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: v.Touch}),
		act(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
		act(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v.NoScripts}),
		act(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
	)
}

// act makes an action of a command without a result.
func act[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, command, params)
		return err
	})
}

// do runs actions within the time that a step may take.
func (t *Tab) do(actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// hear notes what the page does that somebody could object to.
func (t *Tab) hear(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		t.requests = append(t.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		t.messages = append(t.messages, "exception: "+text)
	case *runtime.EventConsoleAPICalled:
		t.messages = append(t.messages, fmt.Sprintf("console: %s", e.Type))
	case *log.EventEntryAdded:
		t.messages = append(t.messages, fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text))
	}
}

// Requests returns the URLs that the page has asked for, itself included, and data URLs, which stand in it, not.
func (t *Tab) Requests() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []string
	for _, r := range t.requests {
		if !strings.HasPrefix(r, "data:") {
			list = append(list, r)
		}
	}
	return list
}

// Messages returns what stands in the console: errors, offences against the page's policy, and all that scripts print.
func (t *Tab) Messages() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.messages...)
}

// Close closes the page.
func (t *Tab) Close() { t.close() }
