package tensorboard

import (
	"strings"
	"unicode"
)

// name returns a text as the name of a folder on any system: letters, digits and a few signs, at most 100 letters.
func name(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), strings.ContainsRune("-_.=+, ·", r):
			return r
		default:
			return '-'
		}
	}, text)
	if letters := []rune(text); len(letters) > 100 {
		text = string(letters[:100])
	}
	return strings.Trim(text, ". ")
}
