package experiments

import (
	"bytes"
	"encoding/json"
)

// IsKeyOfFit reports whether this is the key of a fit with this configuration, as it is stored: the JSON of a recipe, with
// the seed as its last field. Keys of all versions count.
func IsKeyOfFit(k string, config []byte) bool {
	recipe, seed, ok := cutLast(config, `,"seed":`)
	if !ok {
		return false
	}
	recipe, seed = append(bytes.Clone(recipe), '}'), bytes.TrimSuffix(seed, []byte("}"))
	for version := fitVersion; version <= newestFitVersion(); version++ {
		if same, err := key("fit", version, json.RawMessage(recipe), json.RawMessage(seed)); err == nil && same == k {
			return true
		}
	}
	return false
}

// IsKeyOfRun reports whether this is the key of a run of the fit with this configuration, as it is stored: the JSON of a
// sampling. The starting noise also depends on the seed of the sweep's reference.
func IsKeyOfRun(k, fit string, config []byte, referenceSeed uint64) bool {
	same, err := key("run", runVersion, fit, json.RawMessage(config), referenceSeed)
	return err == nil && same == k
}

func cutLast(text []byte, sep string) (before, after []byte, ok bool) {
	i := bytes.LastIndex(text, []byte(sep))
	if i < 0 {
		return nil, nil, false
	}
	return text[:i], text[i+len(sep):], true
}
