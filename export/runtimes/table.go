package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// result is what a runtime made of a case: how far it is from Go, or why it cannot run it.
type result struct {
	Difference *float64 `json:"difference"` // nil for a runtime that only looks at the file
	Error      string   `json:"error"`
}

type row struct {
	name  string
	cells []cell
}

type cell struct {
	text  string
	wrong bool // it computes something else
}

// judge says what came of a case. A difference that is not a number is no difference that is allowed.
func judge(c testCase, r result) cell {
	switch {
	case r.Error != "":
		return cell{text: "no: " + brief(r.Error)}
	case r.Difference == nil:
		return cell{text: "valid"}
	case !(*r.Difference <= c.Tolerance):
		return cell{fmt.Sprintf("**WRONG: differs by %.2g, allowed are %.2g**", *r.Difference, c.Tolerance), true}
	default:
		return cell{text: fmt.Sprintf("%.1e", *r.Difference)}
	}
}

var (
	space = regexp.MustCompile(`\s+`)
	outer = regexp.MustCompile(`^.*(error: |panicked: )`) // what the errors of OpenCV and GoMLX are wrapped in
)

// brief returns the beginning of an error at its core, fit for a cell.
func brief(text string) string {
	const most = 110
	text = strings.ReplaceAll(space.ReplaceAllString(strings.TrimSpace(text), " "), "|", `\|`)
	text = strings.TrimRight(outer.ReplaceAllString(text, ""), "> ")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + " ..."
	}
	return text
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
}

// failures returns an error if a runtime computes something else.
func failures(rows []row) error {
	for _, r := range rows {
		for _, c := range r.cells {
			if c.wrong {
				return errors.New(r.name + ": " + c.text)
			}
		}
	}
	return nil
}
