package pipeline

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"flowsweep/experiments"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/table"
)

// printJSON prints v, indented, and a newline.
func printJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// printTable prints the named columns of the rows in this order, the first of which is the key of a row, within the width of
// the terminal if w is one.
func printTable(w io.Writer, t table.Table, columns []string, order []int) error {
	return t.Print(w, columns, order, widthOf(w))
}

// widthOf returns the width of the terminal that w writes to, or 0 if there is none.
func widthOf(w io.Writer) int {
	if c, ok := w.(*checkedWriter); ok {
		w = c.w
	}
	if f, ok := w.(*os.File); ok {
		return table.Width(f)
	}
	return 0
}

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

// confirm asks the question on a terminal. If there is none to read the answer from, it returns refusal as a usage error; if the answer is not yes,
// declined.
func (a *app) confirm(question, refusal, declined string, yes bool) error {
	if yes {
		return nil
	}
	in, ok := a.stdin.(*os.File)
	if !ok || !sweep.IsTerminal(in) || a.specRead {
		return usage(errors.New(refusal))
	}
	fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(in).ReadString('\n')
	if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y") {
		return usage(errors.New(declined))
	}
	return nil
}
