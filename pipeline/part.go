package pipeline

import (
	"context"
	"fmt"
	"os"

	"flowsweep/pipeline/command"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/sweep"
)

// partOf returns the part of a sweep that --part names; the whole if it is empty.
func partOf(text string) (p sweep.Part, err error) {
	if text == "" {
		return p, nil
	}
	if p, err = sweep.ParsePart(text); err != nil {
		return p, command.Usage(fmt.Errorf("--part %w", err))
	}
	return p, nil
}

// nameMachine adds to a sweep that other machines share what this one is called and how it rounds.
func nameMachine(ctx context.Context, s *sweep.Sweep) (err error) {
	if s.Machine, err = os.Hostname(); err != nil {
		return fmt.Errorf("name this machine: %w", err)
	}
	s.Rounding, err = job.Rounding(ctx, s.Engine)
	return err
}

// printPart prints what to do once all parts are done, and returns the error that the part ends with.
func (a *app) printPart(s sweep.Sweep, path string, failures []string) error {
	fmt.Fprintf(a.Stdout, "part      %v of %s: %d of %d fits, in %s\n",
		s.Part, s.Plan.Spec.Name, len(s.Part.Of(s.Plan).Fits), len(s.Plan.Fits), a.DB)
	fmt.Fprintf(a.Stdout, "next      when all %d parts are done: flowsweep db merge FILE... with their stores, then flowsweep sweep %s\n", s.Part.N, path)
	return failuresError(failures)
}
