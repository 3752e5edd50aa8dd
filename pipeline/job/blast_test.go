package job

import (
	"math"
	"testing"
)

func TestBlast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		batch  int
		losses []float64
		at     int // the step at which it explodes; 0 for none
		says   string
	}{
		{"falls", 256, []float64{2, 1, .5, .25}, 0, ""},
		{"1,000 times", 256, []float64{2, 2000, 1999}, 0, ""},
		{"more than 1,000 times", 256, []float64{2, 1, 2001, 1}, 3, "2e+03, more than 1,000 times the 2 of its start,"},
		{"NaN", 256, []float64{2, math.NaN()}, 2, "NaN"},
		{"infinite at once", 1, []float64{math.Inf(1)}, 1, "+Inf"},
		{"one small loss of small batches", 32, []float64{1e-5, 1, 2, 3}, 0, ""},
		{"small batches", 32, []float64{1, 3, 1e5, 3, 1, 1}, 4, "5e+04, more than 1,000 times the 2 of its start,"},
		{"a loss of 0", 256, []float64{0, 1, 5, 1001}, 4, "1e+03, more than 1,000 times the 1 of its start,"},
	} {
		b := newBlast(c.batch)
		at, says := 0, ""
		for i, loss := range c.losses {
			if says = b.check(i+1, loss); says != "" {
				at = i + 1
				break
			}
		}
		if at != c.at || says != c.says {
			t.Errorf("%s: explodes at %d, %q, want %d, %q", c.name, at, says, c.at, c.says)
		}
	}
}

// TestBlastGoesOn: a block that is interrupted is not compared, and the start is that of the checkpoint.
func TestBlastGoesOn(t *testing.T) {
	t.Parallel()
	b := newBlast(32)
	b.start = 1
	for i, loss := range []float64{1e5, 1, 1, 1e5} { // of the steps 4 to 7
		if says := b.check(4+i, loss); says != "" {
			t.Errorf("step %d: %q", 4+i, says)
		}
	}
	if says := b.check(8, 1); says == "" {
		t.Error("a mean of 50,000 does not count as exploded after a start of 1")
	}
}
