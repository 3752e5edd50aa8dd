package view

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mattn/go-sqlite3"

	"flowsweep/experiments/problem"
)

// asked is a text, its only statement, and what there is to ask of.
type asked struct {
	text, statement string
	tokens          []token
	views           []View
}

// What SQLite says of statements that it does not take.
var (
	nearWord = regexp.MustCompile(`(?s)^near "(.*)": syntax error$`)
	noColumn = regexp.MustCompile(`(?s)^no such column: (.*?)( - should this be .*)?$`)
	noTable  = regexp.MustCompile(`(?s)^no such table: (?:\w+\.)?(.*)$`)
	noSuch   = regexp.MustCompile(`(?s)^(?:no such function: |ambiguous column name: |wrong number of arguments to function |misuse of aggregate: |no such table-valued function: )([^(]*)`)
	badToken = regexp.MustCompile(`(?s)^unrecognized token: "(.*)"$`)
	atTheEnd = "incomplete input"
)

// explain returns the error of SQLite with its place in the text, and the word that was probably meant.
func (g *Guard) explain(c *sqlite3.SQLiteConn, a asked, err error) error {
	var own sqlite3.Error
	if !errors.As(err, &own) {
		return err
	}
	said := own.Error()
	find := func(re *regexp.Regexp) string {
		if m := re.FindStringSubmatch(said); m != nil {
			return m[1]
		}
		return ""
	}
	switch {
	case g.denied.act != "":
		return at(a.text, a.place(g.denied.word), "query only reads, and this would "+g.denied.act)
	case find(nearWord) != "":
		word := find(nearWord)
		return at(a.text, g.syntax(c, a, word), fmt.Sprintf("syntax error at %s", problem.Printable(word)))
	case said == atTheEnd:
		return at(a.text, len(strings.TrimRight(a.statement, " \t\r\n")), "the statement is not complete")
	case find(noColumn) != "":
		return a.unknownColumn(c, find(noColumn))
	case find(noTable) != "":
		return at(a.text, a.place(find(noTable)), problem.Unknown("view", find(noTable), a.viewNames()))
	case find(badToken) != "":
		return at(a.text, max(0, strings.LastIndex(a.text, find(badToken))), said)
	case find(noSuch) != "":
		return at(a.text, a.place(find(noSuch)), said)
	case own.Code == sqlite3.ErrError:
		return at(a.text, a.tokens[0].at, said)
	}
	return err
}

// place returns where a name is first in the statement, which may be the last part of it that is there.
func (a asked) place(name string) int {
	parts := strings.Split(name, ".")
	for _, t := range a.tokens {
		if strings.EqualFold(t.name(), parts[len(parts)-1]) || strings.EqualFold(t.name(), name) {
			return t.at
		}
	}
	return a.tokens[0].at
}

// syntax returns where the word is at which the statement is wrong: the first after which SQLite already says so.
func (g *Guard) syntax(c *sqlite3.SQLiteConn, a asked, word string) int {
	for _, t := range a.tokens {
		if t.text != word {
			continue
		}
		s, err := g.prepare(c, a.statement[:t.end()])
		if err == nil {
			s.Close()
		} else if strings.Contains(err.Error(), "syntax error") {
			return t.at
		}
	}
	return a.place(word)
}

// unknownColumn returns an error that lists the columns of what the statement reads.
func (a asked) unknownColumn(c *sqlite3.SQLiteConn, name string) error {
	var have []string
	for _, v := range a.views {
		if !slices.ContainsFunc(a.tokens, func(t token) bool { return strings.EqualFold(t.name(), v.Name) }) {
			continue
		}
		for _, column := range v.Columns {
			if !slices.Contains(have, column.Name) {
				have = append(have, column.Name)
			}
		}
	}
	short := name[strings.LastIndexByte(name, '.')+1:]
	if have == nil {
		return at(a.text, a.place(name), fmt.Sprintf("unknown column %q: read a view (%s), or write a text in single quotes", short, strings.Join(a.viewNames(), ", ")))
	}
	return at(a.text, a.place(name), problem.Unknown("column", short, have))
}

func (a asked) viewNames() (names []string) {
	for _, v := range a.views {
		names = append(names, v.Name)
	}
	return names
}
