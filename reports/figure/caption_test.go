package figure

import (
	"strings"
	"testing"
)

// TestLead checks where captions are folded: after the first sentence, not after an abbreviation, and not for a line or two.
func TestLead(t *testing.T) {
	t.Parallel()
	long := "Bars are intervals. " + strings.Repeat("It goes on. ", 12)
	for name, c := range map[string]struct{ caption, lead string }{
		"one sentence":    {"Mean mmd over the seeds.", "Mean mmd over the seeds."},
		"short":           {"Mean mmd. Bars are intervals.", "Mean mmd. Bars are intervals."},
		"long":            {"Mean mmd of 0.5. " + long, "Mean mmd of 0.5. "},
		"an abbreviation": {"Grids, i. e. times. " + long, "Grids, i. e. times. "},
		"no space":        {strings.Repeat("a.B", 100), strings.Repeat("a.B", 100)},
		"empty":           {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := Figure{Caption: c.caption}
			if f.Lead() != c.lead || f.Lead()+f.Rest() != c.caption {
				t.Errorf("the lead is %q, the rest %q; want the lead %q", f.Lead(), f.Rest(), c.lead)
			}
		})
	}
}
