package pipeline

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"flowsweep/experiments"
	"flowsweep/pipeline/sweep"
)

// confirmLarge asks before a very large sweep.
func (a *app) confirmLarge(plan experiments.Plan, yes bool) error {
	if plan.Runs() <= askAbove {
		return nil
	}
	name := plan.Spec.Name
	return a.confirm(fmt.Sprintf("%s has %d fits and %d runs. Start it?", name, len(plan.Fits), plan.Runs()),
		fmt.Sprintf("%s has %d runs, more than %d: use --yes to start it, or see `flowsweep plan`", name, plan.Runs(), askAbove),
		"nothing was started", yes)
}

// confirm asks the question on a terminal. If there is none, it returns refusal as a usage error; if the answer is not yes,
// declined.
func (a *app) confirm(question, refusal, declined string, yes bool) error {
	if yes {
		return nil
	}
	in, ok := a.stdin.(*os.File)
	if !ok || !sweep.IsTerminal(in) {
		return usage(errors.New(refusal))
	}
	fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(in).ReadString('\n')
	if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y") {
		return usage(errors.New(declined))
	}
	return nil
}
