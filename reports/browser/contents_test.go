package browser_test

import (
	"testing"

	"flowsweep/reports/browser"
)

// held is what a reader sees of the contents and of what is folded, far down the page.
type held struct {
	Top          float64 // of the contents, in the window
	Menu         bool    // they are a menu
	Links        int     // that are seen
	Marked, Says string  // where the reader is
	Folded       int     // sections that are folded, but for what the verdict folds of itself
	Rest         int     // captions of which the rest is seen
	Captions     int     // that have a rest
	Read         float64 // how far the text of the section below the contents' foot is
}

// later is an expression of what holds once the page has come to rest.
const later = `new Promise((done) => setTimeout(() => done(` + holding + `), 200))`

const holding = `(() => {
  const nav = document.querySelector("nav"), box = nav.getBoundingClientRect(), seen = (e) => e.getClientRects().length > 0 && e.checkVisibility({ contentVisibilityAuto: true });
  const menu = nav.querySelector("summary"), rest = [...document.querySelectorAll("figcaption .rest")];
  const current = nav.querySelector("[aria-current]"), section = document.querySelector(location.hash || "#verdict");
  return {
    Top: box.top, Menu: seen(menu), Links: [...nav.querySelectorAll("a")].filter(seen).length,
    Marked: current ? current.hash : "", Says: menu.textContent,
    Folded: [...document.querySelectorAll("section:not(#verdict) > .fold")].filter((f) => !seen(f.lastElementChild)).length,
    Rest: rest.filter((r) => seen(r.lastElementChild)).length,
    Captions: rest.length, Read: section.getBoundingClientRect().top - box.bottom,
  };
})()`

// TestContents: the contents stay in view, say where the reader is, and lead to sections, which unfold; captions are folded in narrow
// windows only, and nothing is on paper.
func TestContents(t *testing.T) {
	t.Parallel()
	wide, narrow := browser.View{Width: 1280, Height: 800}, browser.View{Width: 390, Height: 844}
	tab := open(t, sweeps[0].page(t), wide)
	first := value[held](t, tab, later)
	if first.Menu || first.Links < 12 || first.Marked != "#verdict" || first.Folded != 3 || first.Captions < 3 || first.Rest != first.Captions {
		t.Errorf("at first, in a wide window: %+v", first)
	}
	if err := tab.Click(`nav a[href="#method"]`); err != nil {
		t.Fatal(err)
	}
	far := value[held](t, tab, later)
	if far.Top != 0 || far.Marked != "#method" || far.Folded != 2 || far.Read < 0 || far.Read > 60 {
		t.Errorf("led to the method: %+v, want the contents on top, the section below them and unfolded", far)
	}
	look(t, tab, narrow)
	small := value[held](t, tab, later)
	if small.Top != 0 || !small.Menu || small.Links != 0 || small.Rest != 0 || small.Captions != first.Captions {
		t.Errorf("in a narrow window: %+v, want a menu, captions folded", small)
	}
	if err := tab.Click("nav summary"); err != nil {
		t.Fatal(err)
	}
	if opened := value[held](t, tab, later); opened.Links != first.Links {
		t.Errorf("the menu has %d links, want %d", opened.Links, first.Links)
	}
	if err := tab.Click(`nav a[href="#onnx"]`); err != nil {
		t.Fatal(err)
	}
	if led := value[held](t, tab, later); led.Top != 0 || led.Links != 0 || led.Folded != 1 || led.Says != "ContentsONNX" || led.Read < 0 || led.Read > 60 {
		t.Errorf("led by the menu: %+v, want it closed, the section below it and unfolded", led)
	}
	look(t, tab, browser.View{Width: paperWidth, Height: 1000, Paper: true})
	if paper := value[held](t, tab, later); paper.Folded != 0 || paper.Rest != first.Captions {
		t.Errorf("on paper: %+v, want nothing folded", paper)
	}
}

// TestContentsWithoutScripts: links lead to their sections, which the reader unfolds.
func TestContentsWithoutScripts(t *testing.T) {
	t.Parallel()
	tab := open(t, sweeps[0].page(t), browser.View{Width: 1280, Height: 800, NoScripts: true})
	value[bool](t, tab, `document.querySelector('nav a[href="#method"]').click(), document.querySelector("#method summary").click(), true`)
	if got := value[held](t, tab, holding); got.Top != 0 || got.Links < 12 || got.Folded != 2 || got.Rest != got.Captions {
		t.Errorf("without scripts: %+v", got)
	}
}
