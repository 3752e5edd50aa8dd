package reports

import (
	"strings"
	"testing"
	"time"
)

// large returns the page of a sweep of so many nets, numbers of steps and seeds, with four solvers.
func large(tb testing.TB, nets, steps, seeds int) Page {
	tb.Helper()
	text := strings.NewReplacer("[32, 128]", numbers(8, nets), "[1, 2, 4, 8, 16]", numbers(1, steps), "seeds: 3", "seeds: "+strings.Trim(numbers(seeds, 1), "[]")).Replace(twoMoons)
	return pageOf(tb, sweepOf(tb, parse(tb, text)))
}

// TestLargePages: pages of a thousand runs, of few and of many settings, are made in moments and small enough to send.
func TestLargePages(t *testing.T) {
	for name, p := range map[string]Page{"200 settings": large(t, 10, 5, 5), "1,000 settings": large(t, 25, 10, 1)} {
		start := time.Now()
		html, err := Render(p)
		took := time.Since(start)
		if err != nil || len(p.Sweep.Results) != 1000 {
			t.Fatal(len(p.Sweep.Results), err)
		}
		t.Logf("1,000 runs of %s: %d bytes in %v", name, len(html), took)
		if len(html) > 5<<20 || took > 10*time.Second { // half a second on a free core
			t.Errorf("1,000 runs of %s: %d bytes in %v, want at most 5 MiB, in moments", name, len(html), took)
		}
	}
}

// BenchmarkRender makes pages of 1,000 and of 10,000 runs.
func BenchmarkRender(b *testing.B) {
	for name, p := range map[string]Page{"1,000 runs": large(b, 10, 5, 5), "10,000 runs": large(b, 50, 10, 5)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				html, err := Render(p)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(html)), "bytes")
			}
		})
	}
}
