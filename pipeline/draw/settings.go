package draw

import (
	"cmp"
	"fmt"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/pipeline/saved"
)

// Flags are the parts of a sampling that a user names, as in a spec. Empty ones are not named.
type Flags struct {
	Solver, Steps, Tolerance, Grid, Path string
	SDENoise                             string // c of ode.SDE

	Label, Guidance string   // of conditional models
	Condition       []string // name=value for each number
}

// named returns the flags that are given, by their names.
func (f Flags) named() map[string]string {
	given := map[string]string{}
	for name, value := range map[string]string{"solver": f.Solver, "steps": f.Steps, "tolerance": f.Tolerance, "grid": f.Grid, "path": f.Path, "sde-noise": f.SDENoise} {
		if value != "" {
			given[name] = value
		}
	}
	return given
}

// advice is how something was sampled, or should be, as texts of a spec. Empty ones are not known.
type advice struct {
	by string // who gives it: the run, or the file
	is Flags
}

// adviceOf returns the sampling of a run.
func adviceOf(s experiments.Sampling) advice {
	a := advice{by: "the run", is: Flags{Solver: experiments.Form(s.Solver)}}
	if s.Solver.Adaptive() {
		a.is.Tolerance = experiments.Form(s.Tolerance)
	} else {
		a.is.Steps, a.is.Grid = fmt.Sprint(s.Steps), experiments.Form(s.Grid)
	}
	if s.SDE.Noise > 0 {
		a.is.SDENoise = fmt.Sprint(s.SDE.Noise)
	}
	if s.Path.Name != "" {
		a.is.Path = experiments.Form(s.Path)
	}
	return a
}

// Settings is how samples are drawn.
type Settings struct {
	Sampling experiments.Sampling
	Origin   string // where its parts come from, in a few words
	Seed     uint64 // of the noise of the steps, if they have any, and of conditions

	varied bool                             // they are not all given the same
	given  func(count, first int) []float64 // what the samples from a number on are given; nil for nothing
}

// parts are the parts of a sampling that a solver takes, by whether it is adaptive.
var parts = map[bool][]string{true: {"tolerance"}, false: {"steps", "grid"}}

// Settings returns how to draw samples: as the flags say; where they say nothing, as the run or the file says; and then by the
// defaults of a spec. Flags that contradict each other are an error, as are those of a sampler.
func (f From) Settings(flags Flags, seed uint64) (how Settings, err error) {
	if how, err = f.settings(flags); err != nil {
		return how, err
	}
	how.Seed = seed
	how.given, how.varied, err = f.conditions(flags, how.Sampling, seed)
	return how, err
}

func (f From) settings(flags Flags) (how Settings, err error) {
	given := flags.named()
	if f.sampler != nil {
		for _, name := range []string{"solver", "steps", "tolerance", "grid", "path", "sde-noise"} {
			if given[name] != "" {
				return how, fmt.Errorf("%s: it is a sampler, with its own solver and steps: leave out --%s, or sample velocity.onnx", f.Name, name)
			}
		}
		how.Origin = "its own solver and steps"
		return how, f.condition(flags, &how.Sampling)
	}
	if len(given) == 0 && f.run.Solver.Name != "" && flags.Guidance == "" && flags.Label == "" && flags.Condition == nil {
		return Settings{Sampling: f.run, Origin: "as the run was sampled"}, nil
	}
	return f.merged(flags, given)
}

// merged returns the sampling of the flags that are given and, for the others, of the advice and the defaults.
func (f From) merged(flags Flags, given map[string]string) (how Settings, err error) {
	advised := f.advice.is.named()
	taken, err := f.taken(given, advised)
	if err != nil {
		return how, err
	}
	text, origin := merge(taken, given, advised, f.advice.by)
	if how.Sampling, err = experiments.ParseSampling("{" + text + "}"); err != nil {
		return how, err
	}
	if how.Sampling.SDE.Noise > 0 {
		if f.noScore != nil {
			return how, fmt.Errorf("--sde-noise: %w: use 0", f.noScore)
		}
		if f.assumption != "" {
			origin = append(origin, "the net taken as trained along "+f.velocity.Path.String()+" on independent pairs")
		}
	}
	if how.Sampling.Path, err = f.pathOf(given["path"], advised["path"]); err != nil {
		return how, err
	}
	if name := how.Sampling.Path.Name; name != "" {
		by := f.advice.by
		if given["path"] != "" {
			by = "the flags" + f.assumption
		}
		origin = append(origin, "path from "+by)
	}
	how.Origin = strings.Join(origin, "; ")
	if err := f.condition(flags, &how.Sampling); err != nil {
		return how, err
	}
	how.Sampling, err = f.fitted(how.Sampling)
	return how, err
}

// taken returns the parts of a sampling that its solver takes, which depend on it alone. Other parts that are given are an error.
func (f From) taken(given, advised map[string]string) ([]string, error) {
	text, _ := merge([]string{"solver"}, given, advised, f.advice.by)
	alone, err := experiments.ParseSampling("{" + text + "}")
	if err != nil {
		return nil, err
	}
	noise := cmp.Or(given["sde-noise"], advised["sde-noise"])
	if err := checkNoise(alone, noise); err != nil {
		return nil, err
	}
	adaptive := alone.Solver.Adaptive()
	for _, name := range parts[!adaptive] {
		if given[name] != "" {
			return nil, fmt.Errorf("--%s: %s", name, contradiction(alone.Solver.Name, adaptive))
		}
	}
	taken := append([]string{"solver"}, parts[adaptive]...)
	if noise != "" { // a solver that adds none is told so
		taken = append(taken, "sde-noise")
	}
	return taken, nil
}

// fitted returns a sampling with the coefficients of its solver or the times of its grid, if these are fitted.
func (f From) fitted(s experiments.Sampling) (experiments.Sampling, error) {
	if !s.Fitted() {
		return s, nil
	}
	key := s
	if f.run.Solver.Name == "" { // a file does not say for which class and guidance they were found
		key.Guidance, key.Label = flow.Guidance{}, ""
	}
	for _, t := range f.tunings {
		if t.Of == experiments.TuningForm(key) {
			return saved.WithTable(s, t)
		}
	}
	if s.Grid.Fitted {
		return s, fmt.Errorf("%s has no tuned grid for %s with %d steps: sweep it, or take another grid, such as --grid uniform", f.Name, s.Solver.Name, s.Steps)
	}
	return s, fmt.Errorf("%s has no coefficients of %s with %d steps on this grid: sweep them, or take another solver, such as --solver ab2", f.Name, s.Solver.Name, s.Steps)
}

// checkNoise returns an error if the solver cannot add a noise, which need not be a number.
func checkNoise(s experiments.Sampling, noise string) error {
	if noise == "" || noise == "0" {
		return nil
	}
	s.SDE.Noise = 1
	if err := s.SDE.Check(s.Solver); err != nil {
		return fmt.Errorf("--sde-noise %s: %w", noise, err)
	}
	return nil
}

// contradiction says why a solver does not take a flag.
func contradiction(solver string, adaptive bool) string {
	if adaptive {
		return solver + " chooses its own steps: give --tolerance instead, or a solver with fixed steps, such as --solver heun"
	}
	return solver + " takes steps, not a tolerance: give --steps instead, or an adaptive solver, such as --solver dopri5"
}

// merge returns the named parts of a sampling as a text, and where they come from: from those given, or else from those advised.
func merge(names []string, given, advised map[string]string, by string) (text string, origin []string) {
	fields := []string{"count: 2"} // Draw counts the points
	from := map[string][]string{}
	for _, name := range names {
		switch {
		case given[name] != "":
			fields = append(fields, part(name, given[name]))
			from["the flags"] = append(from["the flags"], name)
		case advised[name] != "":
			fields = append(fields, part(name, advised[name]))
			from[by] = append(from[by], name)
		default:
			from["the defaults"] = append(from["the defaults"], name)
		}
	}
	for _, source := range []string{"the flags", by, "the defaults"} {
		if list := from[source]; len(list) > 0 {
			origin = append(origin, strings.Join(list, ", ")+" from "+source)
		}
	}
	return strings.Join(fields, ", "), origin
}

// part returns a part of a sampling, given by the name of its flag, as in a spec.
func part(name, value string) string {
	if name == "sde-noise" {
		return "sde: {noise: " + value + "}"
	}
	return name + ": " + value
}

// pathOf returns the path to sample along: that given, or else that advised, or the zero path for the path of the training.
func (f From) pathOf(given, advised string) (path flow.Path, err error) {
	text := given
	if text == "" {
		text = advised
	}
	if text == "" || f.exact {
		return path, nil
	}
	if f.noPath != nil {
		return path, f.noPath
	}
	if path, err = experiments.ParsePath(text); err != nil {
		return path, err
	}
	if path.String() == f.velocity.Path.String() {
		return flow.Path{}, nil
	}
	return path, nil
}
