package declare

import (
	"encoding/binary"
	"unicode/utf16"
)

// encoding is an encoding of Unicode other than UTF-8.
type encoding struct {
	name  string
	width int                       // bytes of a unit
	unit  func(bytes []byte) uint32 // of so many bytes
}

// Those of four bytes come first: what starts with the byte order mark of UTF-32 starts with that of UTF-16, too.
var encodings = []encoding{
	{"UTF-32", 4, binary.BigEndian.Uint32},
	{"UTF-32", 4, binary.LittleEndian.Uint32},
	{"UTF-16", 2, func(b []byte) uint32 { return uint32(binary.BigEndian.Uint16(b)) }},
	{"UTF-16", 2, func(b []byte) uint32 { return uint32(binary.LittleEndian.Uint16(b)) }},
}

// encodingOf returns the encoding of a text, and whether it is one other than UTF-8. Such a text starts with a byte order mark
// or, as every YAML text, with a character of ASCII, which leaves bytes that are zero.
func encodingOf(text []byte) (encoding, bool) {
	for _, e := range encodings {
		if len(text) < e.width {
			continue
		}
		if first := e.unit(text); first == 0xfeff || first != 0 && first < 0x80 {
			return e, true
		}
	}
	return encoding{}, false
}

// decode returns a text in UTF-8, without its byte order mark.
func (e encoding) decode(text []byte) string {
	var runes []rune
	var units []uint16
	for ; len(text) >= e.width; text = text[e.width:] {
		switch unit := e.unit(text); {
		case unit == 0xfeff && len(runes)+len(units) == 0:
		case e.width == 2:
			units = append(units, uint16(unit))
		default:
			runes = append(runes, rune(unit))
		}
	}
	return string(append(runes, utf16.Decode(units)...))
}
