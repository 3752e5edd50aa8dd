package experiments

import (
	"slices"
	"strings"
)

// Remark is what people say of a sweep, a fit or a run: its tags and its note, and the aliases that name a run.
type Remark struct {
	Kind    string   // "sweep", "fit" or "run"
	Key     string   // the key, or the name of the sweep
	Tags    []string // sorted
	Aliases []string // sorted
	Note    string   // empty if there is none
}

// SetRemarks gives the sweep its remarks and each result its tags, which include those of its fit and of the sweep, and the
// notes on it, on its fit and on the sweep.
func (s *Sweep) SetRemarks(list []Remark) {
	s.Remarks = list
	if len(list) == 0 {
		return
	}
	type owner struct{ kind, key string }
	of := map[owner]Remark{}
	for _, r := range list {
		of[owner{r.Kind, r.Key}] = r
	}
	whole := of[owner{"sweep", s.Name}]
	for i := range s.Results {
		r := &s.Results[i]
		run, fit := of[owner{"run", r.Run}], of[owner{"fit", r.Fit}]
		r.Tags = slices.Concat(run.Tags, fit.Tags, whole.Tags)
		slices.Sort(r.Tags)
		r.Tags = slices.Compact(r.Tags)
		r.Note, r.FitNote, r.SweepNote = run.Note, fit.Note, whole.Note
	}
}

// AliasMark stands before an alias wherever the key of a run is asked for, as in "@champion".
const AliasMark = "@"

// SetAliases gives each result its aliases, which are by the key of their run, and adds them to the remarks.
func (s *Sweep) SetAliases(of map[string][]string) {
	if len(of) == 0 {
		return
	}
	s.Remarks = slices.Clone(s.Remarks)
	for i := range s.Results {
		r := &s.Results[i]
		if r.Aliases = of[r.Run]; r.Aliases == nil {
			continue
		}
		at := slices.IndexFunc(s.Remarks, func(m Remark) bool { return m.Kind == "run" && m.Key == r.Run })
		if at < 0 {
			at = len(s.Remarks)
			s.Remarks = append(s.Remarks, Remark{Kind: "run", Key: r.Run})
		}
		s.Remarks[at].Aliases = r.Aliases
	}
	order := []string{"sweep", "run", "fit"}
	slices.SortFunc(s.Remarks, func(a, b Remark) int {
		if a.Kind != b.Kind {
			return slices.Index(order, a.Kind) - slices.Index(order, b.Kind)
		}
		return strings.Compare(a.Key, b.Key)
	})
}

// TagList returns tags, after aliases with their mark, with commas.
func TagList(aliases, tags []string) string {
	var words []string
	for _, alias := range aliases {
		words = append(words, AliasMark+alias)
	}
	return strings.Join(append(words, tags...), ", ")
}
