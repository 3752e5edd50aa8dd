package experiments

import "encoding/json"

// Form returns the canonical text of a setting or of a part of one, its JSON form: equal ones have equal texts. Everything
// in a setting came through the decoder, and so has one.
func Form(part any) string {
	text, err := json.Marshal(part)
	if err != nil {
		panic("experiments: a part of a setting without a JSON form: " + err.Error())
	}
	return string(text)
}

// Form returns the canonical text of the setting, which settings are grouped by.
func (s Setting) Form() string { return Form(s) }
