package optuna

import (
	"fmt"
	"strconv"
	"strings"

	"flowsweep/export/tracked"
)

// study inserts a sweep and its trials.
func (w *writer) study(s tracked.Sweep) {
	id := w.exec(`INSERT INTO studies (study_name) VALUES (?)`, s.Name)
	w.exec(`INSERT INTO study_directions (direction, study_id, objective) VALUES ('MINIMIZE', ?, 0)`, id)
	system := func(key string, value any) {
		w.exec(`INSERT INTO study_system_attributes (study_id, key, value_json) VALUES (?, ?, ?)`, id, key, jsonOf(value))
	}
	system("study:metric_names", []string{s.Metric})
	// What the dashboard shows as the note of the study.
	system("dashboard:note_ver", 1)
	for i, part := range parts(noteOf(s), noteSize) {
		system("dashboard:note_str:"+strconv.Itoa(i), part)
	}
	user := func(key string, value any) {
		w.exec(`INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (?, ?, ?)`, id, key, jsonOf(value))
	}
	user("made by", "flowsweep export-runs")
	user("spec", string(s.Spec))
	if len(s.Tags) > 0 {
		user("tags", s.Tags)
	}
	by, fits := distributions(s.Settings, s.Ranges), map[string]tracked.Fit{}
	for _, f := range s.Fits {
		fits[f.Key] = f
	}
	for number, setting := range s.Settings {
		w.trial(trial{study: id, number: number, setting: setting, metric: s.Metric, of: by, fits: fits})
	}
}

// noteSize is the number of letters of a part of a note in the dashboard.
const noteSize = 2045

// noteOf returns what to know of a study, in Markdown.
func noteOf(s tracked.Sweep) string {
	var b strings.Builder
	fmt.Fprintf(&b, "A sweep of flowsweep. Each trial is a setting; its value is the mean of %s over the seeds. A trial that is complete has finished "+
		"every seed; what single seeds have is in its user attributes. Intermediate values are the mean of the loss over the seeds, by the step of the training.\n", s.Metric)
	for number, setting := range s.Settings {
		if setting.Chosen != "" {
			fmt.Fprintf(&b, "\nThe sweep chose trial %d: %s.\n", number, setting.Label)
		}
	}
	if len(s.Tags) > 0 {
		fmt.Fprintf(&b, "\nTags: %s.\n", strings.Join(s.Tags, ", "))
	}
	if s.Note != "" {
		fmt.Fprintf(&b, "\n%s\n", s.Note)
	}
	return b.String()
}

// parts cuts a text into parts of at most n letters.
func parts(text string, n int) (list []string) {
	letters := []rune(text)
	for len(letters) > n {
		list, letters = append(list, string(letters[:n])), letters[n:]
	}
	return append(list, string(letters))
}
