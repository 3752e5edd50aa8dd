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
	number := regexp.MustCompile(`\d+\.\d+(?:e[-+]\d+)?`)
	pattern := ""
	for line := range strings.SplitSeq(strings.TrimRight(want, "\n"), "\n") {
		if line == "..." {
			pattern += `(?:.*\n)*`
			continue
		}
		line = regexp.QuoteMeta(strings.TrimRight(line, " "))
		line = strings.ReplaceAll(line, `\.\.\.`, `.*`)
		pattern += regexp.MustCompile(`\d+\\\.\d+(?:e[-+\\]+\d+)?`).ReplaceAllString(line, `(\d+\.\d+(?:e[-+]\d+)?)`) + ` *\n`
	}
	found := regexp.MustCompile(`^` + pattern + `$`).FindStringSubmatch(got + "\n")
	if found == nil {
		return false
	}
	for i, text := range number.FindAllString(want, -1) {
		a, _ := strconv.ParseFloat(found[i+1], 64)
		if b, _ := strconv.ParseFloat(text, 64); math.Abs(a-b) > within*math.Abs(b) {
			return false
		}
	}
	return true
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
		{"p 3.1e-05.", "p 3.0e-05.", true},
		{"p 3.1e-04.", "p 3.0e-05.", false},
		{"a\nb", "a", false},
	} {
		if is := resembles(row.got, row.want); is != row.is {
			t.Errorf("%q resembles %q: %v", row.got, row.want, is)
		}
	}
}
