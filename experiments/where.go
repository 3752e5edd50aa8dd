package experiments

import (
	"strconv"
	"strings"
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
