package sheet

import (
	"slices"
	"testing"
)

// moveAlong plays with the slider of a page with two paths, one in each of two drawings, and leaves in the page where the dots are. Frames
// come when the test wants them.
const moveAlong = `
const frames = [];
window.requestAnimationFrame = (f) => frames.push(f);
window.cancelAnimationFrame = () => { frames.length = 0; };
flowsweep.refresh();
flowsweep.refresh();
const got = { controls: document.querySelectorAll(".slide").length, dots: [], texts: [] };
const slider = document.querySelector(".slide input"), play = document.querySelector(".slide button");
const note = () => {
  got.dots.push([...document.querySelectorAll("circle.now")].map((c) => c.getAttribute("cx") + " " + c.getAttribute("cy")).join(", "));
  got.texts.push(slider.getAttribute("aria-valuetext") + " " + document.querySelector(".slide output").textContent + " " + play.textContent);
};
note();
for (const t of ["0.25", "0.5", "1"]) {
  slider.value = t;
  slider.dispatchEvent(new Event("input"));
  note();
}
play.click();
frames.shift()(1000); // starts again from 0
note();
frames.shift()(3500);
note();
play.click();
got.left = frames.length;
note();
play.click();
frames.shift()(0);
frames.shift()(9000); // past the end
got.left += frames.length;
note();
got.named = slider.labels.length;
document.body.textContent = "BEGIN" + JSON.stringify(got) + "END";
`

// TestSlider: points are where their paths are at the time of the slider, between two vertices too, and play moves them from 0 to 1.
func TestSlider(t *testing.T) {
	t.Parallel()
	page := `<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><main><section id="flow"><div class="drawings">` +
		`<svg><path class="way" stroke="red" d="M0 0L10 20L20 -1e+01"/></svg><svg><path class="way" stroke="red" d="M1 1L1 1L1 5"/></svg></div></section></main><script>` +
		joined("start", "flow") + moveAlong + `</script></body></html>`
	var got struct {
		Controls, Left, Named int
		Dots, Texts           []string
	}
	answer(t, page, &got)
	if got.Controls != 1 || got.Left != 0 || got.Named != 1 {
		t.Errorf("%d sliders with %d labels; %d frames are left after a pause and at the end", got.Controls, got.Named, got.Left)
	}
	if want := []string{
		"0.0 0.0, 1.0 1.0", "5.0 10.0, 1.0 1.0", "10.0 20.0, 1.0 1.0", "20.0 -10.0, 1.0 5.0",
		"0.0 0.0, 1.0 1.0", "10.0 20.0, 1.0 1.0", "10.0 20.0, 1.0 1.0", "20.0 -10.0, 1.0 5.0",
	}; !slices.Equal(got.Dots, want) {
		t.Errorf("the dots are at\n%q, want\n%q", got.Dots, want)
	}
	if want := []string{
		"t = 0.00 0.00 Play", "t = 0.25 0.25 Play", "t = 0.50 0.50 Play", "t = 1.00 1.00 Play",
		"t = 0.00 0.00 Pause", "t = 0.50 0.50 Pause", "t = 0.50 0.50 Play", "t = 1.00 1.00 Play",
	}; !slices.Equal(got.Texts, want) {
		t.Errorf("the slider says\n%q, want\n%q", got.Texts, want)
	}
}

// TestNoSliderWithoutPaths: a page without paths has no slider.
func TestNoSliderWithoutPaths(t *testing.T) {
	t.Parallel()
	page := `<!DOCTYPE html><html><head></head><body><main><section id="flow"><svg><path d="M0 0"/></svg></section></main><script>` + joined("start", "flow", "end") +
		`const n = document.querySelectorAll(".slide").length; document.body.textContent = "BEGIN" + n + "END";</script></body></html>`
	var got int
	if answer(t, page, &got); got != 0 {
		t.Errorf("%d sliders", got)
	}
}
