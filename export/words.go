package export

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/ode"
)

// forms holds the form of every property that a file may have besides those that follow from its parts.
var forms = map[string]func(text string) bool{
	"run": isKey, "fit": isKey, "teacher": isKey, "spec": isKey, "twin_of": isKey,
	"seed": isWhole, "seeds": isCount, "recommended_steps": isCount,
	"nfe": isAmount, "twin_of.nfe": isAmount, "log_prob_error": isAmount, "log_prob_error_max": isAmount, recommendedNoise: isAmount,
	"recommended_solver": isSolver, "twin_of.solver": isSolver,
	"data_sha256": isSum, "source_sha256": isSum, "commit": isCommit,
	"target": isJSON, "train": isJSON, "recommended_grid": isJSON, "recommended_tolerance": isJSON, "recommended_coefficients": isJSON, "tuned": isJSON, "twin_of.tolerance": isJSON,
	"path": isText, "coupling": isText, "recommended_path": isText, "source": isText, "engine": isAny, "sweep": isText, "units": isText, "licence": isText,
}

// required are the properties that every file has.
var required = []string{"run", "fit", "seed", "target", "path", "coupling", "train", "nfe", "recommended_solver", "commit", "engine", "licence"}

var (
	keyForm    = regexp.MustCompile(`^[0-9a-f]{16}$`)
	sumForm    = regexp.MustCompile(`^[0-9a-f]{64}$`)
	commitForm = regexp.MustCompile(`^([0-9a-f]{40})?$`)
	seedsForm  = regexp.MustCompile(`^mean \S+ \[\S+, \S+\] of [0-9]+$|^mean \S+ of [0-9]+$`)
	metricForm = regexp.MustCompile(`^(twin_of\.)?metric\.[a-z0-9-]+(\.seeds)?$`)
)

func isKey(text string) bool    { return keyForm.MatchString(text) }
func isSum(text string) bool    { return sumForm.MatchString(text) }
func isCommit(text string) bool { return commitForm.MatchString(text) }
func isJSON(text string) bool   { return json.Valid([]byte(text)) }
func isText(text string) bool   { return text != "" }
func isAny(string) bool         { return true } // runs of early versions have none

func isWhole(text string) bool {
	_, err := strconv.ParseUint(text, 10, 64)
	return err == nil
}

func isCount(text string) bool { return isWhole(text) && text != "0" }

func isAmount(text string) bool {
	x, err := strconv.ParseFloat(text, 64)
	return err == nil && x >= 0 && !math.IsInf(x, 0)
}

func isSolver(text string) bool {
	_, ok := ode.Called(text)
	return ok
}

// isMetric reports whether a property is that of a metric with a value in its form.
func isMetric(key, text string) bool {
	if !metricForm.MatchString(key) {
		return false
	}
	if strings.HasSuffix(key, ".seeds") {
		return seedsForm.MatchString(text)
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// Misfits names the properties of a file that are unknown, not in their form or range, or at odds with its solver and steps,
// with the reason.
func (p Parts) Misfits() (list []string) {
	complain := func(key, format string, args ...any) {
		list = append(list, fmt.Sprintf("metadata %s (%s)", key, fmt.Sprintf(format, args...)))
	}
	properties := p.About.Properties
	for key, text := range properties {
		fits, ok := forms[key]
		switch {
		case !ok && !metricForm.MatchString(key):
			complain(key, "no property of a file of flowsweep")
		case ok && !fits(text), !ok && !isMetric(key, text):
			complain(key, "%.40q is not of its form", text)
		}
	}
	for _, key := range required {
		if _, ok := properties[key]; !ok {
			complain(key, "missing")
		}
	}
	if p.Kind == "sampler" {
		p.steps(complain)
	}
	if a, b := amount(properties["log_prob_error"]), amount(properties["log_prob_error_max"]); a > b {
		complain("log_prob_error", "more than the largest")
	}
	slices.Sort(list)
	return list
}

func amount(text string) float64 {
	x, _ := strconv.ParseFloat(text, 64) // 0 for what is missing
	return x
}

// steps checks what a sampler says of its steps: recommended are those that it takes.
func (p Parts) steps(complain func(key, format string, args ...any)) {
	properties, steps := p.About.Properties, len(p.Times)-1
	if solver, ok := properties["recommended_solver"]; ok && solver != p.Solver.Name {
		complain("recommended_solver", "%s, and the file takes %s", solver, p.Solver.Name)
	}
	noise := 0.
	if p.Options.SDE != nil {
		noise = p.Options.SDE.Noise
	}
	if said := amount(properties[recommendedNoise]); said != noise {
		complain(recommendedNoise, "%g, and the file adds %g", said, noise)
	}
	if n, ok := properties["recommended_steps"]; ok && n != fmt.Sprint(steps) {
		complain("recommended_steps", "%s, and the file takes %d", n, steps)
	}
	if text := properties["recommended_coefficients"]; p.Solver.Fitted && text != toJSON(p.Solver.Table(p.Times).Points) {
		complain("recommended_coefficients", "not those that the file takes")
	}
	// Stages that no step needs are counted where the next step could have used them.
	calls := p.Solver.Calls(steps) * p.About.Conditional.Guidance.Calls()
	if nfe, ok := properties["nfe"]; ok && nfe != experiments.Calls(calls).String() {
		complain("nfe", "%s, and %d steps of %s make %d velocity calls", nfe, steps, p.Solver.Name, calls)
	}
	if text, ok := properties["recommended_grid"]; ok {
		s, err := experiments.ParseSampling(fmt.Sprintf("{steps: %d, grid: %s}", steps, text))
		if err != nil {
			complain("recommended_grid", "no grid of %d steps", steps)
			return
		}
		if s.Grid.OfData() || s.Grid.Fitted {
			complain("recommended_grid", "%s, which has no times by itself", text)
			return
		}
		want, err := narrowed(s.Times())
		have, err2 := narrowed(p.Times)
		if err != nil || err2 != nil || !slices.Equal(want, have) {
			complain("recommended_grid", "%s, and the file takes other times", text)
		}
	}
}
