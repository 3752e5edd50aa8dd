package browser_test

import (
	"fmt"
	"testing"

	"flowsweep/reports/browser"
)

// wide is a function that returns how wide a page is, and what leaves the window though nothing lets a reader scroll to it.
const wide = `(() => {
  const width = document.documentElement.clientWidth, out = new Set();
  const scrolls = (e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  for (const e of document.body.querySelectorAll("*")) {
    if (!e.checkVisibility() || e.closest("svg") && !(e instanceof SVGSVGElement)) continue;
    const box = e.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || box.right <= width + 1 && box.left >= -1) continue;
    let inside = false;
    for (let p = e.parentElement; p; p = p.parentElement) inside ||= scrolls(p);
    if (!inside) out.add(e.tagName.toLowerCase() + "." + e.className + " ends at " + Math.round(box.right));
  }
  return { Page: document.documentElement.scrollWidth, Length: document.documentElement.scrollHeight, Out: [...out].slice(0, 5) };
})()`

type width struct {
	Page, Length int
	Out          []string
}

// longest is how long a page may be in a window of 390 px.
const longest = 14_000

// TestWidth checks that pages fit in narrow and wide windows, folded and unfolded, and that what is wider than a narrow one can be
// scrolled by itself. It also checks how long narrow ones are.
func TestWidth(t *testing.T) {
	t.Parallel()
	for _, s := range sweeps {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			tab := open(t, s.page(t), browser.View{Width: 1440, Height: 900})
			for _, state := range []string{"folded", "unfolded"} {
				for _, px := range []int{360, 390, 1440} {
					look(t, tab, browser.View{Width: px, Height: 900, Touch: px < 1000})
					got := value[width](t, tab, wide)
					if got.Page > px || len(got.Out) > 0 {
						t.Errorf("%s, a window of %d px: the page is %d px wide, and out of it are %q", state, px, got.Page, got.Out)
					}
					if state == "folded" && px == 390 && got.Length > longest {
						t.Errorf("the page is %d px long at a width of %d, want at most %d", got.Length, px, longest)
					}
					t.Logf("%s %d px long at a width of %d", state, got.Length, px)
				}
				unfold(t, tab)
			}
		})
	}
}

// TestWidthIsSeen checks that what leaves the window is found, also where the page hides that it is there.
func TestWidthIsSeen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		out  int
	}{
		"fits":     {`<div style="width: 300px">a</div>`, 0},
		"scrolls":  {`<div style="overflow-x: auto"><div style="width: 900px">a</div></div>`, 0},
		"too wide": {`<div style="width: 500px">a</div>`, 1},
		"cut off":  {`<div style="overflow: hidden"><div style="width: 500px">a</div></div>`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := openText(t, `<!DOCTYPE html><meta name="viewport" content="width=device-width"><body>`+c.body, browser.View{Width: 390, Height: 844})
			got := value[width](t, tab, wide)
			if len(got.Out) != c.out || (got.Page > 390) != (name == "too wide") {
				t.Errorf("got %+v, want %d elements out of the window", got, c.out)
			}
		})
	}
}

// TestFocus walks through pages by the Tab key: whatever gets the focus shows that it has it, and the walk comes to an end.
func TestFocus(t *testing.T) {
	t.Parallel()
	for _, s := range sweeps[:2] {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			tab := open(t, s.page(t), browser.View{Width: 1440, Height: 900})
			for _, dark := range []bool{false, true} {
				look(t, tab, browser.View{Width: 1440, Height: 900, Dark: dark})
				steps, blind := walk(t, tab, 600)
				if len(blind) > 0 {
					t.Errorf("dark %t: the focus cannot be seen on %q", dark, blind)
				}
				if steps < 20 || steps == 600 {
					t.Errorf("dark %t: %d steps by the Tab key", dark, steps)
				}
			}
		})
	}
}

// walk presses Tab until the focus leaves the page, at most so many times. It returns the number of stops, and those where an outline
// is missing or has less contrast than 3:1.
func walk(t *testing.T, tab *browser.Tab, most int) (steps int, blind []string) {
	t.Helper()
	value[bool](t, tab, "document.body.focus(), true")
	const look = `(() => {%s
  const e = document.activeElement;
  if (!e || e === document.body) return { Gone: true };
  const style = getComputedStyle(e), width = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  const enough = width >= 2 && contrast.ratio(contrast.parse(style.outlineColor), contrast.ground(e.parentElement)) >= 3;
  return { Blind: enough ? "" : e.outerHTML.slice(0, 90), Again: e === window.firstStop || !(window.firstStop ??= e) };
})()`
	for ; steps < most; steps++ {
		if err := tab.Press("\t"); err != nil {
			t.Fatal(err)
		}
		at := value[struct {
			Gone, Again bool
			Blind       string
		}](t, tab, fmt.Sprintf(look, contrast))
		if at.Gone || at.Again && steps > 0 {
			break
		}
		if at.Blind != "" {
			blind = append(blind, at.Blind)
		}
	}
	return steps, blind
}

// TestBlindFocusIsSeen checks that stops without an outline, or with a pale one, are found.
func TestBlindFocusIsSeen(t *testing.T) {
	t.Parallel()
	tab := openText(t, `<body style="background: white"><style>a, button { outline: none } a:focus-visible { outline: 2px solid black }</style>
<a href="#a">fine</a><button>none</button><a href="#b" style="outline: 2px solid #ddd">pale</a>`, browser.View{Width: 390, Height: 844})
	steps, blind := walk(t, tab, 20)
	if steps != 3 || len(blind) != 2 {
		t.Errorf("%d stops, blind %q, want 3 and 2", steps, blind)
	}
}
