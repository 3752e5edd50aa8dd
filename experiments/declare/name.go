package declare

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"golang.org/x/text/unicode/norm"
)

// A name is the text of a field with the tag text:"name". It becomes the name of a folder, so with what is added to it it must
// stay within the 255 bytes that file systems allow.
const (
	nameForm   = `^[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}._-]{0,63}$`
	nameLength = 64  // characters
	nameBytes  = 200 // of which a character takes up to four
)

// CanonicalName returns a name with each letter and its marks composed into one character where there is one (Unicode's form
// NFC), so that what looks the same is the same however it was typed.
func CanonicalName(name string) string { return norm.NFC.String(name) }

// IsName reports whether a text is a name in its canonical form.
func IsName(text string) bool { return CanonicalName(text) == text && nameFault(text) == "" }

// nameOf returns a name in its canonical form.
func (t *Text) nameOf(n *yaml.Node, f field) (string, bool) {
	name := CanonicalName(n.Value)
	if fault := nameFault(name); fault != "" {
		t.problem(n, "%s %s", f.name, fault)
		return "", false
	}
	return name, true
}

// nameFault returns what is wrong with a name, or "".
func nameFault(name string) string {
	for i, r := range name {
		switch {
		case invisible(r):
			return fmt.Sprintf("has the invisible character %U: leave it out", r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
		case i > 0 && (unicode.IsMark(r) || strings.ContainsRune("._-", r)):
		default:
			return "must be at most 64 letters, digits, dots, dashes and underscores, a letter or digit first"
		}
	}
	plain := norm.NFKC.String(name)
	switch {
	case name == "" || utf8.RuneCountInString(name) > nameLength:
		return "must be at most 64 letters, digits, dots, dashes and underscores, a letter or digit first"
	case len(name) > nameBytes:
		return fmt.Sprintf("takes %d bytes in UTF-8, more than %d: shorten it", len(name), nameBytes)
	case plain != name:
		return fmt.Sprintf("looks like %q, which is written otherwise: use that", plain)
	}
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		if a, b := lookalikes(word); b != "" {
			return fmt.Sprintf("has %s and %s letters in one word, which look alike: use one alphabet, or put a dash between them", a, b)
		}
	}
	return ""
}

// invisible reports whether a letter or mark has no shape of its own.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Cf)
}

// lookalikes returns the first two alphabets of a word among those whose letters look alike, or "" for what it has not.
func lookalikes(word string) (a, b string) {
	var found []string
	for _, r := range word {
		for _, alphabet := range []string{"Latin", "Greek", "Cyrillic", "Armenian", "Cherokee"} {
			if unicode.Is(unicode.Scripts[alphabet], r) && !slices.Contains(found, alphabet) {
				found = append(found, alphabet)
			}
		}
	}
	found = append(found, "", "")
	return found[0], found[1]
}
