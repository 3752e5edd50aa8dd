package experiments

import "testing"

// TestHindsight: the rule never stops what is ahead from the start, always what catches up late, and half of the time what is ahead with
// one seed of two. Known answers: of the four equally likely draws of two seeds, the best by seed 1 alone is ahead at the rung in one.
func TestHindsight(t *testing.T) {
	t.Parallel()
	s, err := Parse("a.yaml", []byte("name: a\ntarget: moons\nnet: {width: [8, 16, 32]}\ntrain: {steps: 100}\nseeds: 2\n"+
		"sample: {solver: [euler, midpoint]}\nearly_stop: {metric: excess-loss, min_iter: 10, eta: 3}\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		at10      [6]float64 // of each width and seed
		ends      [6]float64
		low, high float64 // share in which the best stops
	}{
		{"ahead from the start", [6]float64{1, 1, 2, 2, 3, 3}, [6]float64{1, 1, 2, 2, 3, 3}, 0, 0},
		{"catches up", [6]float64{3, 3, 2, 2, 1, 1}, [6]float64{1, 1, 2, 2, 3, 3}, 1, 1},
		{"ahead with one seed", [6]float64{1, 9, 2, 2, 10, 10}, [6]float64{1, 1, 2, 2, 3, 3}, .7, .8},
	} {
		known := map[string]Past{}
		for i, fit := range plan.Fits {
			known[fit.Key] = Past{Curve: []Loss{{Step: 10, Value: c.at10[i]}, {Step: 100, Value: 0}}, Tied: i < 2, Ends: []float64{9 + c.ends[i], c.ends[i]}}
		}
		h, ok := plan.Hindsight(known)
		if share := float64(h.Untied) / float64(h.Resamplings); share < c.low || share > c.high {
			t.Errorf("%s: all that are tied stop in %g", c.name, share)
		}
		if share := float64(h.Cut) / float64(h.Resamplings); !ok || h.Resamplings != resamplings || share < c.low || share > c.high {
			t.Errorf("%s: %+v, want a share from %g to %g", c.name, h, c.low, c.high)
		}
		delete(known, plan.Fits[3].Key)
		if _, ok := plan.Hindsight(known); ok {
			t.Errorf("%s: a fit is missing, and there is an answer", c.name)
		}
	}
}

func TestLossAt(t *testing.T) {
	t.Parallel()
	curve := []Loss{{Step: 80, Value: 9}, {Step: 95, Value: 1}, {Step: 100, Value: 3}, {Step: 105, Value: 7}}
	if got := lossAt(curve, 100); got != 2 {
		t.Errorf("got %g, want the mean of the last tenth, 2", got)
	}
	curve[1].HeldOut = 5
	if got := lossAt(curve, 100); got != 5 {
		t.Errorf("got %g, want the held-out loss 5", got)
	}
}
