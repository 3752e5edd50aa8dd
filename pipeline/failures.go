package pipeline

import (
	"context"
	"fmt"

	"flowsweep/experiments"
)

// mostListed is how many failures are listed where all would fill the screen.
const mostListed = 20

// sayAgain says which of the fits and runs that are left failed before, and why.
func (a *app) sayAgain(ctx context.Context, s *sweeper, left work) error {
	var lines []string
	for _, t := range left.fits {
		if t.state == experiments.Failed {
			f, err := s.db.Fit(ctx, t.fit.Key)
			if err != nil {
				return err
			}
			lines = append(lines, fmt.Sprintf("fit %s: %s, seed %d: %s", t.fit.Key, s.labels[t.fit.Key], t.fit.Seed, f.Error))
		}
		for _, key := range t.failed {
			r, err := s.db.Run(ctx, key)
			if err != nil {
				return err
			}
			lines = append(lines, fmt.Sprintf("run %s: %s", key, r.Error))
		}
	}
	if len(lines) > 0 {
		a.list(fmt.Sprintf("%d failed before and are done again:", len(lines)), lines)
	}
	return nil
}

// sayFailures lists what failed in this sweep, after all that was said meanwhile.
func (a *app) sayFailures(failures []string) {
	if len(failures) > 0 {
		a.list(fmt.Sprintf("%d failed; `flowsweep show KEY` tells more, and `--retry-failed` does just these again:", len(failures)), failures)
	}
}

// list prints a title and lines, or the first of them.
func (a *app) list(title string, lines []string) {
	fmt.Fprintln(a.stderr, title)
	for _, line := range lines[:min(mostListed, len(lines))] {
		fmt.Fprintln(a.stderr, "  "+clean(line))
	}
	if more := len(lines) - mostListed; more > 0 {
		fmt.Fprintf(a.stderr, "  and %d more: see `flowsweep runs --where 'state = \"failed\"'`\n", more)
	}
}
