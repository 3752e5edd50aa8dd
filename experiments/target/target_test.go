package target

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"flowsweep/experiments/flow"
)

func mustTarget(t *testing.T, m flow.Maker[Target]) Target {
	t.Helper()
	target, err := m.Make()
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// TestMoonsWithoutNoise: every point lies on one of the two half circles of make_moons, and about half lie on each.
func TestMoonsWithoutNoise(t *testing.T) {
	t.Parallel()
	points := mustTarget(t, Moons{}).Sample(4000, flow.NewStream(1, "data"))
	upper := 0.
	for i := range points.Len() {
		x, y := points.Row(i)[0], points.Row(i)[1]
		onUpper := math.Abs(math.Hypot(x, y)-1) < 1e-12 && y >= 0
		onLower := math.Abs(math.Hypot(x-1, y-.5)-1) < 1e-12 && y <= .5+1e-12
		if !onUpper && !onLower {
			t.Fatalf("(%g, %g) is on neither moon", x, y)
		}
		if onUpper {
			upper++
		}
	}
	// 5 standard deviations of a fair coin.
	if math.Abs(upper-2000) > 5*math.Sqrt(1000) {
		t.Errorf("%g of 4000 points are on the upper moon, want about half", upper)
	}
}

// TestMoments compares sample means and variances with the exact ones of each target, within 5 standard errors.
func TestMoments(t *testing.T) {
	t.Parallel()
	const n = 100_000
	square := 0. // mean of cos^2 over the angles, which are evenly spaced from 0 to pi, including the ends
	for k := range 128 {
		cos := math.Cos(math.Pi * float64(k) / 127)
		square += cos * cos / 128
	}
	for _, c := range []struct {
		name     string
		of       flow.Maker[Target]
		mean     []float64
		variance float64 // of the first coordinate
	}{
		// x is cos or 1 - cos with equal probability, so E x = 1/2 and E x^2 = (E cos^2 + 1 + E cos^2) / 2; y is sin or
		// 1/2 - sin, so E y = 1/4.
		{"moons", Moons{Noise: .1}, []float64{.5, .25}, square + .5 - .25 + .01},
		{"ring", Gaussians{Count: 8, Radius: 5, Std: .5}, []float64{0, 0}, 12.5 + .25},
		{"means", Gaussians{Means: [][]float64{{1, 2, 3}, {3, 2, 1}}, Std: .1}, []float64{2, 2, 2}, 1 + .01},
		{"checkerboard", Checkerboard{Scale: 2}, []float64{0, 0}, 4 * 16. / 12},
	} {
		target := mustTarget(t, c.of)
		points := target.Sample(n, flow.NewStream(2, c.name))
		if target.Dim() != len(c.mean) {
			t.Fatalf("%s: dimension %d, want %d", c.name, target.Dim(), len(c.mean))
		}
		mean, std := points.Moments()
		for j, want := range c.mean {
			if tol := 5 * std[j] / math.Sqrt(n); math.Abs(mean[j]-want) > tol {
				t.Errorf("%s: mean of coordinate %d is %g, want %g within %g", c.name, j, mean[j], want, tol)
			}
		}
		// The fourth moments of these targets are below 3 variance^2, so a standard error is below variance sqrt(2/n).
		variance := std[0] * std[0]
		if tol := 5 * c.variance * math.Sqrt(2./n); math.Abs(variance-c.variance) > tol {
			t.Errorf("%s: variance %g, want %g within %g", c.name, variance, c.variance, tol)
		}
	}
}

// TestCheckerboardSquares: points lie only on the dark squares, equally often on each.
func TestCheckerboardSquares(t *testing.T) {
	t.Parallel()
	const n = 80_000
	points := mustTarget(t, Checkerboard{Scale: 1 / .45}).Sample(n, flow.NewStream(3, "data"))
	counts := map[[2]int]float64{}
	for i := range n {
		x, y := .45*points.Row(i)[0], .45*points.Row(i)[1]
		counts[[2]int{int(math.Floor(x)), int(math.Floor(y))}]++
	}
	chi2 := 0.
	for square, count := range counts {
		if (square[0]+square[1])%2 != 0 || square[0] < -2 || square[0] > 1 || square[1] < -2 || square[1] > 1 {
			t.Errorf("%g points on the square at %v, which is light or off the board", count, square)
		}
		chi2 += (count - n/8) * (count - n/8) / (n / 8)
	}
	if len(counts) != 8 || chi2 > 30 { // 7 degrees of freedom: exceeded with probability 1e-4
		t.Errorf("%d squares, chi squared %g, want 8 and about 7", len(counts), chi2)
	}
}

func TestGaussiansErrors(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]Gaussians{
		"rows of two lengths": {Means: [][]float64{{1, 2}, {3}}},
		"empty rows":          {Means: [][]float64{{}, {}}},
		"too many":            {Count: 1 << 40},
		"too many numbers":    {Count: 1000, Dim: 1 << 40},
		"no such layout":      {Count: 4, Layout: "heap"},
		"no square":           {Count: 8, Layout: "grid"},
		"no cube":             {Count: 9, Layout: "grid", Dim: 3},
		"ring on a line":      {Count: 8, Dim: 1},
		"means on a grid":     {Means: [][]float64{{1}}, Layout: "grid"},
		"means and dim":       {Means: [][]float64{{1}}, Dim: 3},
	} {
		if _, err := g.Make(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTargetJSONIsItsSpecForm(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]flow.Maker[Target]{
		`{"name":"moons","noise":0.05}`:                                     Moons{Noise: .05},
		`{"name":"gaussians","count":8,"radius":5,"std":0.5}`:               Gaussians{Count: 8, Radius: 5, Std: .5},
		`{"name":"gaussians","count":8,"radius":5,"std":0.25}`:              Gaussians{Count: 8, Radius: 5, Std: .25, Layout: "ring", Dim: 2},
		`{"name":"gaussians","count":9,"radius":5,"std":1,"layout":"grid"}`: Gaussians{Count: 9, Radius: 5, Std: 1, Layout: "grid"},
		`{"name":"gaussians","count":9,"radius":5,"std":1,"dim":3}`:         Gaussians{Count: 9, Radius: 5, Std: 1, Dim: 3},
		`{"name":"checkerboard","scale":2}`:                                 Checkerboard{Scale: 2},
		`{"name":"gaussians","std":0.1,"means":[[1,2,3]]}`:                  Gaussians{Count: 3, Radius: 9, Std: .1, Means: [][]float64{{1, 2, 3}}},
	} {
		got, err := json.Marshal(mustTarget(t, m))
		if err != nil || string(got) != want {
			t.Errorf("JSON %s (%v), want %s", got, err, want)
		}
	}
}

func ExampleTarget_Sample() {
	ring, _ := Gaussians{Count: 4, Radius: 2, Std: 0}.Make()
	points := ring.Sample(1000, flow.NewStream(0, "data"))
	fmt.Printf("%d points of dimension %d at distance %.3f\n", points.Len(), points.Dim, math.Hypot(points.Data[0], points.Data[1]))
	// Output: 1000 points of dimension 2 at distance 2.000
}
