package main

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// within is how far a number with a decimal point may be from that of a document, as a part of it: machines that round otherwise train
// other nets.
const within = .1

// resembles reports whether an output is what a document shows.
func resembles(got, want string) bool {
	pattern := ""
	var numbers []float64
	for line := range strings.SplitSeq(strings.TrimRight(want, "\n"), "\n") {
		if line == "..." {
			pattern += `(?:.*\n)*`
			continue
		}
		like, of := patternOf(strings.TrimRight(line, " "))
		pattern += like + ` *\n`
		numbers = append(numbers, of...)
	}
	found := regexp.MustCompile(`^` + pattern + `$`).FindStringSubmatch(got + "\n")
	if found == nil {
		return false
	}
	for i, want := range numbers {
		if x, err := strconv.ParseFloat(found[i+1], 64); err != nil || math.Abs(x-want) > within*math.Abs(want) {
			return false
		}
	}
	return true
}

// patternOf returns a regular expression for a line, with a group for each number that has a decimal point, and these numbers. Digits
// that go on in dots are taken as they are.
func patternOf(line string) (pattern string, numbers []float64) {
	end := 0
	for _, at := range regexp.MustCompile(`\.\.\.|\d+\.\d+(?:e[-+]\d+)?(?:\.\.\.)?`).FindAllStringIndex(line, -1) {
		pattern += regexp.QuoteMeta(line[end:at[0]])
		end = at[1]
		if start, dots := strings.CutSuffix(line[at[0]:end], "..."); dots {
			pattern += regexp.QuoteMeta(start) + `.*`
			continue
		}
		x, err := strconv.ParseFloat(line[at[0]:end], 64)
		if err != nil {
			panic(err)
		}
		pattern += `(\d+\.\d+(?:e[-+]\d+)?)`
		numbers = append(numbers, x)
	}
	return pattern + regexp.QuoteMeta(line[end:]), numbers
}

func TestResembles(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		got, want string
		is        bool
	}{
		{"a 1.23 b", "a 1.25 b", true},
		{"a 1.23 b", "a 1.5 b", false},
		{"a\nb\nc", "a\n...\nc", true},
		{"a\nb\nd", "a\n...\nc", false},
		{"v1.2 is 4 of 5", "v... is 4 of 5", true},
		{"v1.2 is 3 of 5", "v... is 4 of 5", false},
		{"0.00321 of", "0.00... of", true},
		{"0.0121 of", "0.00... of", false},
		{"p 3.1e-05.", "p 3.0e-05.", true},
		{"p 3.1e-04.", "p 3.0e-05.", false},
		{"a\nb", "a", false},
	} {
		if is := resembles(row.got, row.want); is != row.is {
			t.Errorf("%q resembles %q: %v", row.got, row.want, is)
		}
	}
}
