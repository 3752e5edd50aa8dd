package experiments

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/table"
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
	data := newDataFiles(Parser{Large: p.Large})
	for _, key := range []string{"target", "source"} {
		var err error
		if doc[key], err = p.specForm(doc[key], key == "source", data); err != nil {
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
	spec, err := parse("stored config", text, data, true)
	if err != nil {
		return Setting{}, err
	}
	return spec.Settings[0], nil
}

// specForm returns a stored target or source as it stands in a spec. If it has data, their sha256 becomes the name of
// the file, and its table is added to data.
func (p Parser) specForm(stored json.RawMessage, source bool, data *dataFiles) (json.RawMessage, error) {
	var of struct {
		SHA256    string
		Columns   []string
		Kinds     []kinds.Kind
		HeldLast  int `json:"held_last"`
		Label     string
		Classes   []string
		Condition []string
	}
	if json.Unmarshal(stored, &of) != nil || of.SHA256 == "" {
		return stored, nil
	}
	if of.Kinds == nil {
		of.Kinds = allReal(len(of.Columns))
	}
	var form map[string]any
	err := json.Unmarshal(stored, &form)
	if err != nil {
		return nil, err
	}
	if data.arrays[of.SHA256], err = p.Large.stored(of.SHA256); err != nil {
		return nil, err
	}
	if data.arrays[of.SHA256] == nil {
		given, kindsOfGiven := givenColumns(of.Label, of.Classes, of.Condition)
		t, err := p.storedTable(of.SHA256, slices.Concat(of.Columns, given), slices.Concat(of.Kinds, kindsOfGiven))
		if err != nil {
			return nil, err
		}
		markHeld(form, &t, of.HeldLast)
		data.tables[readAs{path: of.SHA256, how: table.Options{Header: table.AutoHeader}}] = t
	}
	form["file"] = of.SHA256
	for _, key := range []string{"sha256", "rows", "kinds", "classes"} {
		delete(form, key)
	}
	if source {
		return sourceForm(form)
	}
	if form["columns"], err = choices(of.Columns, of.Kinds); err != nil {
		return nil, err
	}
	return json.Marshal(form)
}

// sourceForm returns a stored source as it stands in a spec, which a source does not scale, nor holds rows out of.
func sourceForm(form map[string]any) (json.RawMessage, error) {
	delete(form, "standardise")
	delete(form, "holdout")
	return json.Marshal(form)
}

// allReal returns the kinds of n columns of numbers.
func allReal(n int) []kinds.Kind { return slices.Repeat([]kinds.Kind{kinds.Real}, n) }

// givenColumns returns the columns of stored rows, after those that are learnt, that models are conditional on.
func givenColumns(label string, classes, condition []string) (names []string, list []kinds.Kind) {
	if label != "" {
		return []string{label}, []kinds.Kind{{Categories: classes}}
	}
	return condition, allReal(len(condition))
}

// markHeld says in the form of a target that the last n rows of its table are held out, if that is not 0.
func markHeld(form map[string]any, t *table.Table, n int) {
	if n > 0 {
		form["held"] = t.Mark(n)
		delete(form, "held_last")
		delete(form, "holdout")
	}
}

// storedTable returns the table of stored rows, whose categories are numbers.
func (p Parser) storedTable(sum string, names []string, list []kinds.Kind) (t table.Table, err error) {
	if p.Open == nil {
		return t, fmt.Errorf("cannot open %s: Parser.Open is nil", sum)
	}
	content, err := p.Open(sum)
	if err != nil {
		return t, err
	}
	b, err := flow.DecodeNPY(content)
	if err != nil {
		return t, fmt.Errorf("%s: %w", sum, err)
	}
	if b.Dim != len(names) || b.Dim != len(list) {
		return t, fmt.Errorf("%s: it has %d columns, of %d names and %d kinds", sum, b.Dim, len(names), len(list))
	}
	t = table.Of(b)
	for j, name := range names {
		t.Columns[j] = target.Named(t.Columns[j], name, list[j])
	}
	return t, nil
}

// choices returns the columns of a stored target as they stand in a spec, in their order.
func choices(columns []string, list []kinds.Kind) (json.RawMessage, error) {
	text := []byte("{")
	for j, name := range columns {
		key, err := json.Marshal(name)
		kind, err2 := json.Marshal(list[j])
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		if j > 0 {
			text = append(text, ',')
		}
		text = slices.Concat(text, key, []byte(":"), kind)
	}
	return append(text, '}'), nil
}

// IsKeyOfFit reports whether this is the key of a fit with this configuration, as it is stored: the JSON of a recipe, with
// the teacher if there is one, and the seed as its last field. Keys of all versions count.
func IsKeyOfFit(k string, config []byte) bool { return FitVersion(k, config) > 0 }

// FitVersion returns the recipe version of a fit with this key and configuration, or 0 if there is none with which it has the key.
func FitVersion(k string, config []byte) int {
	recipe, seed, ok := cutLast(config, `,"seed":`)
	if !ok {
		return 0
	}
	recipe, seed = append(bytes.Clone(recipe), '}'), bytes.TrimSuffix(seed, []byte("}"))
	for version := fitVersion; version <= newestFitVersion(); version++ {
		if same, err := key("fit", version, json.RawMessage(recipe), json.RawMessage(seed)); err == nil && same == k {
			return version
		}
	}
	return 0
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

// isKey reports whether a text has the form of a key.
func isKey(text string) bool {
	bytes, err := hex.DecodeString(text)
	return err == nil && len(bytes) == keyBytes && hex.EncodeToString(bytes) == text
}

// Tuning is what the stage between training and sampling found for the net of a fit: the coefficients of a solver, or a time
// grid.
type Tuning struct {
	Key     string // hash of all that the coefficients depend on
	Fit     string // key
	Of      string // canonical JSON of what was tuned: the solver or grid, with the path, the grid, the velocity calls and the points
	Table   string // JSON of the coefficients
	Judged  string // JSON of how good they were on noise that they were not fitted to
	NFE     int    // velocity calls spent for each point of noise
	Points  int    // of noise
	Seconds float64
}

// Valid returns an error that says why nothing could have made the tuning, or nil. Coefficients must be finite.
func (t Tuning) Valid() error {
	switch {
	case !isKey(t.Key):
		return fmt.Errorf("its key is not one: %q", t.Key)
	case !isKey(t.Fit):
		return fmt.Errorf("the key of its fit is not one: %q", t.Fit)
	case t.NFE < 0 || t.Points < 1:
		return fmt.Errorf("it has %d points of noise with %d velocity calls each", t.Points, t.NFE)
	case !(t.Seconds >= 0) || math.IsInf(t.Seconds, 1):
		return fmt.Errorf("it took %g seconds", t.Seconds)
	}
	var of, table, judged any
	for _, part := range []struct {
		name, text string
		into       *any
	}{{"what was tuned", t.Of, &of}, {"its coefficients", t.Table, &table}, {"how it was judged", t.Judged, &judged}} {
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil { // also for numbers that overflow
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	if !isFinite(table) {
		return errors.New("its coefficients are not all finite")
	}
	return nil
}

// isFinite reports whether a decoded JSON value has no text that stands for a Number which is not finite.
func isFinite(value any) bool {
	switch v := value.(type) {
	case string:
		return v != "nan" && v != "inf" && v != "-inf"
	case []any:
		return !slices.ContainsFunc(v, func(x any) bool { return !isFinite(x) })
	case map[string]any:
		for _, x := range v {
			if !isFinite(x) {
				return false
			}
		}
	}
	return true
}
