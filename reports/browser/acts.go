package browser

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Eval returns the value of an expression in the page, whose promise it awaits. The page's policy does not bind it, and it runs
// where the page's own scripts do not.
func Eval[T any](t *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Apply returns what a function in JavaScript makes of arguments, which are passed as JSON.
func Apply[T any](t *Tab, function string, args ...any) (T, error) {
	text, err := json.Marshal(args)
	if err != nil {
		var none T
		return none, err
	}
	return Eval[T](t, fmt.Sprintf("(%s)(...%s)", function, text))
}

// place is a point of the window.
type place struct{ X, Y float64 }

// middle scrolls to the first element that a selector finds, and returns where its middle is.
func (t *Tab) middle(selector string) (place, error) {
	at, err := Apply[*place](t, `async (selector) => {
		const element = document.querySelector(selector);
		if (!element) return null;
		element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
		await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
		const box = element.getBoundingClientRect();
		return { X: box.x + box.width / 2, Y: box.y + box.height / 2 };
	}`, selector)
	if err != nil {
		return place{}, err
	}
	if at == nil {
		return place{}, fmt.Errorf("nothing is %s", selector)
	}
	return *at, nil
}

// Click clicks on the first element that a selector finds.
func (t *Tab) Click(selector string) error {
	at, err := t.middle(selector)
	if err != nil {
		return err
	}
	return t.do(chromedp.MouseClickXY(at.X, at.Y))
}

// Hover moves the mouse to the first element that a selector finds.
func (t *Tab) Hover(selector string) error {
	at, err := t.middle(selector)
	if err != nil {
		return err
	}
	return t.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y))
}

// Tap touches the first element that a selector finds.
func (t *Tab) Tap(selector string) error {
	at, err := t.middle(selector)
	if err != nil {
		return err
	}
	return t.do(chromedp.TapXY(at.X, at.Y))
}

// Press presses keys one after the other: letters, and those of the package kb.
func (t *Tab) Press(keys string) error { return t.do(chromedp.KeyEvent(keys)) }

// Screenshot returns a part of the page as a PNG: so many px from a top on, as wide as the window.
func (t *Tab) Screenshot(top, height int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	width, err := Eval[float64](t, "innerWidth")
	if err != nil {
		return nil, err
	}
	beyond := true // the window
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: &beyond,
		Clip: &page.Viewport{Y: float64(top), Width: width, Height: float64(height), Scale: 1},
	})
	if err != nil {
		return nil, err
	}
	return shot.Data, nil
}

// PDF prints the page on A4.
func (t *Tab) PDF() ([]byte, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPrintBackground()))
}
