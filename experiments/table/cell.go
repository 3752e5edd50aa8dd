package table

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// cell is a cell of a file.
type cell struct {
	text string
	line int // where it starts, from 1; in files without lines, the number of the row from 1
}

// kind is what a cell holds.
type kind int

const (
	numberCell kind = iota
	missingCell
	wordCell
)

// missing lists the words for a missing number.
var missing = []string{"", "na", "n/a", "null", "none", "?", "#n/a", "<na>"}

// isMissing reports whether a text stands for a missing value.
func isMissing(text string) bool {
	return len(text) <= len("<na>") && slices.Contains(missing, strings.ToLower(text))
}

// minus is the sign that typesetters use, which spreadsheets and web pages hand on.
const minus = "\u2212"

// parse returns the number in a text without spaces around it, or NaN if there is none. A number beyond the range of
// floats is infinite.
func parse(text string, decimal byte) (float64, kind) {
	if isMissing(text) {
		return math.NaN(), missingCell
	}
	number := text
	if rest, ok := strings.CutPrefix(text, minus); ok {
		number = "-" + rest
	}
	if decimal == ',' {
		if strings.Contains(number, ".") {
			return math.NaN(), wordCell
		}
		number = strings.Replace(number, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN(), wordCell
	}
	return v, numberCell
}

// commaNumber reports whether a text is a number with a decimal comma, and whether its comma may instead divide thousands.
func commaNumber(text string) (yes, thousands bool) {
	digits := strings.TrimLeft(text, "+-"+minus)
	whole, rest, ok := strings.Cut(digits, ",")
	if !ok || strings.Contains(text, ".") {
		return false, false
	}
	if _, k := parse(text, ','); k != numberCell {
		return false, false
	}
	return true, len(rest) == 3 && len(whole) <= 3 && whole != "0" && whole != ""
}

// amount reports whether a text is a number but for a mark between thousands, or a sign of money or percent.
func amount(text string) bool {
	bare := strings.TrimSpace(strings.Trim(text, "$€£¥%"))
	if bare != text && len(bare) > 0 {
		if _, kind := parse(bare, '.'); kind == numberCell {
			return true
		}
	}
	_, kind := parse(strings.ReplaceAll(bare, ",", ""), '.')
	return kind == numberCell && strings.Contains(bare, ",")
}

// advice says what to do about a cell in a column of numbers that holds none.
func advice(text string) string {
	comma, _ := commaNumber(text)
	hasDigit := strings.ContainsFunc(text, unicode.IsDigit)
	switch {
	case comma:
		return "write its decimals after a point and thousands without a comma, or say decimal: \",\" if the comma stands before decimals"
	case hasDigit && strings.Count(text, ",")+strings.Count(text, ".") > 1:
		return "write it without a mark between thousands"
	case hasDigit:
		return "correct it, such as by leaving out the unit, write NA if it is missing, or exclude the column"
	default:
		return "write NA if it is missing, correct it, or exclude the column"
	}
}

// maxQuoted is how many letters of a cell an error shows.
const maxQuoted = 60

// quoted returns a text in quotes, for people, of a long one the start.
func quoted(text string) string {
	for i := range text {
		if i > maxQuoted {
			return fmt.Sprintf("%q...", text[:i])
		}
	}
	return fmt.Sprintf("%q", text)
}

func isNumber(v float64) bool { return !math.IsNaN(v) }

// where returns the place of a cell, for people.
func (t Table) where(c cell) string {
	if t.Lines == nil {
		return fmt.Sprintf("row %d, from 0", c.line-1)
	}
	return fmt.Sprintf("line %d", c.line)
}

// add appends what a cell holds.
func (c *Column) add(at cell, decimal byte) {
	v, kind := parse(at.text, decimal)
	if kind != numberCell && c.gap.line == 0 {
		c.gap = cell{strings.Clone(at.text), at.line}
	}
	switch kind {
	case numberCell:
		c.numbers++
	case wordCell:
		if c.words++; c.words == 1 {
			c.word = cell{strings.Clone(at.text), at.line}
		}
	}
	c.Values = append(c.Values, v)
}

// texts holds texts that occur, so that equal ones share their memory.
type texts map[string]string

// maxShared bounds texts: a column with more is not one of categories.
const maxShared = 1 << 20

// of returns the text in a field.
func (t texts) of(field []byte) string {
	text, ok := t[string(field)]
	if ok {
		return text
	}
	text = string(field)
	if len(t) < maxShared {
		t[text] = text
	}
	return text
}
