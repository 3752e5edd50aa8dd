package declare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// widths returns the width of each alternative of a text.
func widths(t *testing.T, text string) (list []int) {
	t.Helper()
	r := Read("a.yaml", []byte("name: a\n"+text), language)
	for _, d := range Values(r, "the text", defaults()) {
		list = append(list, d.Size.Width)
	}
	if err := r.Err(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return list
}

// chiSquare returns Pearson's statistic of counts against probabilities, in units of its standard deviation above its mean.
func chiSquare(counts, shares []float64, n float64) float64 {
	sum := 0.
	for i, c := range counts {
		sum += (c - n*shares[i]) * (c - n*shares[i]) / (n * shares[i])
	}
	free := float64(len(counts) - 1)
	return (sum - free) / math.Sqrt(2*free)
}

// TestWholeRanges: every number between the ends is drawn, the ends too, with its probability. The seeds are fixed, so no chance is
// left; 3 deviations are the 0.3 % least likely draws.
func TestWholeRanges(t *testing.T) {
	t.Parallel()
	const low, high, n = 3, 12, 10_000
	logShare := func(k float64) float64 { return math.Log((k+.5)/(k-.5)) / math.Log((high+.5)/(low-.5)) }
	for name, share := range map[string]func(k float64) float64{
		"whole":     func(float64) float64 { return 1. / (high - low + 1) },
		"log-whole": logShare,
	} {
		var counts, shares [high - low + 1]float64
		for i := range shares {
			shares[i] = share(float64(low + i))
		}
		for _, width := range widths(t, fmt.Sprintf("random: {count: %d, seed: 4, size: {width: {%s: [%d, %d]}}}", n, name, low, high)) {
			if width < low || width > high {
				t.Fatalf("%s draws %d, which is not from %d to %d", name, width, low, high)
			}
			counts[width-low]++
		}
		if off := chiSquare(counts[:], shares[:], n); off > 3 || math.IsNaN(off) {
			t.Errorf("%s: counts %v, want in proportion to %.3v: chi square is %.1f deviations too large", name, counts, shares, off)
		}
	}
}

// TestRangeEnds: the least and the greatest u give the ends, also where there are many numbers between them.
func TestRangeEnds(t *testing.T) {
	t.Parallel()
	for name, of := range intervals {
		for _, ends := range [][2]float64{{1, 2}, {1, 3}, {7, 1 << 20}, {1, 1 << 30}} {
			first, last := of.draw(ends[0], ends[1], 0), of.draw(ends[0], ends[1], math.Nextafter(1, 0))
			if first != ends[0] || of.whole && min(last, ends[1]) != ends[1] || last < .999*ends[1] {
				t.Errorf("%s of %v is from %g to %g", name, ends, first, last)
			}
		}
	}
}

// TestDrawsStay: a draw depends on the seed, its place and its number alone, so a larger count adds draws.
func TestDrawsStay(t *testing.T) {
	t.Parallel()
	few := widths(t, "random: {count: 5, seed: 1, size: {width: {log-whole: [1, 100]}}}")
	many := widths(t, "random: {count: 9, seed: 1, size: {share: {uniform: [0, 1]}, width: {log-whole: [1, 100]}}}")
	if fmt.Sprint(few) != fmt.Sprint(many[:5]) {
		t.Errorf("5 draws are %v, and the first of 9 are %v", few, many[:5])
	}
}

// TestRangeProblems: what is no range is said at its ends.
func TestRangeProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{whole: [2.5, 6]}":            "1:43: whole takes two whole numbers, the lower first",
		"{whole: [6, 2]}":              "1:43: whole takes two whole numbers, the lower first",
		"{log-whole: [0, 6]}":          "1:47: log-whole takes two whole numbers, the lower first, both at least 1",
		"{log: [0, 6]}":                "1:41: log takes two numbers, the lower first, both above 0",
		"{uniform: [1]}":               "1:45: uniform takes two numbers, the lower first",
		"{whole: 3}":                   "1:43: whole must be a list of numbers, such as [0, 0.5, 1]",
		"{int: [2, 6]}":                `1:36: unknown range "int" (have log, log-whole, uniform, whole): did you mean "whole"?`,
		"{from: 2, to: 8, by: -1}":     "1:56: by must be above 0",
		"{from: 2, to: 8, bye: 1}":     `1:52: unknown key "bye" (have from, to, by, times): did you mean "by"?`,
		"{from: 98, to: 102, by: 2}":   "1:35: width must be at most 100",
		"{whole: [2, 6], log: [2, 6]}": "1:35: width must be a whole number",
	} {
		r := Read("a.yaml", []byte("random: {count: 60, size: {width: "+text+"}}\nname: a\n"), language)
		Values(r, "the text", defaults())
		if err := r.Err(); err == nil || !strings.HasPrefix(err.Error(), "a.yaml:"+want) {
			t.Errorf("%s: got\n%v\nwant %s", text, err, want)
		}
	}
	older := language
	older.Older = true
	r := Read("a.yaml", []byte("random: {count: 60, size: {width: {whole: [2.5, 6]}}}\nname: a\n"), older)
	if Values(r, "the text", defaults()); r.Err() != nil {
		t.Errorf("a text of an earlier version: %v", r.Err())
	}
}

// TestProgressions: a progression is the list that it stands for.
func TestProgressions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"size: {width: {from: 2, to: 10, by: 2}}":               "[2 4 6 8 10]",
		"size: {width: {from: 2, to: 9, by: 3}}":                "[2 5 8]",
		"size: {width: {from: 3, to: 5}}":                       "[3 4 5]",
		"size: {width: {from: 1, to: 64, times: 2}}":            "[1 2 4 8 16 32 64]",
		"size: {width: [1, {from: 5, to: 15, by: 5}, 99]}":      "[1 5 10 15 99]",
		"zip: [{size: {width: {from: 2, to: 3}}}]":              "[2 3]",
		"size: [{width: {from: 2, to: 3}}, {width: 9}]":         "[2 3 9]",
		"x-a: &a {from: 2, to: 3}\nsize: {width: *a}":           "[2 3]",
		"size: {width: {from: 2, to: 3}, exact: [true, false]}": "[2 2 3 3]",
	} {
		if got := fmt.Sprint(widths(t, text)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	share := Read("a.yaml", []byte("name: a\nsize: {share: {from: 0.1, to: 0.5, by: 0.1}, bound: {from: 1e-3, to: 0.1, times: 10}}"), language)
	var got []string
	for _, d := range Values(share, "the text", defaults()) {
		got = append(got, fmt.Sprint(d.Size.Share, d.Size.Bound.High))
	}
	if len(got) != 15 || got[2] != "0.3 0.001" || got[10] != "0.1 0.1" || got[14] != "0.5 0.1" { // exactly: 0.1 + 2*0.1 is not 0.3
		t.Errorf("shares and bounds %v, %v", got, share.Err())
	}
	drawn := map[int]bool{}
	for _, width := range widths(t, "random: {count: 60, size: {width: {from: 5, to: 15, by: 5}}}") {
		drawn[width] = true
	}
	if len(drawn) != 3 || !drawn[5] || !drawn[10] || !drawn[15] {
		t.Errorf("of the list 5, 10, 15 random draws %v", drawn)
	}
}

// TestProgressionEnds: the last number is the end where the step reaches it, however it is rounded.
func TestProgressionEnds(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		by, n := float64(1+r.IntN(999))/1000, 1+r.IntN(300)
		from := float64(r.IntN(2000)-1000) / 1000
		text := &Text{}
		list, ok := text.steps(&yaml.Node{}, from, math.Round((from+float64(n)*by)*1000)/1000, by, 0)
		if !ok || len(list.Content) != n+1 {
			t.Fatalf("from %g by %g: %d numbers, want %d", from, by, len(list.Content), n+1)
		}
	}
}

func TestProgressionProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"size: {width: {from: 2}}":                         "1:15: a list from one number to another has no to: add it, as in {from: 2, to: 10, by: 2} or {from: 1, to: 32, times: 2}",
		"size: {width: {to: 2}}":                           "1:15: a list from one number to another has no from",
		"size: {width: {from: 4, to: 2}}":                  "1:29: to must be above from",
		"size: {width: {from: 2, to: 4, by: 0}}":           "1:36: by must be above 0",
		"size: {width: {from: 2, to: 4, times: 1}}":        "1:39: times must be above 1",
		"size: {share: {from: 0, to: 4, times: 2}}":        "1:22: from must be above 0 with times",
		"size: {width: {from: 2, to: 4, by: 1, times: 2}}": "1:46: by and times exclude each other",
		"size: {width: {from: 2, to: 4, by: 3}}":           "1:15: there is only one number, as the next is above to",
		"size: {share: {from: 0, to: 1, by: 1e-9}}":        "1:15: there are more than 10000 numbers",
		"size: {width: {from: 1, to: 2, by: 0.5}}":         "1:15: width must be a whole number",
		"size: {width: {from: 0, to: 2}}":                  "1:15: width must be at least 1",
		"size: {width: {from: a, to: 2}}":                  "1:22: from must be a finite number",
		"size: {width: {from: [1, 2], to: 2}}":             "1:22: from must be a finite number",
		"size: {width: [5, {from: 4, to: 6}]}":             "1:19: entry 2 of the list repeats entry 1",
		"size: {unit: {from: 1, to: 6}}":                   "1:14: unit must be a word",
		"size: {from: 1, to: 6}":                           `1:8: unknown key "from"`,
		"seeds: {from: 1, to: 6}":                          "1:8: seeds must be a whole number",
	} {
		r := Read("a.yaml", []byte(text+"\nname: a\n"), language)
		Values(r, "the text", defaults())
		if err := r.Err(); err == nil || !strings.HasPrefix(err.Error(), "a.yaml:"+want) {
			t.Errorf("%s: got\n%v\nwant %s", text, err, want)
		}
	}
}

func TestRanges(t *testing.T) {
	const text = `
net: {width: [8, 16]}
random:
  count: 4
  train: {rate: {log: [1e-4, 1e-1]}, batch: {log-whole: [8, 64]}}
  coupling: [independent, {name: sinkhorn, epsilon: &e {uniform: [.01, .1]}}]
  source: {noise: *e}
`
	want := []Range{
		{"train.rate", "log", 1e-4, 1e-1},
		{"train.batch", "log-whole", 8, 64},
		{"coupling.epsilon", "uniform", .01, .1},
		{"source.noise", "uniform", .01, .1},
	}
	if got := Read("spec", []byte(text), Language{}).Ranges("random"); !slices.Equal(got, want) {
		t.Errorf("the ranges are %v, want %v", got, want)
	}
	for _, text := range []string{"", "a: [", "net: {width: {log: [1, 2]}}", "random: 3"} {
		if got := Read("spec", []byte(text), Language{}).Ranges("random"); got != nil {
			t.Errorf("the ranges of %q are %v", text, got)
		}
	}
}
