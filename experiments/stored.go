package experiments

import (
	"bytes"
	"encoding/json"
	"fmt"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/target"
)

// Setting returns the setting stored as the JSON of a recipe, with or without its seed, and of a sampling. It is needed
// for fits and runs that no sweep plans any more. Open must return the Contents of the recipe by sha256.
func (p Parser) Setting(recipe, sampling []byte) (Setting, error) {
	doc := map[string]json.RawMessage{}
	if err := json.Unmarshal(recipe, &doc); err != nil {
		return Setting{}, fmt.Errorf("read a stored recipe: %w", err)
	}
	delete(doc, "seed")
	delete(doc, "teacher") // follows from the rest
	doc["name"] = json.RawMessage(`"stored"`)
	if sampling != nil {
		doc["sample"] = sampling
	}
	tables := map[string]target.Table{}
	for _, key := range []string{"target", "source"} {
		var err error
		if doc[key], err = p.specForm(doc[key], key == "source", tables); err != nil {
			return Setting{}, fmt.Errorf("read the data of a stored recipe: %w", err)
		}
		if doc[key] == nil {
			delete(doc, key)
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return Setting{}, fmt.Errorf("read a stored recipe: %w", err)
	}
	spec, err := parse("stored config", text, &dataFiles{tables: tables}, true)
	if err != nil {
		return Setting{}, err
	}
	return spec.Settings[0], nil
}

// specForm returns a stored target or source as it stands in a spec. If it has data, their sha256 becomes the name of
// the file, and the table is added to tables.
func (p Parser) specForm(stored json.RawMessage, source bool, tables map[string]target.Table) (json.RawMessage, error) {
	var data struct {
		SHA256  string
		Columns []string
	}
	if json.Unmarshal(stored, &data) != nil || data.SHA256 == "" {
		return stored, nil
	}
	if p.Open == nil {
		return nil, fmt.Errorf("cannot open %s: Parser.Open is nil", data.SHA256)
	}
	content, err := p.Open(data.SHA256)
	if err != nil {
		return nil, err
	}
	b, err := flow.DecodeNPY(content)
	if err != nil {
		return nil, err
	}
	if b.Dim != len(data.Columns) {
		return nil, fmt.Errorf("%s has %d columns, want %d", data.SHA256, b.Dim, len(data.Columns))
	}
	t := target.TableOf(b)
	for j, name := range data.Columns {
		t.Columns[j].Name = name
	}
	tables[data.SHA256] = t
	var form map[string]any
	if err := json.Unmarshal(stored, &form); err != nil {
		return nil, err
	}
	form["file"] = data.SHA256
	delete(form, "sha256")
	delete(form, "rows")
	if source {
		delete(form, "standardise")
		delete(form, "holdout")
	}
	return json.Marshal(form)
}

// IsKeyOfFit reports whether this is the key of a fit with this configuration, as it is stored: the JSON of a recipe, with
// the teacher if there is one, and the seed as its last field. Keys of all versions count.
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
