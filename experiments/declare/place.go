package declare

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Place is the place of a value in a text.
type Place struct{ node *yaml.Node }

// Has reports whether the value is a mapping with the key.
func (p Place) Has(key string) bool {
	_, ok := valueOf(p.node, key)
	return ok
}

// Key returns the place of the value of a key, or p itself if there is no such key.
func (p Place) Key(key string) Place {
	if n, ok := valueOf(p.node, key); ok {
		return Place{n}
	}
	return p
}

// Entry returns the place of entry i, or p itself if there is no such entry.
func (p Place) Entry(i int) Place {
	if p.node.Kind == yaml.SequenceNode && i < len(p.node.Content) {
		return Place{follow(p.node.Content[i])}
	}
	return p
}

// Word returns the first place in p where the word is written, or p itself if there is none.
func (p Place) Word(word string) Place { return Place{spelled(p.node, word)} }

// Errorf returns an error at the place, for Family.Make.
func (p Place) Errorf(format string, args ...any) error {
	return placeError{p.node, fmt.Sprintf(format, args...)}
}

// placeError is an error at a place.
type placeError struct {
	node    *yaml.Node
	message string
}

func (e placeError) Error() string { return e.message }

// spelled returns the first scalar in a node that equals the word, or the node itself if there is none.
func spelled(n *yaml.Node, word string) *yaml.Node {
	n = follow(n)
	for _, c := range n.Content {
		if s := spelled(c, word); s.Kind == yaml.ScalarNode && s.Value == word {
			return s
		}
	}
	return n
}

// quoted matches a word in quotes.
var quoted = regexp.MustCompile(`"[^"]*"`)

// fault returns the place of the parameter that an error starts with or, in a list, of the entry that the error quotes. It
// is the whole if the error does not start with a parameter.
func fault(err error, whole Place) Place {
	key, message, ok := strings.Cut(err.Error(), ": ")
	if !ok || !whole.Has(key) {
		return whole
	}
	return whole.Key(key).Word(strings.Trim(quoted.FindString(message), `"`))
}
