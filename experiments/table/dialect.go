package table

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// dialect is how text is divided into cells, and how numbers are written in it.
type dialect struct{ sep, decimal byte }

// separators lists what may stand between columns, in order of preference, and what people call it.
var separators = []struct {
	sep  byte
	name string
}{{',', "commas"}, {'\t', "tabs"}, {';', "semicolons"}, {'|', "vertical bars"}, {' ', "spaces"}}

// sniffed is how many records are looked at to find the separator.
const sniffed = 100

// dialectOf finds the dialect of a text, as far as the options leave it open, and says what is unusual about it.
func dialectOf(text []byte, o Options) (d dialect, notes []string) {
	d = dialect{o.separator(), o.decimal()}
	if d.sep == 0 {
		d.sep = sniff(text, o)
	}
	if d.decimal == 0 {
		d.decimal = '.'
		if d.sep != ',' && decimalCommas(text, d.sep) {
			d.decimal = ','
		}
	}
	var what []string
	for _, s := range separators {
		if s.sep == d.sep && d.sep != ',' {
			what = append(what, "columns are divided by "+s.name)
		}
	}
	if d.decimal == ',' {
		what = append(what, "decimals follow a comma")
	}
	if len(what) > 0 {
		notes = []string{strings.Join(what, " and ")}
	}
	return d, notes
}

// sniff returns the separator with which all of the first records have the same number of columns, at least 2. If there
// are several such, it is the one that gives the greatest share of numbers: 1,5;2,5 has three columns by commas, but two
// of numbers by semicolons.
func sniff(text []byte, o Options) byte {
	best, most := byte(0), -1.
	for _, candidate := range separators {
		share, even := numbersBy(text, candidate.sep, o)
		if even && share > most && (candidate.sep != ' ' || share == 1) {
			best, most = candidate.sep, share
		}
	}
	if best != 0 {
		return best
	}
	// No separator divides all lines evenly. One of the first line makes for a better error than one column of words.
	first, _, _ := bytes.Cut(text, []byte("\n"))
	most = 0
	for _, candidate := range separators[:len(separators)-1] {
		if n := float64(bytes.Count(first, []byte{candidate.sep})); n > most {
			best, most = candidate.sep, n
		}
	}
	return cmp.Or(best, ',')
}

// numbersBy returns the share of cells below the first record that hold a number or nothing, and whether the records have
// the same number of columns, at least 2. The first may have one column less, as R writes it.
func numbersBy(text []byte, sep byte, o Options) (share float64, even bool) {
	s := newScanner(text, sep)
	first, width, cells, numbers := 0, 0, 0, 0
	for range sniffed {
		ok, err := s.next()
		if err != nil {
			return 0, false
		}
		if !ok {
			break
		}
		switch n := len(s.fields); {
		case first == 0:
			first = n
			continue
		case width == 0 && (n == first || n == first+1):
			width = n
		case n != width:
			return 0, false
		}
		for _, f := range s.fields {
			text := string(f.text[:min(len(f.text), maxName)])
			_, kind := parse(text, '.')
			comma, _ := commaNumber(text)
			if cells++; kind != wordCell || comma && sep != ',' && o.decimal() != '.' {
				numbers++
			}
		}
	}
	if width == 0 {
		width = first
	}
	return float64(numbers) / float64(max(1, cells)), width >= 2
}

// decimalCommas reports whether decimals follow a comma: some cells are such numbers, none has decimals after a point, and
// not all of them may be thousands.
func decimalCommas(text []byte, sep byte) bool {
	s := newScanner(text, sep)
	sure := false
	for {
		ok, err := s.next()
		if !ok || err != nil {
			return sure
		}
		for _, f := range s.fields {
			switch comma := bytes.IndexByte(f.text, ','); {
			case comma >= 0 && len(f.text) < maxName:
				yes, thousands := commaNumber(string(f.text))
				sure = sure || yes && !thousands
			case bytes.IndexByte(f.text, '.') >= 0 && len(f.text) < maxName:
				if _, kind := parse(string(f.text), '.'); kind == numberCell {
					return false
				}
			}
		}
	}
}

// Options say how to read a file where it does not say so itself. The zero value decides by the content.
type Options struct {
	Header    Header
	Separator string // one of , ; | or a tab or space; empty to decide
	Decimal   string // . or , ; empty to decide
	Array     string // the name of the array in a .npz file; empty if it has only one
}

// Header says whether the first line of a text names the columns. The zero value decides by the content.
type Header struct{ Name string }

// The headers.
var (
	AutoHeader = Header{"auto"}
	Names      = Header{"true"}
	NoNames    = Header{"false"}
)

// Headers lists every header.
var Headers = []Header{AutoHeader, Names, NoNames}

// Check returns an error that names the option which is none, or nil.
func (o Options) Check() error {
	known := false
	for _, s := range separators {
		known = known || o.Separator == string(s.sep)
	}
	switch {
	case o.Separator != "" && !known:
		return fmt.Errorf("separator: %q is none: use \",\", \";\", \"\\t\", \"|\" or \" \"", o.Separator)
	case o.Decimal != "" && o.Decimal != "." && o.Decimal != ",":
		return fmt.Errorf("decimal: %q is none: use \".\" or \",\"", o.Decimal)
	default:
		return nil
	}
}

func (o Options) separator() byte { return first(o.Separator) }
func (o Options) decimal() byte   { return first(o.Decimal) }

func first(text string) byte {
	if text == "" {
		return 0
	}
	return text[0]
}
