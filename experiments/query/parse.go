package query

import "strings"

// Condition is a condition on rows of fields, such as
//
//	metrics.mmd < 0.01 and (solver = "heun" or not steps >= 8)
//
// A field is compared with a number, a text in quotes, true or false. It is named as Names has it: the end of its key is
// enough if no other key ends the same way. The operators are = != < <= > >= and, for texts, ~ for "contains"; texts are
// ordered by their bytes. A list meets = and ~ if one of its texts does, and != if none of them is equal. Comparisons are
// joined by not, and, or, in order of precedence, and by parentheses.
//
// If a row lacks the field, or has a value of another kind there, the comparison is unknown, even with !=, and so is its
// negation: a row meets neither x < 1 nor not x < 1 if it has no x. What is unknown leaves open a whole condition unless the
// rest decides it. NaN compares as in Go, except that x = nan tests for NaN, and x != nan for a number. The words nan, inf and
// -inf are numbers.
type Condition struct {
	text string
	root *node
}

// Parse parses a condition. Errors show their place in the text. Whether the fields exist is checked by Filter.
func Parse(text string) (Condition, error) {
	tokens, err := scan(text)
	if err != nil {
		return Condition{}, err
	}
	p := parser{text: text, tokens: tokens}
	root, err := p.or()
	if err != nil {
		return Condition{}, err
	}
	if t := p.next(); t.kind != tokenEnd {
		return Condition{}, p.wrong(t, "expected and, or, or the end, not %s", t)
	}
	return Condition{text, root}, nil
}

// node is a comparison of a field with a value, or a logical operation on other nodes.
type node struct {
	op          string // of a comparison, or "and", "or", "not"
	left, right *node
	field       token
	operator    token
	value       value
}

// maxDepth limits how deep conditions nest.
const maxDepth = 500

// parser is a recursive descent parser.
type parser struct {
	text   string
	tokens []token
	at     int
	depth  int
}

func (p *parser) next() token { return p.tokens[p.at] }

func (p *parser) word(word string) bool {
	if t := p.next(); t.kind != tokenWord || !strings.EqualFold(t.text, word) {
		return false
	}
	p.at++
	return true
}

func (p *parser) or() (*node, error)  { return p.join("or", p.and) }
func (p *parser) and() (*node, error) { return p.join("and", p.not) }

func (p *parser) join(op string, part func() (*node, error)) (*node, error) {
	left, err := part()
	for err == nil && p.word(op) {
		var right *node
		if right, err = part(); err == nil {
			left = &node{op: op, left: left, right: right}
		}
	}
	return left, err
}

func (p *parser) not() (*node, error) {
	t := p.next()
	p.depth++
	defer func() { p.depth-- }()
	switch {
	case p.depth > maxDepth:
		return nil, p.wrong(t, "nested more than %d deep: write it shorter", maxDepth)
	case p.word("not"):
		inner, err := p.not()
		return &node{op: "not", left: inner}, err
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

func (p *parser) comparison() (*node, error) {
	field := p.next()
	if field.kind != tokenWord || keyword(field.text) {
		return nil, p.wrong(field, "expected a field and not %s", field)
	}
	p.at++
	operator := p.next()
	if operator.kind != tokenOperator {
		return nil, p.wrong(operator, "expected a comparison (= != < <= > >= ~) and not %s", operator)
	}
	p.at++
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	n := &node{op: operator.text, field: field, operator: operator, value: v}
	switch {
	case n.op == "~" && v.kind != Text:
		return nil, p.wrong(operator, "~ looks for a text: write one in quotes after it")
	case v.kind == Bool && n.op != "=" && n.op != "!=":
		return nil, p.wrong(operator, "true and false compare with = and != alone")
	}
	return n, nil
}

// value parses the value that a field is compared with.
func (p *parser) value() (value, error) {
	t := p.next()
	p.at = min(p.at+1, len(p.tokens)-1) // stays at the end
	switch {
	case t.kind == tokenText:
		return value{kind: Text, text: t.text}, nil
	case t.kind == tokenNumber || t.kind == tokenWord && specialNumber(t.text):
		v, err := numberOf(t.text)
		if err != nil {
			return v, p.wrong(t, "%s is no number that a float64 holds", t)
		}
		return v, nil
	case t.kind == tokenWord && (strings.EqualFold(t.text, "true") || strings.EqualFold(t.text, "false")):
		return value{kind: Bool, text: strings.ToLower(t.text)}, nil
	case t.kind == tokenWord && !keyword(t.text):
		return value{}, p.wrong(t, "a text stands in quotes: write %q", t.text)
	default:
		return value{}, p.wrong(t, "expected a number, a text in quotes, true or false, and not %s", t)
	}
}

func (p *parser) wrong(t token, format string, args ...any) error {
	return errorAt(p.text, t, format, args...)
}

func keyword(word string) bool {
	return strings.EqualFold(word, "and") || strings.EqualFold(word, "or") || strings.EqualFold(word, "not")
}

func specialNumber(word string) bool {
	return strings.EqualFold(word, "nan") || strings.EqualFold(word, "inf") || strings.EqualFold(word, "-inf")
}
