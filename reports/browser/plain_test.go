package browser_test

import (
	"slices"
	"strings"
	"testing"

	"flowsweep/reports/browser"
)

// bare is what a reader gets of a page.
type bare struct {
	Title    string
	Sections []struct {
		ID, Heading string
		Letters     int // of text that can be seen or unfolded
	}
	Bare     []string // figures that have drawings, and neither a table of numbers nor a sentence
	Controls []string // what can be seen and does nothing without scripts
}

// read is a function that reads a page, in which everything is unfolded.
const read = `(() => {
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  const bare = { Title: document.title, Sections: [], Bare: [], Controls: [] };
  for (const s of document.querySelectorAll("section")) bare.Sections.push({ ID: s.id, Heading: s.querySelector("h2")?.innerText ?? "", Letters: s.innerText.length });
  for (const f of document.querySelectorAll("figure")) {
    if (!f.querySelector("svg, img, canvas")) continue;
    const rows = [...f.querySelectorAll("tbody tr")].filter(seen).length;
    const caption = f.querySelector("figcaption")?.innerText ?? "";
    const elsewhere = (caption.includes("The numbers are in the table of samples and data") && document.querySelector("#samples figure tbody tr")) ||
      (caption.includes("The numbers are in the table of the pairs") && f.closest("section").querySelector("figure tbody tr")) ||
      (caption.includes("The numbers are in the leaderboard") && document.querySelector("#leaderboard tbody tr"));
    if (!(rows || elsewhere) || !caption.trim()) bare.Bare.push(f.innerText.slice(0, 60));
  }
  const work = "button, input, select, textarea, [role=slider], [role=button], [onclick], [contenteditable], output";
  for (const c of document.querySelectorAll(work)) if (seen(c)) bare.Controls.push(c.outerHTML.slice(0, 80));
  return bare;
})()`

// TestWithoutScripts checks that without scripts each section says what it says with them, that each figure has its numbers, and that
// nothing can be seen that would do something only with scripts.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	for _, s := range sweeps {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			page := s.page(t)
			view := browser.View{Width: 1440, Height: 900}
			with := value[bare](t, open(t, page, view), read)
			view.NoScripts = true
			without := value[bare](t, open(t, page, view), read)
			if len(without.Sections) < 8 || len(without.Sections) < len(with.Sections) {
				t.Errorf("%d sections without scripts, %d with them", len(without.Sections), len(with.Sections))
			}
			for i, section := range without.Sections {
				if section.Heading == "" || section.Letters < 40 || i < len(with.Sections) && section.Letters < with.Sections[i].Letters*9/10 { // controls are texts, too
					t.Errorf("without scripts a section is %+v, with them %+v", section, with.Sections[i])
				}
			}
			if len(without.Bare) > 0 {
				t.Errorf("figures without numbers or a caption: %q", without.Bare)
			}
			if len(without.Controls) > 0 {
				t.Errorf("dead without scripts: %q", without.Controls)
			}
		})
	}
}

// TestReadingNotices checks that a page which needs scripts is told from one that does not.
func TestReadingNotices(t *testing.T) {
	t.Parallel()
	const page = `<title>made by a script</title><section id="a"><h2>Heading</h2><p>text</section><section id="b"></section><figure><svg></svg><figcaption>no numbers</figcaption></figure>
<button hidden>gone</button><button>dead</button><script>document.title = "ran"; document.getElementById("b").innerHTML = "<h2>By a script</h2>";</script>`
	got := value[bare](t, openText(t, page, browser.View{Width: 390, Height: 844, NoScripts: true}), read)
	if got.Title != "made by a script" || len(got.Sections) != 2 || got.Sections[1].Heading != "" || len(got.Bare) != 1 {
		t.Errorf("got %+v", got)
	}
	if len(got.Controls) != 1 || !strings.Contains(got.Controls[0], "dead") {
		t.Errorf("dead controls: %q", got.Controls)
	}
	got = value[bare](t, openText(t, page, browser.View{Width: 390, Height: 844}), read)
	if got.Title != "ran" || !slices.ContainsFunc(got.Sections, func(s struct {
		ID, Heading string
		Letters     int
	},
	) bool {
		return s.Heading == "By a script"
	}) {
		t.Errorf("with scripts: %+v", got)
	}
}
