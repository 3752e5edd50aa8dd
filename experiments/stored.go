package experiments

import (
	"encoding/json"
	"fmt"
)

// ParseSetting returns the setting that is stored as the JSON of a recipe, with or without its seed, and of a sampling.
// It is how a fit or run is read that no sweep plans any more.
func ParseSetting(recipe, sampling []byte) (Setting, error) {
	doc := map[string]json.RawMessage{}
	if err := json.Unmarshal(recipe, &doc); err != nil {
		return Setting{}, fmt.Errorf("read a stored recipe: %w", err)
	}
	delete(doc, "seed")
	doc["name"] = json.RawMessage(`"stored"`)
	if sampling != nil {
		doc["sample"] = sampling
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return Setting{}, fmt.Errorf("read a stored recipe: %w", err)
	}
	spec, err := Parse("stored config", text)
	if err != nil {
		return Setting{}, err
	}
	return spec.Settings[0], nil
}
