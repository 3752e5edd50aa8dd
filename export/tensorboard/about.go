package tensorboard

import (
	"fmt"
	"strconv"
	"strings"

	"flowsweep/export/tracked"
)

// aboutRun returns what a run is, as a table in Markdown. It has the metrics with all their digits.
func aboutRun(s tracked.Sweep, setting tracked.Setting, r tracked.Run) string {
	var b strings.Builder
	b.WriteString("| | |\n| --- | --- |\n")
	row := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", name, inCell.Replace(text))
		}
	}
	row("run", r.Key)
	row("fit", r.Fit)
	row("sweep", s.Name)
	row("setting", setting.Label)
	if setting.Chosen != "" {
		row("chosen", "its setting is the sweep's choice")
	}
	row("seed", strconv.FormatUint(r.Seed, 10))
	row("state", r.State)
	row("error", r.Error)
	row("tags", strings.Join(r.Tags, ", "))
	row("note", r.Note)
	for _, m := range r.Metrics {
		row(m.Name, strconv.FormatFloat(m.Value, 'g', -1, 64))
	}
	for _, p := range append(append([]tracked.Param{}, setting.Params...), r.Environment...) {
		row(p.Name, fmt.Sprint(p.Value))
	}
	return b.String()
}

// inCell makes a text one that can stand in a cell.
var inCell = strings.NewReplacer("|", `\|`, "\r", "", "\n", " ")
