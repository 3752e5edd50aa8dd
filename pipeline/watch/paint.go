package watch

// style is how a text looks. Colours only repeat what the words say.
type style int

const (
	plain style = iota
	bold
	faint
	good
	bad
	busy
)

// codes are the attributes of a terminal for each style, and those without colours.
var codes = map[style][2]string{
	bold: {"1", "1"}, faint: {"2", "2"}, good: {"32", ""}, bad: {"31", "1"}, busy: {"36", ""},
}

// painter gives texts a look.
type painter struct{ colours, none bool }

// paint returns a text in a style.
func (p painter) paint(s style, text string) string {
	code := codes[s][1]
	if p.colours {
		code = codes[s][0]
	}
	if code == "" || text == "" || p.none {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
