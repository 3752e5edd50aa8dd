package net

import (
	"fmt"
	"strconv"
	"strings"
)

// Parse returns the net that String describes. It returns an error for any other text.
func Parse(text string) (n Net, err error) {
	words := strings.Split(text, ", ")
	if len(words) < 5 {
		return n, unknown(text)
	}
	for _, a := range Architectures {
		if a.Name == words[0] {
			n.Architecture = a
		}
	}
	for _, a := range Activations {
		if a.Name == words[len(words)-1] {
			n.Activation = a
		}
	}
	for _, size := range strings.Split(strings.TrimPrefix(words[1], "dimension "), "x") {
		s, err := strconv.Atoi(size)
		if err != nil {
			return n, unknown(text)
		}
		n.Shape = append(n.Shape, s)
	}
	for _, w := range words[2 : len(words)-1] {
		for form, number := range map[string]*int{"given %d": &n.Given, "width %d": &n.Width, "depth %d": &n.Depth, "%d heads": &n.Heads} {
			v := 0
			if _, err := fmt.Sscanf(w, form, &v); err == nil {
				*number = v
			}
		}
	}
	if n.String() != text || n.Check() != nil {
		return n, unknown(text)
	}
	return n, nil
}

func unknown(text string) error { return fmt.Errorf("%q describes no net", text) }
