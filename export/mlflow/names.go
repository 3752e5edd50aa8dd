package mlflow

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The most bytes that MLflow keeps. Names of runs are cut without a word to say so.
const (
	maxKey           = 250
	maxParam         = 6000
	maxTag           = 8000
	maxExperimentTag = 5000
	maxRunName       = 250
)

// notAllowed is what MLflow does not take in the names of parameters, metrics and tags, on any system.
var notAllowed = regexp.MustCompile(`[^\p{L}\p{N}_./\- ]`)

// plain returns a name without the characters that MLflow does not take.
func plain(name string) string {
	name = notAllowed.ReplaceAllString(name, "_")
	if strings.HasPrefix(name, "/") || strings.HasPrefix(name, ".") || strings.Contains(name, "//") || strings.Contains(name, "/.") || strings.HasSuffix(name, "/") {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "/", "_"), "..", "__") // it would be a path
	}
	return cut(name, maxKey)
}

// names tells plain names apart: the same name has the same plain name, and others have others.
type names map[string]string // names by their plain ones

func (n names) of(name string) string {
	short := plain(name)
	for i := 2; ; i++ {
		owner, taken := n[short]
		if !taken || owner == name {
			n[short] = name
			return short
		}
		short = cut(plain(name), maxKey-8) + fmt.Sprintf("_%d", i)
	}
}

// cut returns the text with at most this many bytes. What is cut off is replaced by an ellipsis.
func cut(text string, most int) string {
	const ellipsis = "…"
	if len(text) <= most {
		return text
	}
	end := most - len(ellipsis)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// identity returns the name of a run or model: the same for the same thing in every export, 32 digits.
func identity(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
