package sweep

import (
	"context"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
)

// maxListed is the largest number of failures to list.
const maxListed = 20

// listEarlierFailures lists the fits and runs to do that failed before, and why.
func (s *sweeper) listEarlierFailures(ctx context.Context) error {
	var lines []string
	for _, t := range s.left.fits {
		if t.state == experiments.Failed {
			f, err := s.DB.Fit(ctx, t.fit.Key)
			if err != nil {
				return err
			}
			lines = append(lines, fmt.Sprintf("fit %s: %s, seed %d: %s", t.fit.Key, s.labels[t.fit.Key], t.fit.Seed, f.Error))
		}
		for _, key := range t.failed {
			r, err := s.DB.Run(ctx, key)
			if err != nil {
				return err
			}
			lines = append(lines, fmt.Sprintf("run %s: %s", key, r.Error))
		}
	}
	if len(lines) > 0 {
		s.list(fmt.Sprintf("%d failed before and are done again:", len(lines)), lines)
	}
	return nil
}

// listFailures lists what failed in this sweep, at the end of its output.
func (s *sweeper) listFailures() {
	if n := len(s.failures); n > 0 {
		s.list(fmt.Sprintf("%d failed; `flowsweep show KEY` tells more, and `--retry-failed` does just these again:", n), s.failures)
	}
}

// list prints a title and at most maxListed lines.
func (s *sweeper) list(title string, lines []string) {
	fmt.Fprintln(s.Log, title)
	for _, line := range lines[:min(maxListed, len(lines))] {
		fmt.Fprintln(s.Log, "  "+problem.Printable(line))
	}
	if more := len(lines) - maxListed; more > 0 {
		fmt.Fprintf(s.Log, "  and %d more: see `flowsweep runs --where 'state = \"failed\"'`\n", more)
	}
}
