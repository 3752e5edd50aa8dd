package reports

import (
	"math"
	"strings"
	"testing"

	"flowsweep/experiments"
)

func TestMarkFront(t *testing.T) {
	list := []series{
		{points: []point{{nfe: 1, mean: 5}, {nfe: 2, mean: 3}, {nfe: 4, mean: 3}}},
		{points: []point{{nfe: 1, mean: 4}, {nfe: 4, mean: 9}, {nfe: 8, mean: -1}}},
	}
	front := markFront(list)
	want := [][]bool{{false, true, false}, {true, false, true}}
	for i, s := range list {
		for j, p := range s.points {
			if p.front != want[i][j] {
				t.Errorf("NFE %g, mean %g: on the front %v, want %v", p.nfe, p.mean, p.front, want[i][j])
			}
		}
	}
	if len(front) != 3 || front[0].mean != 4 || front[2].mean != -1 {
		t.Errorf("front: got %v", front)
	}
}

func TestBest(t *testing.T) {
	name := func(s series) string { return s.recipe }
	list := []series{
		{recipe: "a", points: []point{{mean: 3}}},
		{recipe: "b", points: []point{{mean: 2}}},
		{recipe: "a", points: []point{{mean: 1}}},
		{recipe: "c", points: []point{{mean: 9}}},
	}
	kept, dropped := best(list, name, 2)
	if got := strings.Join(names(kept, name), ""); got != "ab" || dropped != 1 || len(kept) != 3 {
		t.Errorf("kept %q in %d series and dropped %d, want ab in 3 and 1", got, len(kept), dropped)
	}
}

// TestFloor checks that a mean with no place on a logarithmic axis is drawn open at the lower edge, and said to be.
func TestFloor(t *testing.T) {
	p := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	before := r.quality("mmd")
	if strings.Contains(before.Caption, "0 or less") || strings.Contains(string(before.Drawings[0]), "≤ 0") {
		t.Fatal("the figure speaks of means of 0 or less where there are none")
	}
	p.Summaries[4].Metrics[0] = experiments.Stat{Name: "mmd", Mean: -2e-5, Half: 3e-5, N: 3}
	p.Summaries[5].Metrics[0] = experiments.Stat{Name: "mmd", Mean: math.NaN(), Half: math.NaN(), N: 3}
	after := r.quality("mmd")
	if !strings.Contains(after.Caption, "0 or less") || !strings.Contains(string(after.Drawings[0]), "≤ 0") {
		t.Error("the figure does not say where a mean of 0 or less is drawn")
	}
	if !strings.Contains(after.Caption, "1 setting is left out") {
		t.Error("the figure does not say that a mean of NaN is left out")
	}
}

func TestTies(t *testing.T) {
	p := pageOf(t, sweepOf(t, parse(t, smallSpec)))
	for i, st := range []experiments.Stat{{Mean: 1, Half: .1}, {Mean: 1.15, Half: .1}, {Mean: 1.3, Half: .1}, {Mean: 1, Half: math.NaN()}} {
		st.Name, st.N = "mmd", 2
		p.Summaries[i].Metrics[0] = st
	}
	p.Choice.Best = 0
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true, false, false} {
		if got := r.tied(i); got != want {
			t.Errorf("setting %d: tied %v, want %v", i, got, want)
		}
	}
}
