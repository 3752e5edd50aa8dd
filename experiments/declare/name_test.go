package declare

import (
	"regexp"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	t.Parallel()
	const form = "must be at most 64 letters, digits, dots, dashes and underscores, a letter or digit first"
	pattern := regexp.MustCompile(nameForm)
	for name, want := range map[string]string{
		"two-moons": "", "a": "", "2d": "", "a.b_c-1": "", "CON": "", "a.": "",
		"größe": "", "双月": "", "два-месяца": "", "δύο": "", "दो-चाँद": "", "קטן": "", "صغير": "", "두달": "", "ふたつの月": "", "β-vae": "", "λ2": "", "٣": "",
		strings.Repeat("a", 64): "", strings.Repeat("月", 64): "",
		"": form, "a b": form, "-a": form, ".a": form, "_a": form, "a/b": form, `a\b`: form, "a@1": form, "a:b": form, "a*": form, "a\x00": form,
		"a\u00a0b": form, "🌙": form, "\u0301a": form, "a\u0007": form, strings.Repeat("a", 65): form,
		"a\u202eb":              "has the invisible character U+202E: leave it out", // right to left override
		"a\u2066b":              "has the invisible character U+2066: leave it out", // isolate
		"a\u200bb":              "has the invisible character U+200B: leave it out", // zero width
		"a\u00adb":              "has the invisible character U+00AD: leave it out", // soft hyphen
		"a\u3164":               "has the invisible character U+3164: leave it out", // a letter, by Unicode
		"a\ufe0f":               "has the invisible character U+FE0F: leave it out", // a mark, by Unicode
		"ﬁsh":                   `looks like "fish", which is written otherwise: use that`,
		"ａ":                     `looks like "a", which is written otherwise: use that`,
		"mo\u043en":             "has Latin and Cyrillic letters in one word, which look alike: use one alphabet, or put a dash between them",
		"\u039fne":              "has Greek and Latin letters in one word",
		strings.Repeat("𝒩", 3):  `looks like "NNN"`,
		strings.Repeat("𐐀", 64): "takes 256 bytes in UTF-8, more than 200: shorten it",
		strings.Repeat("月", 65): form,
		"a" + "\u0327\u0301":    "", // two marks
		"a\u20e3":               "", // a mark around it
		"\u1100\u1161":          "", // composed below
		"e\u0301":               "",
	} {
		got := nameFault(CanonicalName(name))
		if is := IsName(name); is != (want == "" && name == CanonicalName(name)) {
			t.Errorf("%+q: is a name: %v", name, is)
		}
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%+q: got %q, want %q", name, got, want)
		}
		if want == "" && !pattern.MatchString(name) {
			t.Errorf("%+q: the schema refuses it", name)
		}
	}
	for _, same := range [][2]string{{"e\u0301", "é"}, {"\u1100\u1161", "가"}, {"u\u0308\u0304", "ǖ"}} {
		if got := CanonicalName(same[0]); got != CanonicalName(same[1]) {
			t.Errorf("%+q and %+q have other names: %+q", same[0], same[1], got)
		}
	}
}
