package flow

import (
	"fmt"
	"math"
	"testing"
)

func TestPathsStartAtNoiseAndEndAtData(t *testing.T) {
	t.Parallel()
	for _, p := range Paths {
		for _, c := range []struct {
			name      string
			got, want float64
		}{
			{"alpha(0)", p.Alpha(0), 0},
			{"sigma(0)", p.Sigma(0), 1},
			{"alpha(1)", p.Alpha(1), 1},
			{"sigma(1)", p.Sigma(1), 0},
		} {
			if math.Abs(c.got-c.want) > 1e-15 {
				t.Errorf("%s: %s = %g, want %g", p.Name, c.name, c.got, c.want)
			}
		}
	}
}

// TestPathDerivatives compares with central differences of step 1e-5, whose error for functions of order 1 is about
// 1e-10 from the truncation and 1e-11 from rounding.
func TestPathDerivatives(t *testing.T) {
	t.Parallel()
	const h, tol = 1e-5, 1e-8
	for _, p := range Paths {
		for _, at := range []float64{.1, .5, .9} {
			if got, want := p.DAlpha(at), (p.Alpha(at+h)-p.Alpha(at-h))/(2*h); math.Abs(got-want) > tol {
				t.Errorf("%s: alpha'(%g) = %g, want %g", p.Name, at, got, want)
			}
			if got, want := p.DSigma(at), (p.Sigma(at+h)-p.Sigma(at-h))/(2*h); math.Abs(got-want) > tol {
				t.Errorf("%s: sigma'(%g) = %g, want %g", p.Name, at, got, want)
			}
		}
	}
}

// TestInterpolate uses the hand-worked case of arXiv 2412.06264, section 2: X_t = t X1 + (1 - t) X0, u = X1 - X0.
func TestInterpolate(t *testing.T) {
	t.Parallel()
	x0 := Batch{Dim: 2, Data: []float64{0, 0, 1, 2}}
	x1 := Batch{Dim: 2, Data: []float64{4, 8, 3, 2}}
	xt, u := NewBatch(2, 2), NewBatch(2, 2)
	CondOT.Interpolate(xt, u, []float64{.25, .5}, x0, x1)
	if got, want := fmt.Sprint(xt.Data, u.Data), "[1 2 2 2] [4 8 2 0]"; got != want {
		t.Errorf("X_t and u are %s, want %s", got, want)
	}
}

func TestIndependentWantsEqualShapes(t *testing.T) {
	t.Parallel()
	if err := Independent.Pair(NewBatch(3, 2), NewBatch(3, 2)); err != nil {
		t.Errorf("equal shapes: %v", err)
	}
	if err := Independent.Pair(NewBatch(3, 2), NewBatch(2, 3)); err == nil {
		t.Error("shapes (3, 2) and (2, 3) pass")
	}
}
