package main

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// table returns a Markdown table with a row for each task and each of our ways to do it. A peer's cell has the median of its
// rounds, and then how many times as fast flowsweep is: the median of the ratios within each round, and their range.
func table(heads []string, tasks []task, figures []figure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| case | cores | %s |\n| --- | --- |%s\n", strings.Join(heads, " | "), strings.Repeat(" --- |", len(heads)))
	for _, t := range tasks {
		for _, how := range ways(t, figures) {
			mine := speeds(t, ours, how, figures)
			fmt.Fprintf(&b, "| %s | %d | %s |", t.title(how), t.Cores, t.median(mine))
			for _, p := range programs[1:] {
				theirs := speeds(t, p.name, "", figures)
				text := t.median(theirs)
				if r := ratios(mine, theirs); r != nil {
					text += fmt.Sprintf(", **%.2f** (%.2f to %.2f)", median(r), slices.Min(r), slices.Max(r))
				}
				if why := reason(t, p.name, figures); why != "" {
					text = "no: " + why
				}
				fmt.Fprintf(&b, " %s |", text)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// title returns what a row is of.
func (t task) title(how string) string {
	if t.Work == training {
		return t.Case + ", a training step, ms"
	}
	return t.Case + ", samples/s, " + how
}

// median returns the median of speeds in the unit of the table.
func (t task) median(speeds map[int]float64) string {
	if len(speeds) == 0 {
		return "-"
	}
	var list []float64
	for _, s := range speeds {
		list = append(list, s)
	}
	if t.Work == training {
		return fmt.Sprintf("%.3g", 1e3/median(list))
	}
	digits := math.Pow(10, math.Floor(math.Log10(median(list)))-2)
	return fmt.Sprintf("%.0f", math.Round(median(list)/digits)*digits)
}

// ways returns our ways to do a task, in their order.
func ways(t task, figures []figure) (ways []string) {
	for _, f := range figures {
		if f.task == t && f.Program == ours && !slices.Contains(ways, f.How) {
			ways = append(ways, f.How)
		}
	}
	return ways
}

// speeds returns the speeds of a program at a task, by round.
func speeds(t task, program, how string, figures []figure) map[int]float64 {
	speeds := map[int]float64{}
	for _, f := range figures {
		if f.task == t && f.Program == program && f.How == how && f.Error == "" {
			speeds[f.Round] = f.PerSecond
		}
	}
	return speeds
}

// ratios returns how many times as fast the first is, for each round that both have.
func ratios(first, second map[int]float64) (ratios []float64) {
	for round, speed := range first {
		if other, has := second[round]; has {
			ratios = append(ratios, speed/other)
		}
	}
	return ratios
}

// median returns the middle value, or the mean of both.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

var space = regexp.MustCompile(`\s+`)

// reason returns why a program has no figures for a task, shortened to fit into a cell.
func reason(t task, program string, figures []figure) string {
	for _, f := range figures {
		if f.task != t || f.Program != program || f.Error == "" {
			continue
		}
		const most = 110
		text := []rune(strings.ReplaceAll(space.ReplaceAllString(strings.TrimSpace(f.Error), " "), "|", `\|`))
		if len(text) > most {
			text = append(text[:most], []rune(" ...")...)
		}
		return string(text)
	}
	return ""
}

// tolerance is how far, at most, the losses of two programs differ in a round, relative to ours. Fresh weights and batches alone make
// 2 %; a net that has learned nothing has a loss that is 40 % higher, or more.
const tolerance = .1

// check returns an error if flowsweep failed, or if a peer did other work: had a net of another size or another loss.
func check(figures []figure) (err error) {
	for _, f := range figures {
		if f.Program == ours && f.Error != "" {
			err = errors.Join(err, fmt.Errorf("%s: %s", f.task, f.Error))
		}
		for _, mine := range figures {
			if f.Error != "" || mine.Error != "" || f.Work != training || mine.Program != ours || mine.task != f.task || mine.Round != f.Round {
				continue
			}
			if f.Weights != mine.Weights {
				err = errors.Join(err, fmt.Errorf("%s: the net of %s has %d weights, that of flowsweep %d", f.task, f.Program, f.Weights, mine.Weights))
			}
			if !(math.Abs(f.Loss-mine.Loss) <= tolerance*mine.Loss) {
				err = errors.Join(err, fmt.Errorf("%s: the loss of %s is %.4g, that of flowsweep %.4g", f.task, f.Program, f.Loss, mine.Loss))
			}
		}
	}
	return err
}
