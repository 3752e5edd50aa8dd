package experiments

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// baselineNames returns the names of the baselines of a spec, which may name people.csv.
func baselineNames(t *testing.T, text string) ([]string, error) {
	t.Helper()
	spec, err := folder(map[string]string{"people.csv": people}, nil).Parse("a.yaml", []byte(text))
	var names []string
	for _, b := range spec.Baselines {
		names = append(names, b.Name)
	}
	return names, err
}

// TestWhichBaselines: all of them stand beside data, and none beside other targets, unless the spec says otherwise.
func TestWhichBaselines(t *testing.T) {
	t.Parallel()
	all := []string{"gaussian", "kde", "resample", "truth"}
	for text, want := range map[string][]string{
		"target: {file: people.csv}":                          all,
		"target: [moons, {file: people.csv}]":                 all,
		"target: {file: people.csv}\nbaselines: []":           nil,
		"target: {file: people.csv}\nbaselines: [truth, kde]": {"truth", "kde"},
		"target: moons":                      nil,
		"target: moons\nbaselines: gaussian": {"gaussian"},
	} {
		got, err := baselineNames(t, "name: a\n"+text+"\n")
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q (%v), want %q", text, got, err, want)
		}
	}
	_, err := baselineNames(t, "name: a\ntarget: moons\nbaselines: [kd]\n")
	if err == nil || !strings.Contains(err.Error(), `unknown baseline "kd" (have gaussian, kde, resample, truth): did you mean "kde"?`) {
		t.Errorf("got %v", err)
	}
}

// TestBaselinesAreInNoKey: fits, runs and references are the same with and without them.
func TestBaselinesAreInNoKey(t *testing.T) {
	t.Parallel()
	const text = "name: a\ntarget: moons\n"
	if with, without := keys(planned(t, text+"baselines: [kde]\n")), keys(planned(t, text)); !slices.Equal(with, without) {
		t.Errorf("got the keys %q with and %q without", with, without)
	}
}

// TestBaselinePlans: a baseline is measured once for each target and number of points, by the metrics that need no net.
// The truth of data has no more than the 16 rows outside the reference, and so one draw, of which all may be trained on.
func TestBaselinePlans(t *testing.T) {
	t.Parallel()
	spec, err := folder(map[string]string{"people.csv": people}, nil).Parse("a.yaml", []byte(
		"name: a\ntarget: [moons, {file: people.csv}]\nnet: {width: [8, 16]}\nseeds: 3\nsample: {steps: [1, 2], count: [15, 100]}\n"+
			"metrics: [mmd, npe]\nbaselines: [resample, truth]\n"))
	if err != nil {
		t.Fatal(err)
	}
	plans, err := spec.BaselinePlans()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range plans {
		line := fmt.Sprint(p.Target().Name, " ", p.Name, " ", p.Compared, "/", p.Count, ", ", p.Draws, " draws:")
		for _, m := range p.Metrics {
			line += " " + m.Name
		}
		got = append(got, line)
	}
	want := []string{
		"moons resample 15/15, 3 draws: mmd", "moons truth 15/15, 3 draws: mmd", "moons resample 100/100, 3 draws: mmd",
		"moons truth 100/100, 3 draws: mmd", "file resample 15/15, 3 draws: mmd nn-share near-share", "file truth 15/15, 3 draws: mmd",
		"file resample 16/100, 3 draws: mmd nn-share near-share", "file truth 16/100, 1 draws: mmd",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestSetBaselines: draws are summarised like seeds, with p-values under the null of runs. Of 99 values of the null, 50 are
// at least 50.
func TestSetBaselines(t *testing.T) {
	t.Parallel()
	plan := planned(t, "name: a\ntarget: [moons, circles]\nseeds: 3\nsample: {count: 16}\nmetrics: [mmd]\nbaselines: kde\n")
	sweep := Sweep{Spec: plan.Spec}
	nulls := map[string]Null{}
	nullPlans, err := plan.Nulls()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nullPlans {
		for v := range 99 {
			n.Values = append(n.Values, float64(v+1))
		}
		nulls[n.Key] = n.Null
	}
	plans, err := plan.Spec.BaselinePlans()
	if err != nil {
		t.Fatal(err)
	}
	draws := map[BaselinePlace]BaselineDraws{}
	for _, p := range plans {
		draws[p.BaselinePlace] = BaselineDraws{0: {{Name: "mmd", Value: 50}}, 2: {{Name: "mmd", Value: 60}}}
	}
	if err := sweep.SetBaselines(draws, nulls); err != nil {
		t.Fatal(err)
	}
	list := sweep.Baselines()
	if len(list) != 2 || list[0].Label != "kde · moons" || list[1].Label != "kde · circles" {
		t.Fatalf("got %+v", list)
	}
	s := list[0].Summary
	if st, ok := s.Stat("mmd"); !ok || st.Mean != 55 || st.N != 2 || s.Planned != 3 {
		t.Errorf("got %+v of %d planned draws, want the mean 55 of two", st, s.Planned)
	}
	if p := s.Runs[0].Metrics[0].P; s.Runs[1].Seed != 2 || math.Abs(p-.51) > 1e-12 {
		t.Errorf("p is %g, want (1 + 50) / 100", p)
	}
	if err := sweep.SetBaselines(nil, nulls); err != nil || sweep.Baselines() != nil {
		t.Errorf("a store without baselines has %+v (%v)", sweep.Baselines(), err)
	}
}
