package lineage

import (
	"fmt"

	"flowsweep/experiments"
)

// Step is a step of the way from data to files, for people.
type Step struct {
	Kind    string   // target, source, teacher, fit, tuning, run
	What    string   // which one it is: the same wherever and whenever it was made
	File    string   // that the store holds of it, or ""
	SHA256  string   // of the file or, of data, of the rows; or ""
	Details []string // when and how it was made

	Environment *experiments.Environment // in which it was made; nil if that is not known
}

// Steps returns the steps up to the run, or to the fit where there is none.
func (l Lineage) Steps() (list []Step) {
	for _, d := range l.Data {
		s := Step{Kind: d.Role, What: string(d.Law), SHA256: d.SHA256}
		if d.SHA256 != "" {
			s.What = fmt.Sprintf("%d rows of data", d.Rows)
		}
		list = append(list, s)
	}
	for i := len(l.Teachers) - 1; i >= 0; i-- {
		list = append(list, l.Teachers[i].step("teacher"))
	}
	list = append(list, l.Fit.step("fit"))
	if t := l.Tuning; t != nil {
		list = append(list, Step{Kind: "tuning", What: t.Key + " " + string(t.Tuned)})
	}
	if l.Run == nil {
		return list
	}
	run := Step{Kind: "run", What: l.Run.Key + " " + string(l.Run.Sampling), Environment: l.Run.Environment}
	run.file(l.Run.Files, "samples.npy")
	if l.Run.State != experiments.Finished {
		run.Details = append(run.Details, string(l.Run.State))
	}
	if !l.Run.Finished.IsZero() {
		run.Details = append(run.Details, "sampled "+l.Run.Finished.Format(timeForm))
	}
	return append(list, run)
}

// timeForm is how times are written, in UTC.
const timeForm = "2006-01-02 15:04:05 UTC"

// step returns the step of a fit.
func (f Fit) step(kind string) Step {
	if f.Missing {
		return Step{Kind: kind, What: f.Key + ", which is in the store no more"}
	}
	s := Step{Kind: kind, What: fmt.Sprintf("%s seed %d, recipe version %d", f.Key, f.Seed, f.Version), Environment: f.Environment}
	s.file(f.Files, "weights.safetensors")
	for _, t := range f.Tries {
		s.Details = append(s.Details, fmt.Sprintf("a try was %s, noticed %s; a later one went on from its checkpoint, if it had one", t.State, t.Noticed.Format(timeForm)))
	}
	if !f.Finished.IsZero() {
		s.Details = append(s.Details, fmt.Sprintf("%s %s, after %.3g s of training", f.State, f.Finished.Format(timeForm), f.Seconds))
	}
	return s
}

// file adds the file of this name, if it is there.
func (s *Step) file(list []experiments.Artifact, name string) {
	for _, a := range list {
		if a.Name == name {
			s.File, s.SHA256 = a.Name, a.SHA256
		}
	}
}
