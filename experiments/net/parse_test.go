package net

import (
	"fmt"
	"testing"
)

// TestParseReadsWhatStringWrites goes through every architecture and activation; a text that is off by a word is refused.
func TestParseReadsWhatStringWrites(t *testing.T) {
	t.Parallel()
	for _, a := range Architectures {
		for _, act := range Activations {
			n := Spec{Architecture: a, Width: 12, Depth: 3, Activation: act}.On(2)
			if a.Heads {
				n.Heads = 4
			}
			if n.Check() != nil {
				n.Shape = []int{3, 8, 8}
			}
			if n.Check() != nil {
				continue
			}
			got, err := Parse(n.String())
			if err != nil || fmt.Sprint(got) != fmt.Sprint(n) || got.Size() != n.Size() {
				t.Errorf("%s is read as %s (%v)", n, got, err)
			}
			for _, bad := range []string{n.String() + " ", "x" + n.String(), n.String() + ", relu", "", n.Architecture.Name} {
				if _, err := Parse(bad); err == nil {
					t.Errorf("%q passes", bad)
				}
			}
		}
	}
}
