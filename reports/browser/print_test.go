package browser_test

import (
	"bytes"
	"testing"

	"flowsweep/reports/browser"
)

// paperWidth is that of A4 without its margins, in px.
const paperWidth = 718

// printed is a function that returns what a printer would get of a page: its colours, and controls, which no reader of paper can use,
// but for headings and legends, which say something.
const printed = `(() => {
  const seen = (e) => e.checkVisibility({ visibilityProperty: true });
  const colours = [], all = [...document.documentElement.querySelectorAll("body, body *")];
  for (const e of all.filter(seen)) {
    const s = getComputedStyle(e);
    colours.push([s.color, s.backgroundColor, s.fill, s.stroke, s.borderTopColor].join(" "));
  }
  const controls = [...document.querySelectorAll("nav, button, input, select, [role=slider]")].filter(seen).filter((e) => !e.closest("th, .legend"));
  return { Colours: colours, Ground: getComputedStyle(document.body).backgroundColor, Controls: controls.map((e) => e.outerHTML.slice(0, 80)) };
})()`

type paper struct {
	Colours  []string
	Ground   string
	Controls []string
}

// TestPrint checks that paper is white and has the same colours in both modes, that controls are left out, that nothing is cut off at
// the right, and that pages can be printed.
func TestPrint(t *testing.T) {
	t.Parallel()
	for _, s := range sweeps {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			view := browser.View{Width: paperWidth, Height: 1000, Paper: true, Dark: true}
			tab := open(t, s.page(t), view)
			b := value[paper](t, tab, printed)
			view.Dark = false
			look(t, tab, view)
			a := value[paper](t, tab, printed)
			differ := 0
			for i := range a.Colours {
				if a.Colours[i] != b.Colours[i] {
					if differ++; differ == 1 {
						t.Errorf("in dark mode an element is printed in %q, else in %q", b.Colours[i], a.Colours[i])
					}
				}
			}
			if differ > 0 || len(a.Colours) != len(b.Colours) || a.Ground != "rgb(255, 255, 255)" {
				t.Errorf("%d of %d elements are printed differently in dark mode, on %s", differ, len(a.Colours), a.Ground)
			}
			if len(a.Controls) > 0 {
				t.Errorf("controls are printed: %q", a.Controls)
			}
			if got := value[width](t, tab, wide); got.Page > paperWidth || len(got.Out) > 0 {
				t.Errorf("the paper is %d px wide, what is printed %d, and out of it are %q", paperWidth, got.Page, got.Out)
			}
			pdf, err := tab.PDF()
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(pdf, []byte("/Type /Page\n")); !bytes.HasPrefix(pdf, []byte("%PDF-")) || n < 2 || n > 40 {
				t.Errorf("%d pages are printed, in %d bytes", n, len(pdf))
			}
		})
	}
}

// TestPrintingNotices checks that pages are told apart that print badly.
func TestPrintingNotices(t *testing.T) {
	t.Parallel()
	const bad = `<style>body { background: white; } @media (prefers-color-scheme: dark) { body { background: #111; color: #eee; } }</style><nav>way</nav><p>text</p><button>press</button>`
	light := value[paper](t, openText(t, bad, browser.View{Width: paperWidth, Height: 1000, Paper: true}), printed)
	dark := value[paper](t, openText(t, bad, browser.View{Width: paperWidth, Height: 1000, Paper: true, Dark: true}), printed)
	if len(light.Controls) != 2 || light.Ground != "rgb(255, 255, 255)" || dark.Ground != "rgb(17, 17, 17)" || light.Colours[0] == dark.Colours[0] {
		t.Errorf("light %+v, dark %+v", light, dark)
	}
}
