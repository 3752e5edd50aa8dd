package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// result says how far a runtime's output for a case differs from Go's, and how fast it was, or why it failed.
type result struct {
	Difference *float64 `json:"difference"` // nil for a runtime that only checks the file; 1e300 if not finite
	Error      string   `json:"error"`
	Open       float64  `json:"open"` // the faster of two openings in one process, in seconds
	Rate       float64  `json:"rate"` // rows a second, in the fastest call
}

// results are those of a runtime, one for each case.
type results []result

type row struct {
	name  string
	cells []cell
}

type cell struct {
	text  string
	wrong bool // whether the runtime computes something else and is not known to
}

// cells judges the results. For the nets in known the runtime is known to be wrong.
func (rs results) cells(cases []testCase, known []string) (cells []cell) {
	for i, c := range cases {
		judged := judge(c, rs[i])
		for _, net := range known {
			judged.wrong = judged.wrong && net != c.net
		}
		cells = append(cells, judged)
	}
	return cells
}

// judge returns the cell for a result. A difference that is not a number is wrong.
func judge(c testCase, r result) cell {
	switch {
	case strings.HasPrefix(r.Error, "not tried: "):
		return cell{text: brief(r.Error)}
	case r.Error != "":
		return cell{text: "no: " + brief(r.Error)}
	case r.Difference == nil:
		return cell{text: "valid"}
	case *r.Difference >= 1e300:
		return cell{"**WRONG: NaN or infinite**", true}
	case !(*r.Difference <= c.Tolerance):
		return cell{fmt.Sprintf("**WRONG: differs by %.2g, more than the %.2g allowed**", *r.Difference, c.Tolerance), true}
	default:
		return cell{text: fmt.Sprintf("%.1e", *r.Difference)}
	}
}

var (
	space = regexp.MustCompile(`\s+`)
	outer = regexp.MustCompile(`^.*(error: |panicked: )`) // prefixes of errors from OpenCV and GoMLX
)

// brief shortens an error to fit into a cell.
func brief(text string) string {
	const maxRunes = 110
	text = strings.ReplaceAll(space.ReplaceAllString(strings.TrimSpace(text), " "), "|", `\|`)
	text = strings.TrimRight(outer.ReplaceAllString(text, ""), "> ")
	if runes := []rune(text); len(runes) > maxRunes {
		text = string(runes[:maxRunes]) + " ..."
	}
	return text
}

func heads(cases []testCase) (heads []string) {
	for _, c := range cases {
		heads = append(heads, c.head)
	}
	return heads
}

func printTable(first string, heads []string, rows []row) {
	fmt.Printf("| %s | %s |\n| --- |%s\n", first, strings.Join(heads, " | "), strings.Repeat(" --- |", len(heads)))
	for _, r := range rows {
		fmt.Printf("| %s |", r.name)
		for _, c := range r.cells {
			fmt.Printf(" %s |", c.text)
		}
		fmt.Println()
	}
	fmt.Println()
}

// failures returns an error that names all that is wrong and not known to be.
func failures(rows []row) (err error) {
	for _, r := range rows {
		for _, c := range r.cells {
			if c.wrong {
				err = errors.Join(err, errors.New(r.name+": "+c.text))
			}
		}
	}
	return err
}
