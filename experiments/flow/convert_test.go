package flow

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

// TestConvert makes every prediction of a known pair (X0, X1) into every other.
func TestConvert(t *testing.T) {
	t.Parallel()
	x0, x1 := Batch{Dim: 2, Data: []float64{.3, -1.2, 2, 0}}, Batch{Dim: 2, Data: []float64{4, .5, -1, 1}}
	for _, p := range everyPath(t) {
		for _, at := range []float64{.1, .3, .5, .7, .9} {
			x, v, score := NewBatch(2, 2), NewBatch(2, 2), NewBatch(2, 2)
			p.Interpolate(x, v, []float64{at, at}, x0, x1)
			for i, noise := range x0.Data {
				score.Data[i] = -noise / p.Sigma(at)
			}
			// Roundings of numbers below 10, divided by alpha or sigma, and by sigma again for a score.
			tol := 1e-14 / math.Pow(min(p.Alpha(at), p.Sigma(at)), 2)
			exact := map[Prediction]Batch{PredictV: v, PredictX1: x1, PredictX0: x0, PredictScore: score}
			for _, from := range Predictions {
				for _, to := range Predictions {
					got, err := p.Convert(from, to, at, x, exact[from])
					if err != nil {
						t.Errorf("%s, t = %g, %s to %s: %v", p, at, from, to, err)
						continue
					}
					for i, want := range exact[to].Data {
						if math.Abs(got.Data[i]-want) > tol {
							t.Errorf("%s, t = %g, %s to %s: got %g, want %g", p, at, from, to, got.Data[i], want)
						}
					}
				}
			}
		}
	}
}

// TestConvertAtTheEnds lists what is known there: under CondOT v = x1 - x0, with x = x0 at t = 0 and x = x1 at t = 1.
func TestConvertAtTheEnds(t *testing.T) {
	t.Parallel()
	const x, value = 3., 5.
	pole := math.NaN()
	for _, c := range []struct {
		from, to        Prediction
		atNoise, atData float64
	}{
		{PredictV, PredictX1, x + value, x},
		{PredictV, PredictX0, x, x - value},
		{PredictV, PredictScore, -x, pole},
		{PredictX1, PredictV, value - x, pole},
		{PredictX1, PredictX0, x, pole},
		{PredictX1, PredictScore, -x, pole},
		{PredictX0, PredictV, pole, x - value},
		{PredictX0, PredictX1, pole, x},
		{PredictX0, PredictScore, -value, pole},
		{PredictScore, PredictV, pole, x},
		{PredictScore, PredictX1, pole, x},
		{PredictScore, PredictX0, -value, 0},
	} {
		for at, want := range map[float64]float64{0: c.atNoise, 1: c.atData} {
			got, err := CondOT.Convert(c.from, c.to, at, Batch{Dim: 1, Data: []float64{x}}, Batch{Dim: 1, Data: []float64{value}})
			switch {
			case math.IsNaN(want) && err == nil:
				t.Errorf("%s to %s at t = %g: got %g, want an error", c.from, c.to, at, got.Data[0])
			case !math.IsNaN(want) && (err != nil || got.Data[0] != want):
				t.Errorf("%s to %s at t = %g: got %v (%v), want %g", c.from, c.to, at, got.Data, err, want)
			}
		}
	}
}

// TestConvertField: a field that always predicts the point X1 = 2 gives the velocity (2 - x)/(1 - t) of CondOT, asked
// at t = 0 itself, and at 0.999 instead of 1.
func TestConvertField(t *testing.T) {
	t.Parallel()
	asked := math.NaN()
	data := func(t float64, x Batch) (Batch, error) {
		asked = t
		return Batch{Dim: 1, Data: []float64{2}}, nil
	}
	u := CondOT.ConvertField(PredictX1, PredictV, data)
	for at, want := range map[float64]float64{0: 0, .5: .5, .999: .999, .9999: .999, 1: .999} {
		got, err := u(at, Batch{Dim: 1, Data: []float64{1.5}})
		if v := .5 / (1 - want); err != nil || asked != want || math.Abs(got.Data[0]-v) > 1e-12*v { // 1e-16 / (1 - t)
			t.Errorf("at t = %g the field is asked at %g and gives %v (%v), want %g and %g", at, asked, got.Data, err, want, v)
		}
	}
	broken := errors.New("broken")
	u = CondOT.ConvertField(PredictX1, PredictV, func(float64, Batch) (Batch, error) { return Batch{}, broken })
	if _, err := u(.5, NewBatch(1, 1)); err != broken {
		t.Errorf("got %v, want the error of the field", err)
	}
	short := CondOT.ConvertField(PredictX1, PredictV, data)
	if _, err := short(.5, NewBatch(2, 1)); err == nil {
		t.Error("one prediction for two points passes")
	}
}

func ExamplePath_Convert() {
	x, mean := Batch{Dim: 1, Data: []float64{1}}, Batch{Dim: 1, Data: []float64{4}}
	v, _ := CondOT.Convert(PredictX1, PredictV, .25, x, mean)
	fmt.Println(v.Data[0])
	_, err := CondOT.Convert(PredictX1, PredictV, 1, x, mean)
	fmt.Println(err)
	// Output:
	// 4
	// x1 says nothing of v at t = 1 on the path condot: convert at a time nearer to the middle
}
