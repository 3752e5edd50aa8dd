package declare

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Place is a place in a text: a value as it is written.
type Place struct{ node *yaml.Node }

// Has reports whether the value is a mapping in which the key is written.
func (p Place) Has(key string) bool {
	_, ok := valueOf(p.node, key)
	return ok
}

// Key returns the value of a key, and the place itself where the key is not written.
func (p Place) Key(key string) Place {
	if n, ok := valueOf(p.node, key); ok {
		return Place{n}
	}
	return p
}

// Entry returns entry i of a list, and of anything else the place itself.
func (p Place) Entry(i int) Place {
	if p.node.Kind == yaml.SequenceNode && i < len(p.node.Content) {
		return Place{follow(p.node.Content[i])}
	}
	return p
}

// Word returns the first place within this one that says just the word, and the place itself where none does.
func (p Place) Word(word string) Place { return Place{spelled(p.node, word)} }

// Errorf returns an error at the place, for a Family to return.
func (p Place) Errorf(format string, args ...any) error {
	return misplaced{p.node, fmt.Sprintf(format, args...)}
}

// misplaced is an error at a place.
type misplaced struct {
	node    *yaml.Node
	message string
}

func (m misplaced) Error() string { return m.message }

// spelled returns the first scalar within a node that says just this, and the node itself where none does.
func spelled(n *yaml.Node, word string) *yaml.Node {
	n = follow(n)
	for _, c := range n.Content {
		if s := spelled(c, word); s.Kind == yaml.ScalarNode && s.Value == word {
			return s
		}
	}
	return n
}

// quoted finds the first word in quotes.
var quoted = regexp.MustCompile(`"[^"]*"`)

// fault returns the place of the parameter that an error begins with, of a list the entry that it quotes, and the whole
// where it begins with none.
func fault(err error, whole Place) Place {
	key, message, ok := strings.Cut(err.Error(), ": ")
	if !ok || !whole.Has(key) {
		return whole
	}
	return whole.Key(key).Word(strings.Trim(quoted.FindString(message), `"`))
}
