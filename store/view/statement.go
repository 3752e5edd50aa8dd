package view

import (
	"strings"
	"unicode/utf8"

	"flowsweep/experiments/problem"
)

// token is a word, a quoted text, a number or a sign of a statement; white space and comments are none.
type token struct {
	text string
	at   int // of its first byte
}

func (t token) end() int { return t.at + len(t.text) }

// name returns the name that the token is, without quotes.
func (t token) name() string {
	if len(t.text) > 1 && strings.IndexByte("\"`[", t.text[0]) >= 0 {
		return t.text[1 : len(t.text)-1]
	}
	return t.text
}

// parameter reports whether the token stands for a value that is given apart from the statement.
func (t token) parameter() bool {
	return t.text[0] == '?' || len(t.text) > 1 && strings.IndexByte(":@$", t.text[0]) >= 0
}

// scan returns the tokens of a text as SQLite has them, see https://www.sqlite.org/lang_expr.html. What SQLite would refuse is a
// token of some kind, too: it is left to SQLite to say so.
func scan(text string) (tokens []token) {
	for at := 0; at < len(text); {
		n, blank := next(text[at:])
		if !blank {
			tokens = append(tokens, token{text[at : at+n], at})
		}
		at += n
	}
	return tokens
}

// next returns the number of bytes of the first token, comment or white space.
func next(text string) (n int, blank bool) {
	first := text[0]
	switch {
	case strings.IndexByte(" \t\n\f\r", first) >= 0:
		return 1, true
	case strings.HasPrefix(text, "--"):
		return until(text, 2, "\n"), true
	case strings.HasPrefix(text, "/*"):
		return until(text, 2, "*/"), true
	case strings.IndexByte("'\"`", first) >= 0:
		return until(text, 1, text[:1]), false // a quote inside is two, and so the text is two tokens
	case first == '[':
		return until(text, 1, "]"), false
	}
	n = 1
	if isWord(first) || strings.IndexByte(":@$?", first) >= 0 {
		for n < len(text) && (isWord(text[n]) || text[n] == '.' && isDigit(first)) {
			n++
		}
	}
	return n, false
}

// until returns the number of bytes up to and with the end, or of the whole text.
func until(text string, from int, end string) int {
	if i := strings.Index(text[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(text)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isWord(c byte) bool {
	return c == '_' || isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

// starts are the words that a statement which reads can start with.
var starts = []string{"SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA"}

// single returns the only statement of a text, without what follows it. The error says what is wrong with the text, where.
func single(text string) (string, []token, error) {
	tokens := scan(text)
	for len(tokens) > 0 && tokens[0].text == ";" {
		tokens = tokens[1:]
	}
	if len(tokens) == 0 {
		return "", nil, at(text, len(text), "there is no statement: write one, such as select * from v_runs")
	}
	first := strings.ToUpper(tokens[0].text)
	known := false
	for _, s := range starts {
		known = known || first == s
	}
	if !known {
		message := "query only reads: start with SELECT, WITH or VALUES"
		if near := problem.Nearest(strings.ToLower(first), []string{"select", "with", "values", "explain", "pragma"}); near != "" {
			message += "; did you mean " + strings.ToUpper(near) + "?"
		}
		return "", nil, at(text, tokens[0].at, message)
	}
	for i, t := range tokens {
		if t.text != ";" {
			continue
		}
		for _, more := range tokens[i:] {
			if more.text != ";" {
				return "", nil, at(text, more.at, "query runs one statement, and here a second one starts: leave it out, or run it by itself")
			}
		}
		return text[:t.at], tokens[:i], nil
	}
	return text, tokens, nil
}

// at returns an error that shows a byte of the text.
func at(text string, place int, message string) error {
	start := strings.LastIndexByte(text[:place], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return &Error{problem.Problem{
		File: "query", Line: strings.Count(text[:place], "\n") + 1, Column: utf8.RuneCountInString(text[start:place]) + 1, Message: message,
		Source: strings.TrimSuffix(line, "\r"),
	}}
}

// Error is what is wrong with a statement, with its place.
type Error struct{ problem.Problem }
