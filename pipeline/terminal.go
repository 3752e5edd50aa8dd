package pipeline

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/sweep"
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

// printTable prints the named columns with shortened numbers.
func printTable(w io.Writer, t ship.Table, columns []string, order []int) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range columns {
		fmt.Fprint(tw, problem.Printable(heading(c)), "\t")
	}
	fmt.Fprintln(tw)
	for _, i := range order {
		for _, c := range columns {
			cell := t.Cells[i][c]
			if x, err := strconv.ParseFloat(cell, 64); err == nil && strings.ContainsAny(cell, ".e") {
				cell = strconv.FormatFloat(x, 'g', 4, 64)
			}
			fmt.Fprint(tw, problem.Printable(cell), "\t")
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}

// heading returns the short name of a column.
func heading(column string) string {
	if strings.HasPrefix(column, "metrics_p.") {
		return "p"
	}
	return strings.TrimPrefix(column, "metrics.")
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
