package browser_test

import (
	"math"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"flowsweep/reports/browser"
)

// slid is what the slider of the flow shows.
type slid struct {
	Says, Button string
	Dots         int
	FromStart    float64 // the largest distance of a dot from the start of its path, in px of the drawing
	FromEnd      float64
}

const slider = `(() => {
  const far = (kind) => [...document.querySelectorAll("#flow svg:has(.way)")].map((svg) => {
    const marks = [...svg.querySelectorAll("circle." + kind)], at = (c, name) => Number(c.getAttribute(name));
    return Math.max(...[...svg.querySelectorAll("circle.now")].map((c, i) => Math.hypot(at(c, "cx") - at(marks[i], "cx"), at(c, "cy") - at(marks[i], "cy"))));
  });
  return {
    Says: document.querySelector("#flow .slide input").getAttribute("aria-valuetext"), Button: document.querySelector("#flow .slide button").textContent,
    Dots: document.querySelectorAll("circle.now").length, FromStart: Math.max(...far("from")), FromEnd: Math.max(...far("to")),
  };
})()`

// TestSlider: keys move the points from the start of their paths to the end, of the net and of the exact velocity, and a button plays.
func TestSlider(t *testing.T) {
	t.Parallel()
	tab := open(t, sweeps[0].page(t), browser.View{Width: 1280, Height: 900})
	const rounding = .2 // of a place in a drawing
	first := value[slid](t, tab, slider)
	if first.Says != "t = 0.00" || first.Dots != 128 || first.FromStart > rounding || first.FromEnd < 10 {
		t.Errorf("at first: %+v, want 64 points of both at the start", first)
	}
	press := func(key string) slid {
		t.Helper()
		value[bool](t, tab, `document.querySelector("#flow .slide input").focus(), true`)
		if err := tab.Press(key); err != nil {
			t.Fatal(err)
		}
		return value[slid](t, tab, slider)
	}
	if one := press(kb.ArrowRight); one.Says != "t = 0.01" || one.FromStart == 0 || one.FromStart > 10 {
		t.Errorf("one key to the right: %+v", one)
	}
	if last := press(kb.End); last.Says != "t = 1.00" || last.FromEnd > rounding || math.Abs(last.FromStart-first.FromEnd) > 2*rounding {
		t.Errorf("at the end: %+v", last)
	}
	if err := tab.Click("#flow .slide button"); err != nil {
		t.Fatal(err)
	}
	const away = `new Promise((done) => { const look = () => { const s = ` + slider + `; if (s.FromEnd > 1 && s.FromStart > 10) done(s); else setTimeout(look, 20); }; look(); })`
	if plays := value[slid](t, tab, away); plays.Button != "Pause" {
		t.Errorf("while it plays: %+v", plays)
	}
	if stopped := press(kb.Home); stopped.Button != "Play" || stopped.Says != "t = 0.00" {
		t.Errorf("a key stops it: %+v", stopped)
	}
}
