package experiments

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Where is a condition on results, such as
//
//	metrics.mmd < 0.01 and (solver = "heun" or not steps >= 8)
//
// A comparison is of a field with a number, a text in quotes, true or false. Fields have the names of the run table's
// JSON, joined with dots; the end of a name is enough where no other field ends so. The comparisons are = != < <= > >=
// and, for texts, ~ for "contains". Texts are ordered by their bytes. They join with not, and, or, binding in this order,
// and with parentheses.
//
// A comparison with a field that a run does not have, or has as something else, is false, != as well. NaN compares as in
// Go: false, but for !=, which is true. The words nan, inf and -inf are numbers, and as an exception x = nan asks
// whether x is NaN, and x != nan whether it is a number.
type Where struct {
	text string
	root *condition
}

// ParseWhere returns the condition that a text stands for. Its errors show where in the text they are. Whether there are
// such fields shows when it is applied.
func ParseWhere(text string) (Where, error) {
	tokens, err := scanWhere(text)
	if err != nil {
		return Where{}, err
	}
	p := whereParser{text: text, tokens: tokens}
	root, err := p.or()
	if err != nil {
		return Where{}, err
	}
	if t := p.next(); t.kind != tokenEnd {
		return Where{}, p.wrong(t, "expected and, or, or the end, not %s", t)
	}
	return Where{text, root}, nil
}

// condition is a comparison of a field with a value, or joins one or two conditions.
type condition struct {
	op          string // of a comparison, or "and", "or", "not"
	left, right *condition
	field       whereToken
	value       any // whereNumber, string or bool
	at          whereToken
}

// whereNumber is a number as it is written, and as a float64: a seed need not be one.
type whereNumber struct {
	text  string
	value float64
}

// maxDepth is how deep conditions may nest.
const maxDepth = 500

// whereParser reads by recursive descent: or of ands of nots of comparisons.
type whereParser struct {
	text   string
	tokens []whereToken
	at     int
	depth  int
}

func (p *whereParser) next() whereToken { return p.tokens[p.at] }

func (p *whereParser) word(word string) bool {
	if t := p.next(); t.kind != tokenWord || !strings.EqualFold(t.text, word) {
		return false
	}
	p.at++
	return true
}

func (p *whereParser) or() (*condition, error)  { return p.join("or", p.and) }
func (p *whereParser) and() (*condition, error) { return p.join("and", p.not) }

func (p *whereParser) join(op string, part func() (*condition, error)) (*condition, error) {
	left, err := part()
	for err == nil && p.word(op) {
		var right *condition
		if right, err = part(); err == nil {
			left = &condition{op: op, left: left, right: right}
		}
	}
	return left, err
}

func (p *whereParser) not() (*condition, error) {
	t := p.next()
	p.depth++
	defer func() { p.depth-- }()
	switch {
	case p.depth > maxDepth:
		return nil, p.wrong(t, "nested more than %d deep: write it shorter", maxDepth)
	case p.word("not"):
		inner, err := p.not()
		return &condition{op: "not", left: inner}, err
	case t.kind == tokenOpen:
		p.at++
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		if end := p.next(); end.kind != tokenClose {
			return nil, p.wrong(end, "expected ) and not %s", end)
		}
		p.at++
		return inner, nil
	}
	return p.comparison()
}

func (p *whereParser) comparison() (*condition, error) {
	field := p.next()
	if field.kind != tokenWord || keyword(field.text) {
		return nil, p.wrong(field, "expected a field and not %s", field)
	}
	p.at++
	op := p.next()
	if op.kind != tokenOperator {
		return nil, p.wrong(op, "expected a comparison (= != < <= > >= ~) and not %s", op)
	}
	p.at++
	t := p.next()
	p.at = min(p.at+1, len(p.tokens)-1) // stays at the end
	c := &condition{op: op.text, field: field, at: op}
	switch {
	case t.kind == tokenText:
		c.value = t.text
	case t.kind == tokenNumber || t.kind == tokenWord && specialNumber(t.text):
		x, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return nil, p.wrong(t, "%s is no number that a float64 holds", t)
		}
		c.value = whereNumber{t.text, x}
	case t.kind == tokenWord && (strings.EqualFold(t.text, "true") || strings.EqualFold(t.text, "false")):
		c.value = strings.EqualFold(t.text, "true")
	case t.kind == tokenWord && !keyword(t.text):
		return nil, p.wrong(t, "a text stands in quotes: write %q", t.text)
	default:
		return nil, p.wrong(t, "expected a number, a text in quotes, true or false, and not %s", t)
	}
	_, isText := c.value.(string)
	_, isBool := c.value.(bool)
	if c.op == "~" && !isText {
		return nil, p.wrong(op, "~ looks for a text: write one in quotes after it")
	}
	if isBool && c.op != "=" && c.op != "!=" {
		return nil, p.wrong(op, "true and false compare with = and != alone")
	}
	return c, nil
}

func (p *whereParser) wrong(t whereToken, format string, args ...any) error {
	return whereError(p.text, t, format, args...)
}

func keyword(word string) bool {
	return strings.EqualFold(word, "and") || strings.EqualFold(word, "or") || strings.EqualFold(word, "not")
}

func specialNumber(word string) bool {
	return strings.EqualFold(word, "nan") || strings.EqualFold(word, "inf") || strings.EqualFold(word, "-inf")
}

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

// whereToken is a part of a condition's text.
type whereToken struct {
	kind int
	text string
	at   int // in bytes
}

func (t whereToken) String() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return strconv.Quote(t.text)
}

// scanWhere cuts a text into tokens; the last is its end.
func scanWhere(text string) ([]whereToken, error) {
	var tokens []whereToken
	for at := 0; ; {
		at += len(text[at:]) - len(strings.TrimLeftFunc(text[at:], unicode.IsSpace))
		t, n := scanToken(text[at:])
		t.at = at
		switch {
		case n == 0:
			r, _ := utf8.DecodeRuneInString(text[at:])
			return nil, whereError(text, t, "unexpected %q", r)
		case n < 0:
			return nil, whereError(text, t, "a text without its closing quote")
		case len(tokens) > 0 && t.kind <= tokenText && tokens[len(tokens)-1].kind == tokenNumber && t.at == endOf(tokens) && t.kind != tokenEnd:
			return nil, whereError(text, tokens[len(tokens)-1], "%q is neither a number nor a field", tokens[len(tokens)-1].text+text[at:at+n])
		}
		tokens = append(tokens, t)
		if t.kind == tokenEnd {
			return tokens, nil
		}
		at += n
	}
}

func endOf(tokens []whereToken) int {
	last := tokens[len(tokens)-1]
	return last.at + len(last.text)
}

// scanToken returns the token that a text begins with, and its length: 0 where there is none, and -1 where its end is
// missing.
func scanToken(text string) (whereToken, int) {
	if text == "" {
		return whereToken{kind: tokenEnd}, 1
	}
	switch c := text[0]; {
	case c == '(':
		return whereToken{kind: tokenOpen, text: "("}, 1
	case c == ')':
		return whereToken{kind: tokenClose, text: ")"}, 1
	case c == '"' || c == '\'':
		return scanText(text)
	case strings.HasPrefix(strings.ToLower(text), "-inf"):
		return whereToken{kind: tokenWord, text: text[:4]}, 4
	case strings.IndexByte("+-.0123456789", c) >= 0:
		n := numberLength(text)
		return whereToken{kind: tokenNumber, text: text[:n]}, n
	}
	for _, op := range []string{"==", "!=", "<=", ">=", "=", "<", ">", "~"} { // the longer ones first
		if strings.HasPrefix(text, op) {
			return whereToken{kind: tokenOperator, text: strings.Replace(op, "==", "=", 1)}, len(op)
		}
	}
	n := strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' && r != '-' || r == utf8.RuneError
	})
	if n < 0 {
		n = len(text)
	}
	return whereToken{kind: tokenWord, text: text[:n]}, n
}

// numberLength is the length of the number that a text begins with, or 0.
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
			n = e + 1 // with its first digit it is an exponent
		}
	}
	return n
}

// scanText reads a text in quotes; a backslash takes the next character as it is.
func scanText(text string) (whereToken, int) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == text[0]:
			return whereToken{kind: tokenText, text: b.String()}, i + 1
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return whereToken{kind: tokenText}, -1
}

// whereError is an error at a token of a condition, shown with a caret.
func whereError(text string, t whereToken, format string, args ...any) error {
	before := text[:t.at]
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	line := strings.Map(func(r rune) rune {
		if r != '\t' && unicode.IsControl(r) {
			return ' ' // a caret points into one line
		}
		return r
	}, text)
	return fmt.Errorf("column %d: %s\n  %s\n  %s^", utf8.RuneCountInString(before)+1, fmt.Sprintf(format, args...), line, indent)
}
