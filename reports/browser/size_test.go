package browser_test

import (
	"fmt"
	"testing"

	"flowsweep/reports/browser"
)

// small is a function that returns the drawn texts which a reader gets in less than a size, in px, and the size of the smallest.
const small = `(least) => {
  const found = new Map();
  let smallest = Infinity;
  for (const text of document.querySelectorAll("svg text")) {
    if (!text.checkVisibility({ visibilityProperty: true }) || text.closest("[aria-hidden=true]")) continue;
    const matrix = text.getScreenCTM(), size = parseFloat(getComputedStyle(text).fontSize) * Math.hypot(matrix.a, matrix.b);
    smallest = Math.min(smallest, size);
    if (size < least) found.set(text.closest("section").id, size.toFixed(1) + " px: " + text.textContent);
  }
  return { Smallest: smallest, Small: [...found].map(([id, text]) => "#" + id + " " + text) };
}`

type sizes struct {
	Smallest float64
	Small    []string
}

// TestDrawnTextsAreLarge checks that the texts of drawings, which shrink with the window, can be read in a narrow one.
func TestDrawnTextsAreLarge(t *testing.T) {
	t.Parallel()
	for _, s := range sweeps {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			tab := open(t, s.page(t), browser.View{Width: 1440, Height: 900})
			for px, least := range map[int]float64{390: 7, 1440: 9} {
				look(t, tab, browser.View{Width: px, Height: 900})
				got := value[sizes](t, tab, fmt.Sprintf("(%s)(%g)", small, least))
				if len(got.Small) > 0 {
					t.Errorf("in a window of %d px the smallest text is of %.1f px, want %g: %q", px, got.Smallest, least, got.Small)
				}
			}
		})
	}
}

// TestSmallTextIsSeen checks that the size is that on the screen.
func TestSmallTextIsSeen(t *testing.T) {
	t.Parallel()
	const page = `<body><section id="a"><svg viewBox="0 0 100 100" width="50"><text font-size="12">half</text><text font-size="20" y="50">ten</text><text visibility="hidden" font-size="1">none</text></svg></section>`
	got := value[sizes](t, openText(t, page, browser.View{Width: 390, Height: 844}), fmt.Sprintf("(%s)(7)", small))
	if len(got.Small) != 1 || got.Small[0] != "#a 6.0 px: half" || got.Smallest != 6 {
		t.Errorf("got %+v", got)
	}
}
