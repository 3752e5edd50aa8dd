package declare

import "reflect"

// Section is what one mapping of a text may hold. The first is the text itself.
type Section struct {
	Kind  string // of the family that takes it, or ""
	Name  string // of the family, or the key of the mapping; "" for the text itself
	Words []Word
}

// Word is a key of a mapping.
type Word struct {
	Key      string
	Value    Object // the schema of one value
	Default  any    // or nil
	Doc      string
	Swept    bool // may be a list of values
	Required bool
}

// Sections returns the mappings of the texts that Values accepts, in the order in which a text uses them first, and the schemas that
// their values refer to. They are what Schema meets on its way.
func Sections[T any](l Language, defaults T) ([]Section, Object) {
	var sections []Section
	s := schema{kinds: l.kinds(), swept: sweptKeys(reflect.TypeFor[T]()), definitions: Object{}, sections: &sections}
	s.structure(reflect.ValueOf(defaults), field{})
	return sections, s.definitions
}

// collector adds words to a section. Without sections it adds none.
type collector struct {
	sections *[]Section
	at       int
}

// section begins the section of a mapping.
func (s schema) section(in field) collector {
	if s.sections == nil {
		return collector{}
	}
	*s.sections = append(*s.sections, Section{Kind: in.kind, Name: in.name})
	return collector{s.sections, len(*s.sections) - 1}
}

func (c collector) add(f field, value Object, proto reflect.Value) {
	if c.sections == nil {
		return
	}
	word := Word{Key: f.name, Value: value, Doc: f.tag.Get("doc"), Swept: f.swept, Required: f.tag.Get("required") != ""}
	if !word.Required && hasDefault(proto) {
		word.Default = proto.Interface()
	}
	words := &(*c.sections)[c.at].Words
	*words = append(*words, word)
}
