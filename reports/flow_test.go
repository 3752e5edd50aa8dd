package reports

import (
	"strings"
	"testing"

	"flowsweep/reports/motion"
)

// TestFlow: a page shows the flow if it has one, as a store of an earlier version has not, and nothing leads to a section that is not there.
func TestFlow(t *testing.T) {
	t.Parallel()
	p := fullPage(t)
	shown := []string{`<section id="flow">`, `href="#flow"`, "Paths from noise to data", "by 4 % at t = 0", `class="drawings moments pairs"`, ") carries noise at t = 0"}
	for range 2 {
		html := render(t, p)
		for _, text := range shown {
			if has := strings.Contains(html, text); has != (p.Flow != nil) {
				t.Errorf("with a flow %t: %q is there: %t", p.Flow != nil, text, has)
			}
		}
		if strings.Contains(html, `type="range"`) {
			t.Error("the slider is there without scripts, which it needs")
		}
		p.Flow = nil
	}
}

// TestFlowOfImages: images on their way are a row for each time.
func TestFlowOfImages(t *testing.T) {
	t.Parallel()
	p := fullPage(t)
	pixels := [][]byte{{0, 255}, {0, 255}, {0, 255}, {0, 255}, {0, 255}}
	p.Flow = &motion.Flow{Images: &motion.Images{Shape: []int{1, 1, 2}, High: 10, Pixels: [][][]byte{pixels, pixels}}}
	html := render(t, p)
	for _, text := range []string{"Images on their way from noise to data", "2 images of the chosen net at five times", ">t = 0.75</text>", `<th scope="col" class="n">mean of the pixels</th>`, `<td class="n">0.75</td><td class="n">5.00</td>`} {
		if !strings.Contains(html, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if strings.Contains(html, `class="way"`) {
		t.Error("images have paths")
	}
}
