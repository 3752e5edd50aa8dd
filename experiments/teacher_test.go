package experiments

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
)

const reflowSpec = "name: a\ntarget: moons\nseeds: 2\nsample: {steps: [1, 4], count: 50}\nmetrics: mmd\n"

// TestReflowSpellings checks that each way to write a reflow means the same, alone and in a list beside other couplings.
func TestReflowSpellings(t *testing.T) {
	t.Parallel()
	want := keys(planned(t, reflowSpec+"coupling: {name: reflow, solver: rk4, steps: 32, rounds: 1, pairs: 20000}\n"))
	for _, text := range []string{
		"coupling: reflow\n",
		"coupling: {name: reflow}\n",
		"coupling: {reflow: {solver: rk4, steps: 32, rounds: 1}}\n",
		"coupling: {reflow: {}}\n",
		"coupling:\n  - reflow:\n      steps: 32\n",
	} {
		if got := keys(planned(t, reflowSpec+text)); !slices.Equal(got, want) {
			t.Errorf("%q: keys %v, want %v", text, got, want)
		}
	}
	plan := planned(t, reflowSpec+"coupling: [independent, ot, {reflow: {steps: [8, 16], rounds: [1, 2]}}, {name: sinkhorn}]\n")
	if n := len(plan.Spec.Settings); n != 2*(3+4) {
		t.Errorf("%d settings, want 2 samplings of 7 couplings", n)
	}
}

// TestReflowProblems checks that what cannot be a reflow is said, and where.
func TestReflowProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ coupling, want string }{
		{"{reflow: {solver: dopri5}}", "dopri5 adapts its steps, and pairs take fixed ones"},
		{"{reflow: {solver: {name: tuned}}}", "tuned is fitted to a net that is trained"},
		{"{reflow: {solver: dpm++2m}}", "dpm++2m follows the path condot only"},
		{"{reflow: {solver: rk5}}", "unknown solver"},
		{"{reflow: {rounds: 0}}", "rounds"},
		{"{reflow: {pairs: 1}}", "pairs"},
		{"{reflow: {step: 3}}", `unknown key "step"`},
		{"{reflow: {name: ot}}", `unknown key "name"`},
		{"{reflov: {steps: 3}}", `did you mean "reflow"`},
	} {
		_, err := Parse("a.yaml", []byte(reflowSpec+"coupling: "+c.coupling+"\n"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.coupling, err, c.want)
		}
	}
	_, err := Parse("a.yaml", []byte("name: a\ntarget: moons\ncoupling: reflow\nmetrics: excess-loss\n"))
	if err == nil || !strings.Contains(err.Error(), "not known for the coupling reflow") {
		t.Errorf("excess-loss of a student: got %v", err)
	}
}

// TestTeachersArePlanned checks that the teachers of a fit are planned once, with a dense solve and no runs of their own, that
// a teacher which the spec sweeps is that fit, and that the rounds form a chain.
func TestTeachersArePlanned(t *testing.T) {
	t.Parallel()
	alone := planned(t, reflowSpec+"coupling: independent\n")
	plan := planned(t, reflowSpec+"coupling: {reflow: {rounds: 2}}\n")
	if len(plan.Fits) != 6 || plan.Runs() != 4 {
		t.Fatalf("%d fits and %d runs, want 2 with 4 runs, and 4 teachers", len(plan.Fits), plan.Runs())
	}
	byKey := map[string]Fit{}
	for _, fit := range plan.Fits {
		byKey[fit.Key] = fit
	}
	for i, fit := range plan.Fits[:2] {
		first := byKey[fit.Teacher]
		c, _ := first.Recipe.Reflow()
		second := byKey[first.Teacher]
		if c.Rounds != 1 || len(first.Runs) != 0 || len(first.Dense) != 1 || first.Seed != fit.Seed {
			t.Errorf("the teacher is %+v, want a reflow of one round", first)
		}
		if second.Key != alone.Fits[i].Key || second.Teacher != "" || len(second.Runs) != 0 || len(second.Dense) != 1 {
			t.Errorf("the teacher's teacher is %+v, want the fit of independent pairs", second)
		}
	}
	both := planned(t, reflowSpec+"coupling: [independent, reflow]\n")
	if len(both.Fits) != 4 || both.Fits[2].Teacher != both.Fits[0].Key || both.Fits[3].Teacher != both.Fits[1].Key || len(both.Fits[0].Dense) != 1 {
		t.Errorf("%d fits, want 4, of which two teach", len(both.Fits))
	}
	if !slices.Equal(keys(both)[:10], keys(alone)) {
		t.Error("a student changes the keys of its teachers")
	}
}

// TestStudentsKey checks that the key of a student depends on its teacher, is that of its stored configuration, and that the
// setting can be read from there.
func TestStudentsKey(t *testing.T) {
	t.Parallel()
	fit := planned(t, reflowSpec+"coupling: reflow\n").Fits[0]
	config, err := json.Marshal(fit.Config())
	if err != nil {
		t.Fatal(err)
	}
	if !IsKeyOfFit(fit.Key, config) {
		t.Errorf("%s is not the key of %s", fit.Key, config)
	}
	if other := strings.Replace(string(config), fit.Teacher, "0123456789abcdef", 1); IsKeyOfFit(fit.Key, []byte(other)) {
		t.Error("the key does not depend on the teacher")
	}
	setting, err := Parser{}.Setting(config, nil)
	if err != nil || Form(setting.Recipe) != Form(fit.Recipe) {
		t.Errorf("read back as %s (%v), want %s", Form(setting.Recipe), err, Form(fit.Recipe))
	}
	c, ok := setting.Reflow()
	if !ok || c.Solver.Name != ode.RK4.Name || c.Calls() != 128 {
		t.Errorf("the coupling is read back as %+v", c)
	}
}

// TestMetricsOfStudents checks that students have no metric that pairs held-out rows with noise, and other fits do.
func TestMetricsOfStudents(t *testing.T) {
	t.Parallel()
	rows := []byte("x,y\n")
	for i := range 40 {
		rows = append(rows, []byte{'0' + byte(i%10), ',', '0' + byte(i/10), '\n'}...)
	}
	p := Parser{Open: func(string) ([]byte, error) { return rows, nil }}
	spec, err := p.Parse("a.yaml", []byte("name: a\ntarget: {file: a.csv}\ncoupling: [independent, reflow]\nmetrics: mmd\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	has := func(fit Fit, name string) bool {
		return slices.ContainsFunc(fit.MetricsOf(fit.Runs[0], spec), func(m metric.Metric) bool { return m.Name == name })
	}
	for _, name := range []string{"held-out-loss", "loss-gap"} {
		if !has(plan.Fits[0], name) || has(plan.Fits[1], name) {
			t.Errorf("%s: of the teacher %v, of the student %v; want it of the teacher alone", name, has(plan.Fits[0], name), has(plan.Fits[1], name))
		}
	}
	for _, name := range []string{"nn-share", "near-share", "mmd"} {
		if !has(plan.Fits[1], name) {
			t.Errorf("the student has no %s", name)
		}
	}
	_, err = p.Parse("a.yaml", []byte("name: a\ntarget: {file: a.csv}\ncoupling: reflow\nmetrics: held-out-loss\n"))
	if err == nil || !strings.Contains(err.Error(), "pairs held-out rows with noise") {
		t.Errorf("got %v", err)
	}
}
