// Package shorten cuts long texts so that those that differ still do.
//
//	short := shorten.Texts([]string{"/data/a/very/long/path.csv"}, 12)
package shorten

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Texts returns the texts with those of more than limit letters cut, to at most about that, with "…" for what is left out.
// Texts that differ have different results: of several that begin and end alike, the letters around the first difference are
// kept too, and a hash where these are still equal. Of a JSON list whole elements are kept, with their number.
func Texts(texts []string, limit int) []string {
	short := map[string]string{}
	taken := map[string]bool{}
	var long []string
	for _, text := range texts {
		if utf8.RuneCountInString(text) <= limit {
			short[text], taken[text] = text, true
		} else {
			long = append(long, text)
		}
	}
	slices.Sort(long)
	long = slices.Compact(long)
	for _, form := range []func(texts []string, i, limit int) string{ends, difference, hashed} {
		forms, count := map[string]string{}, map[string]int{}
		for i, text := range long {
			forms[text] = form(long, i, limit)
			count[forms[text]]++
		}
		long = slices.DeleteFunc(long, func(text string) bool {
			f := forms[text]
			if count[f] > 1 || taken[f] {
				return false
			}
			short[text], taken[f] = f, true
			return true
		})
	}
	results := make([]string, len(texts))
	for i, text := range texts {
		results[i] = short[text]
	}
	return results
}

// ends returns the beginning and the end of texts[i].
func ends(texts []string, i, limit int) string {
	if list, ok := elementsOf(texts[i]); ok {
		if text := list.keep(); utf8.RuneCountInString(text) <= limit {
			return text
		}
	}
	letters := []rune(texts[i])
	head := 2 * limit / 5
	return pieces(letters, part{0, head}, part{len(letters) - (limit - head - 1), len(letters)})
}

// difference returns texts[i] around the letter by which it differs from all others, which are sorted.
func difference(texts []string, i, limit int) string {
	letters := []rune(texts[i])
	at := 0
	for _, near := range texts[max(i-1, 0):min(i+2, len(texts))] {
		if near != texts[i] {
			at = max(at, common(letters, []rune(near)))
		}
	}
	at = min(at, len(letters)-1)
	if list, ok := elementsOf(texts[i]); ok {
		if text := list.keep(list.at(len(string(letters[:at])))); utf8.RuneCountInString(text) <= limit+limit/2 {
			return text
		}
	}
	piece := limit / 5
	return pieces(letters, part{0, piece}, part{at - piece, at + piece}, part{len(letters) - piece, len(letters)})
}

// hashed returns the beginning of texts[i] and its hash.
func hashed(texts []string, i, limit int) string {
	sum := sha256.Sum256([]byte(texts[i]))
	return pieces([]rune(texts[i]), part{0, max(limit-14, 0)}) + " #" + hex.EncodeToString(sum[:5])
}

// common returns the number of letters that two texts have in common at their beginning.
func common(a, b []rune) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// part is a part of a text, from one letter up to another.
type part struct{ from, to int }

// pieces returns the parts of a text, in order, with "…" for what is between and after them.
func pieces(letters []rune, parts ...part) string {
	var out strings.Builder
	done := 0
	for _, p := range parts {
		from, to := max(p.from, done), min(p.to, len(letters))
		if from >= to {
			continue
		}
		if from > done {
			out.WriteString("…")
		}
		out.WriteString(string(letters[from:to]))
		done = to
	}
	if done < len(letters) {
		out.WriteString("…")
	}
	return out.String()
}

// elements are those of a JSON list, as written.
type elements []json.RawMessage

// elementsOf returns the elements of a text, and whether it is a list of several without spaces between them.
func elementsOf(text string) (list elements, ok bool) {
	if !strings.HasPrefix(text, "[") || json.Unmarshal([]byte(text), &list) != nil {
		return nil, false
	}
	return list, len(list) > 1 && list.start(len(list)) == len(text)
}

// start returns where element k is in the text of the list, in bytes.
func (e elements) start(k int) int {
	at := len("[")
	for _, element := range e[:k] {
		at += len(element) + len(",")
	}
	return at
}

// at returns the element at a place of the text.
func (e elements) at(place int) int {
	k := 0
	for k+1 < len(e) && e.start(k+1) <= place {
		k++
	}
	return k
}

// keep returns the list with its first and last element and the given one, and their number.
func (e elements) keep(kept ...int) string {
	text, last := "["+string(e[0]), 0
	for _, k := range append(kept, len(e)-1) {
		switch {
		case k <= last:
			continue
		case k > last+1:
			text += ",…"
		}
		text, last = text+","+string(e[k]), k
	}
	return fmt.Sprintf("%s] (%d values)", text, len(e))
}
