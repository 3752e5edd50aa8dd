package main

import (
	"bytes"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// TestSweepsAtOnce: of several processes that sweep the same at once, all end well, and each fit and run is done once.
func TestSweepsAtOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 4} {
		s := &soak{T: t, dir: t.TempDir(), acked: map[string]string{}}
		s.spec(2)
		type process struct {
			*exec.Cmd
			said *bytes.Buffer
		}
		var all []process
		for range n {
			cmd, said := s.sweep("runs.db")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			all = append(all, process{cmd, said})
		}
		trained, sampled, times := 0, 0, map[string]int{}
		for _, p := range all {
			if err := p.Wait(); err != nil {
				t.Errorf("%d at once: %v: %s", n, err, p.said)
			}
			for _, m := range regexp.MustCompile(`\((\d+) to train\) and \d+ runs \((\d+) to sample\)`).FindAllStringSubmatch(p.said.String(), -1) {
				fits, _ := strconv.Atoi(m[1]) // digits
				runs, _ := strconv.Atoi(m[2])
				trained, sampled = trained+fits, sampled+runs
			}
			for _, m := range regexp.MustCompile(`(?m)^fit ([0-9a-f]{16}): .* loss`).FindAllStringSubmatch(p.said.String(), -1) {
				times[m[1]]++
			}
		}
		if trained != 2 || sampled != 8 || len(times) != 2 {
			t.Errorf("%d at once train %d fits (%v) and sample %d runs, want 2 and 8", n, trained, times, sampled)
		}
		for fit, k := range times {
			if k != 1 {
				t.Errorf("%d at once train fit %s %d times", n, fit, k)
			}
		}
		s.check("runs.db")
		if len(s.acked) != 8 {
			t.Errorf("%d at once leave %d finished runs, want 8", n, len(s.acked))
		}
	}
}
