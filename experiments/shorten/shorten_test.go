package shorten

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func ExampleTexts() {
	paths := []string{"moons", "/data/measurements/of/2026/spring/north/part-1.csv", "/data/measurements/of/2026/spring/south/part-1.csv"}
	for _, text := range Texts(paths, 30) {
		fmt.Println(text)
	}
	// Output:
	// moons
	// /data/measur…/north/part-1.csv
	// /data/measur…/south/part-1.csv
}

// times returns a JSON list of n + 1 times.
func times(n int) string {
	list := make([]string, n+1)
	for i := range list {
		list[i] = fmt.Sprintf("%.4g", float64(i)/float64(n))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func TestTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	for name, c := range map[string]struct{ texts, want []string }{
		"nothing":         {nil, []string{}},
		"short":           {[]string{"", "heun", strings.Repeat("é", 40)}, []string{"", "heun", strings.Repeat("é", 40)}},
		"one list":        {[]string{times(16), times(16)}, []string{"[0,…,1] (17 values)", "[0,…,1] (17 values)"}},
		"lengths":         {[]string{times(16), times(300)}, []string{"[0,…,1] (17 values)", "[0,…,1] (301 values)"}},
		"one time":        {[]string{times(300), strings.Replace(times(300), ",0.5,", ",0.51,", 1)}, []string{"[0,…,0.5,…,1] (301 values)", "[0,…,0.51,…,1] (301 values)"}},
		"the second time": {[]string{times(300), strings.Replace(times(300), "[0,0.003333,", "[0,0.002,", 1)}, []string{"[0,0.003333,…,1] (301 values)", "[0,0.002,…,1] (301 values)"}},
		"the last letter": {[]string{long + "a", long + "b"}, []string{strings.Repeat("x", 16) + "…" + strings.Repeat("x", 22) + "a", strings.Repeat("x", 16) + "…" + strings.Repeat("x", 22) + "b"}},
		"a long element":  {[]string{`["` + long + `","b"]`}, []string{`["` + strings.Repeat("x", 14) + "…" + strings.Repeat("x", 17) + `","b"]`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Texts(c.texts, 40); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestShortenTellsApart changes one or two places of long texts and lists, and checks that all are still distinct and short.
func TestShortenTellsApart(t *testing.T) {
	t.Parallel()
	letters := []rune(strings.Repeat("aé", 500))
	var texts []string
	for i := range letters {
		for _, j := range []int{i, (i + 500) % 1000} {
			changed := slices.Clone(letters)
			changed[i], changed[j] = 'Z', 'Z'
			texts = append(texts, string(changed))
		}
	}
	grid := strings.Split(strings.Trim(times(300), "[]"), ",")
	for i := range grid {
		for _, j := range []int{i, (i + 150) % 301} {
			changed := slices.Clone(grid)
			changed[i], changed[j] = "0.7777", "0.7777"
			texts = append(texts, "["+strings.Join(changed, ",")+"]")
		}
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	for _, limit := range []int{16, 40} {
		short := Texts(texts, limit)
		seen := map[string]string{}
		for i, text := range short {
			if before, ok := seen[text]; ok && before != texts[i] {
				t.Fatalf("two texts are both shortened to %q", text)
			}
			seen[text] = texts[i]
			if n := utf8.RuneCountInString(text); n > limit+limit/2 {
				t.Errorf("%q has %d letters, want about %d", text, n, limit)
			}
		}
	}
}
