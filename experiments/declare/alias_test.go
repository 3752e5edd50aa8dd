package declare

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// TestMergeKeys: a mapping takes from others the keys that it has not (https://yaml.org/type/merge.html), and what is written so
// stands for the same as what is written out.
func TestMergeKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, merged, plain string }{
		{"one mapping", "x-a: &a {width: 3, unit: cm}\nsize: {<<: *a}", "size: {width: 3, unit: cm}"},
		{"own keys win", "x-a: &a {width: 3, unit: cm}\nsize: {width: 4, <<: *a}", "size: {width: 4, unit: cm}"},
		{"wherever they stand", "x-a: &a {width: 3, unit: cm}\nsize: {<<: *a, width: 4}", "size: {width: 4, unit: cm}"},
		{"of a list the earlier wins", "x-a: &a {width: 3}\nx-b: &b {width: 5, unit: cm}\nsize: {<<: [*a, *b]}", "size: {width: 3, unit: cm}"},
		{"a merge within a merge", "x-a: &a {width: 3}\nx-b: &b {<<: *a, unit: cm}\nsize: {<<: *b}", "size: {width: 3, unit: cm}"},
		{"a mapping in place", "size: {<<: {width: 3}, unit: cm}", "size: {width: 3, unit: cm}"},
		{
			"an anchor on a used value", "seeds: 2\nshape: &s {name: ring, radius: 2}\nzip: [{size: {width: 3}}]",
			"seeds: 2\nshape: {name: ring, radius: 2}\nsize: {width: 3}",
		},
		{"entries of a list", "x-a: &a {unit: cm}\nsize: [{<<: *a, width: 3}, {<<: *a, width: 4}]", "size: [{unit: cm, width: 3}, {unit: cm, width: 4}]"},
		{"a swept value", "x-a: &a {width: [3, 4]}\nsize: {<<: *a}", "size: {width: [3, 4]}"},
		{"variants", "x-a: &a {size: {width: 3}}\nzip: [{<<: *a, shape: ring}]", "size: {width: 3}\nshape: ring"},
		{"draws", "x-a: &a {width: [3]}\nrandom: {count: 1, size: {<<: *a}}", "size: {width: 3}"},
		{"the whole text", "x-a: &a\n  seeds: 3\n  size: {width: 3}\n<<: *a\nseeds: 2", "size: {width: 3}\nseeds: 2"},
		{"a family", "x-a: &a {name: ring, radius: 2}\nshape: {<<: *a, radius: 3}", "shape: {name: ring, radius: 3}"},
		{"what nobody uses", "x-: 1\nx-a: {anything: [at, {all: 1}]}\nsize: {width: 3}", "size: {width: 3}"},
	} {
		got, err := lines(t, c.merged)
		want, plainErr := lines(t, c.plain)
		if err != nil || plainErr != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\n%v\nwant\n%s\n%v", c.name, strings.Join(got, "\n"), err, strings.Join(want, "\n"), plainErr)
		}
	}
}

// lines returns what each alternative of a text holds.
func lines(t *testing.T, text string) (list []string, err error) {
	t.Helper()
	r := Read("a.yaml", []byte("name: a\n"+text), language)
	for _, d := range Values(r, "the text", defaults()) {
		list = append(list, line(t, d))
	}
	return list, r.Err()
}

// TestMergeProblems: what is wrong with what was merged is said where it is written.
func TestMergeProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"x-a: &a {widht: 3}\nsize: {<<: *a}":           `2:10: unknown key "widht" (have width, bound, unit, exact, share): did you mean "width"?`,
		"x-a: &a {width: 0}\nsize: {<<: *a, unit: cm}": "2:17: width must be at least 1",
		"x-a: &a [1]\nsize: {<<: *a}":                  "2:10: << takes the keys of a mapping, such as *base, or of a list of mappings",
		"x-a: &a {width: 3}\nsize: {<<: [*a, 2]}":      "3:17: << takes the keys of a mapping",
		"size: {<<: }": "2:12: << takes the keys of a mapping",
		"x-a: &a {width: 3}\nsize: {<<: *a, <<: *a}": `3:16: the key "<<" is here twice: give one of them a list`,
		"size: {'<<': 3}":    `2:8: unknown key "<<"`,
		"size: &s {<<: *s}":  "2:15: *s stands within what it names: write it out",
		"x-a: &a [*a]":       "2:10: *a stands within what it names",
		"size: {x-unit: cm}": `2:8: unknown key "x-unit"`,
		"x-a: 1\nx-a: 2":     `3:1: the key "x-a" is here twice`,
		"x-a: &a {width: 3}\nzip: [{size: *a}]\nsize: {width: 4}":       "2:10: width has a value on line 4 too",
		"x-a: &a {size: {width: 3}}\nzip: [{<<: *a, siez: {}}]":         `3:16: unknown key "siez" (have shape, size): did you mean "size"?`,
		"x-a: &a {radius: 3, points: [1]}\nshape: {<<: *a, name: ring}": "2:18: points and radius exclude each other",
	} {
		_, err := lines(t, text)
		if err == nil || !strings.HasPrefix(err.Error(), "a.yaml:"+want) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

// TestAliasesThatExplode: ten lines of aliases stand for ten thousand million values. They are refused at once, wherever they
// stand; a plain text of as many values as are allowed is not.
func TestAliasesThatExplode(t *testing.T) {
	t.Parallel()
	bomb := func(first, form string) string {
		text := "x-0: &a0 " + first + "\n"
		for i := range 10 {
			var many []string
			for k := range 10 {
				many = append(many, fmt.Sprintf(form, k, i))
			}
			text += fmt.Sprintf("x-%d: &a%d %s\n", i+1, i+1, string(form[0])+strings.Join(many, ", ")+map[byte]string{'{': "}", '[': "]"}[form[0]])
		}
		return strings.NewReplacer("{{", "{", ", {", ", ", "[[", "[", ", [", ", ").Replace(text)
	}
	for name, text := range map[string]string{
		"mappings": bomb("{b: 1}", "{k%d: *a%d"), "lists": bomb("[1]", "[*a%[2]d"), "merges": bomb("{b: 1}", "{k%d: {<<: *a%d}"),
	} {
		for _, use := range []string{"", "size: *a10\n", "random: {count: 9, size: *a10}\n", "zip: [*a10, *a10]\n", "shape: {file: *a10}\n", "size: {<<: *a10}\n"} {
			start := time.Now()
			_, err := lines(t, text+use)
			if err == nil || !strings.Contains(err.Error(), "the aliases up to here stand for more than 100000 values") {
				t.Errorf("%s, used as %q: got %v", name, use, err)
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("%s, used as %q: took %v", name, use, d)
			}
		}
	}
	long := "shape: {name: ring, points: [" + strings.Repeat("1, ", 2*maxAliased) + "1]}"
	if _, err := lines(t, long); err != nil {
		t.Errorf("a long list without aliases: %.200v", err)
	}
}

// TestEncodings: a text in another encoding is named as such, with or without a byte order mark, and shown as it is meant.
func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "name: ä𝒩\nsize: {width: 3}\n"
	if _, err := lines(t, "size: {width: 3}"); err != nil {
		t.Errorf("UTF-8: %v", err)
	}
	if r := Read("a.yaml", []byte("\ufeff"+text), language); r.Err() != nil {
		t.Errorf("UTF-8 with a byte order mark: %v", r.Err())
	}
	for _, mark := range []string{"", "\ufeff"} {
		runes := []rune(mark + text)
		for _, big := range []bool{true, false} {
			var wide, half []byte
			for _, r := range runes {
				wide = appendUnit(wide, uint32(r), 4, big)
			}
			for _, u := range utf16.Encode(runes) {
				half = appendUnit(half, uint32(u), 2, big)
			}
			for name, content := range map[string][]byte{"UTF-32": wide, "UTF-16": half, "UTF-16, cut": half[:len(half)-1]} {
				r := Read("a.yaml", content, language)
				Values(r, "the text", defaults())
				want := "a.yaml:1:1: this text is in " + name[:6] + ": save it as UTF-8\n    name: ä𝒩\n    ^"
				if err := r.Err(); err == nil || err.Error() != want {
					t.Errorf("%s, mark %q, big-endian %v: got\n%v\nwant\n%s", name, mark, big, err, want)
				}
			}
		}
	}
}

func appendUnit(b []byte, unit uint32, width int, big bool) []byte {
	for i := range width {
		shift := 8 * i
		if big {
			shift = 8 * (width - 1 - i)
		}
		b = append(b, byte(unit>>shift))
	}
	return b
}
