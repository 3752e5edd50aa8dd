package table

import (
	"bytes"
	"fmt"
	"strings"
)

// scanner divides text into records of fields. A record ends with \n, \r\n or \r outside of quotes, and blank lines are
// none. A field may stand in quotes, in which "" is one quote. Spaces around fields do not count.
type scanner struct {
	text []byte
	sep  byte // ' ' for any run of spaces and tabs
	at   int
	line int // of the byte at, from 1

	fields  []field // of the last record; overwritten by the next
	start   int     // line where the last record starts
	comment int     // records that were skipped as comments
	columns int     // a line that starts with # is a comment unless it has so many fields; -1 until the first record
	told    string  // the last comment before the first record, without its #
}

// field is a field of a record. Its text is overwritten by the next record if it was in quotes.
type field struct {
	text []byte
	line int // where it starts
}

func newScanner(text []byte, sep byte) *scanner {
	return &scanner{text: text, sep: sep, line: 1, columns: -1}
}

// next reads a record, and reports whether there was one.
func (s *scanner) next() (bool, error) {
	for s.at < len(s.text) {
		s.start = s.line
		comment := s.text[s.at] == '#'
		line := s.at
		if comment && s.columns < 0 {
			s.skipLine()
			s.told = strings.TrimSpace(strings.TrimLeft(string(bytes.TrimSpace(s.text[line:min(s.at, line+maxName)])), "#"))
			s.comment++
			continue
		}
		if err := s.record(); err != nil {
			return false, err
		}
		switch {
		case comment && (s.columns == 1 || len(s.fields) != s.columns):
			s.at, s.line = line, s.start // quotes in a comment mean nothing
			s.skipLine()
			s.comment++
		case len(s.fields) > 0:
			if s.columns < 0 {
				s.columns = len(s.fields)
			}
			return true, nil
		}
	}
	return false, nil
}

// record reads the fields of a line, none if it is blank.
func (s *scanner) record() error {
	s.fields = s.fields[:0]
	for {
		s.skipSpaces()
		end := s.endOfLine()
		if end && (len(s.fields) == 0 || s.sep == ' ') {
			s.skipLine()
			return nil
		}
		if len(s.fields) == MaxColumns {
			return fmt.Errorf("line %d has more than %d columns: leave columns out, or use a .npy file of rows", s.start, MaxColumns)
		}
		f := field{line: s.line}
		if !end && s.text[s.at] == '"' {
			var err error
			if f.text, err = s.quoted(); err != nil {
				return err
			}
		} else {
			from := s.at
			for !s.endOfLine() && !s.atSep() {
				s.at++
			}
			f.text = bytes.TrimSpace(s.text[from:s.at])
		}
		s.fields = append(s.fields, f)
		if s.endOfLine() {
			s.skipLine()
			return nil
		}
		s.at++ // the separator
	}
}

// quoted reads a field in quotes, up to the separator or the end of the line.
func (s *scanner) quoted() ([]byte, error) {
	line := s.line
	s.at++
	from := s.at
	var text []byte // what was read before from, if the field has quotes in it
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"' && s.at+1 < len(s.text) && s.text[s.at+1] == '"':
			text = append(text, s.text[from:s.at+1]...)
			s.at++
			from = s.at + 1
		case c == '"':
			text = append(text, s.text[from:s.at]...)
			if s.at++; s.sep != ' ' {
				s.skipSpaces()
			}
			if !s.endOfLine() && !s.atSep() {
				return nil, fmt.Errorf("line %d: text follows a closing quote: write a quote within quotes twice", s.line)
			}
			return bytes.TrimSpace(text), nil
		case c == '\n', c == '\r' && (s.at+1 == len(s.text) || s.text[s.at+1] != '\n'):
			s.line++
		}
	}
	return nil, fmt.Errorf("line %d: a quote is opened there and never closed: close it, or leave it out", line)
}

// skipSpaces skips spaces, and tabs where they do not separate fields.
func (s *scanner) skipSpaces() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\t' && s.sep != '\t') {
		s.at++
	}
}

// atSep reports whether a separator comes next.
func (s *scanner) atSep() bool {
	c := s.text[s.at]
	return c == s.sep || s.sep == ' ' && c == '\t'
}

func (s *scanner) endOfLine() bool {
	return s.at >= len(s.text) || s.text[s.at] == '\n' || s.text[s.at] == '\r'
}

// skipLine goes to the start of the next line.
func (s *scanner) skipLine() {
	for !s.endOfLine() {
		s.at++
	}
	if s.at >= len(s.text) {
		return
	}
	if s.text[s.at] == '\r' && s.at+1 < len(s.text) && s.text[s.at+1] == '\n' {
		s.at++
	}
	s.at++
	s.line++
}
