package query

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The kinds of token.
const (
	tokenEnd      = iota
	tokenWord     // a field, or and, or, not, nan, inf, true, false
	tokenNumber   // unsigned or not
	tokenText     // without its quotes
	tokenOperator // a comparison
	tokenOpen
	tokenClose
)

// token is a part of a condition's text.
type token struct {
	kind int
	text string
	at   int // in bytes
}

func (t token) String() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return strconv.Quote(t.text)
}

// scan splits a text into tokens, the last of which is tokenEnd.
func scan(text string) ([]token, error) {
	var tokens []token
	for at := 0; ; {
		at += len(text[at:]) - len(strings.TrimLeftFunc(text[at:], unicode.IsSpace))
		t, n := scanToken(text[at:])
		t.at = at
		switch {
		case n == 0:
			r, _ := utf8.DecodeRuneInString(text[at:])
			return nil, errorAt(text, t, "unexpected %q", r)
		case n < 0:
			return nil, errorAt(text, t, "a text without its closing quote")
		case len(tokens) > 0 && t.kind <= tokenText && tokens[len(tokens)-1].kind == tokenNumber && t.at == endOf(tokens) && t.kind != tokenEnd:
			return nil, notANumber(text, tokens, text[at:at+n])
		}
		tokens = append(tokens, t)
		if t.kind == tokenEnd {
			return tokens, nil
		}
		at += n
	}
}

// notANumber returns the error that the last token, a number, goes on with more.
func notANumber(text string, tokens []token, more string) error {
	last := tokens[len(tokens)-1]
	if n := len(tokens); n > 1 && tokens[n-2].kind == tokenOperator {
		return errorAt(text, last, "%q is neither a number nor a text, which stands in quotes", last.text+more)
	}
	return errorAt(text, last, "%q is neither a number nor a field", last.text+more)
}

func endOf(tokens []token) int {
	last := tokens[len(tokens)-1]
	return last.at + len(last.text)
}

// scanToken returns the token at the start of a text, and its length: 0 if there is none, -1 if it is not closed.
func scanToken(text string) (token, int) {
	if text == "" {
		return token{kind: tokenEnd}, 1
	}
	switch c := text[0]; {
	case c == '(':
		return token{kind: tokenOpen, text: "("}, 1
	case c == ')':
		return token{kind: tokenClose, text: ")"}, 1
	case c == '"' || c == '\'':
		return scanText(text)
	case strings.HasPrefix(strings.ToLower(text), "-inf"):
		return token{kind: tokenWord, text: text[:4]}, 4
	case strings.IndexByte("+-.0123456789", c) >= 0:
		n := numberLength(text)
		return token{kind: tokenNumber, text: text[:n]}, n
	}
	for _, op := range []string{"==", "!=", "<=", ">=", "=", "<", ">", "~"} { // the longer ones first
		if strings.HasPrefix(text, op) {
			return token{kind: tokenOperator, text: strings.Replace(op, "==", "=", 1)}, len(op)
		}
	}
	n := strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' && r != '-' && r != '@' || r == utf8.RuneError
	})
	if n < 0 {
		n = len(text)
	}
	if n > 0 && text[n-1] == '@' && n < len(text) && (text[n] == '"' || text[n] == '\'') { // as in mmd@"a class"
		class, more := scanText(text[n:])
		if more < 0 {
			return class, more
		}
		return token{kind: tokenWord, text: text[:n] + class.text}, n + more
	}
	return token{kind: tokenWord, text: text[:n]}, n
}

// numberLength returns the length of the number at the start of a text, or 0.
func numberLength(text string) int {
	n, digits := 0, false
	if text[0] == '+' || text[0] == '-' {
		n++
	}
	for ; n < len(text) && (text[n] == '.' || '0' <= text[n] && text[n] <= '9'); n++ {
		digits = digits || text[n] != '.'
	}
	if !digits {
		return 0
	}
	if n < len(text) && (text[n] == 'e' || text[n] == 'E') {
		e := n + 1
		if e < len(text) && (text[e] == '+' || text[e] == '-') {
			e++
		}
		for ; e < len(text) && '0' <= text[e] && text[e] <= '9'; e++ {
			n = e + 1 // an exponent needs at least one digit
		}
	}
	return n
}

// scanText scans a quoted text, in which a backslash escapes the next character.
func scanText(text string) (token, int) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == text[0]:
			return token{kind: tokenText, text: b.String()}, i + 1
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return token{kind: tokenText}, -1
}

// errorAt returns an error that shows the token with a caret.
func errorAt(text string, t token, format string, args ...any) error {
	before := text[:t.at]
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	line := strings.Map(func(r rune) rune {
		if r != '\t' && unicode.IsControl(r) {
			return ' ' // keeps it on one line
		}
		return r
	}, text)
	return fmt.Errorf("column %d: %s\n  %s\n  %s^", utf8.RuneCountInString(before)+1, fmt.Sprintf(format, args...), line, indent)
}
