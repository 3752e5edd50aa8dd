package target

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"runtime"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// TestOldDrawsStay: the draws of the first three families, on which stored results depend, stay the same bit by bit.
func TestOldDrawsStay(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" {
		t.Skip("elsewhere a product and a sum may be rounded together, which changes bits")
	}
	for _, c := range []struct {
		of   flow.Maker[Target]
		want uint64
	}{
		{Moons{Noise: .05}, 0xca89cf628ca5019e},
		{Gaussians{Count: 8, Radius: 5, Std: .5}, 0x1d03942987cb6c53},
		{Gaussians{Means: [][]float64{{1, 2, 3}, {3, 2, 1}}, Std: .1}, 0xea222c3744fadde3},
		{Checkerboard{Scale: 1 / .45}, 0xbf1b33ed287a6e43},
	} {
		h := fnv.New64a()
		for _, v := range mustTarget(t, c.of).Sample(1000, flow.NewStream(1, "data")).Data {
			h.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
		}
		if got := h.Sum64(); got != c.want {
			t.Errorf("%+v: draws hash to %x, want %x", c.of, got, c.want)
		}
	}
}

// TestCurvesWithoutNoise: every draw satisfies the equation of the curve, and the draws cover it.
func TestCurvesWithoutNoise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		of   flow.Maker[Target]
		off  func(x, y float64) float64 // 0 on the curve
		side float64                    // the largest |x|, reached within 2 %
	}{
		{"circles", Circles{Factor: .3}, func(x, y float64) float64 {
			return (math.Hypot(x, y) - 1) * (math.Hypot(x, y) - .3)
		}, 1},
		// Two arcs of radius 1 around (0, 1) and (0, -1), multiplied by the scale.
		{"s-curve", SCurve{Scale: 2}, func(x, y float64) float64 {
			return math.Hypot(x/2, math.Abs(y/2)-1) - 1
		}, 2},
		{"swiss roll", SwissRoll{Scale: .2}, func(x, y float64) float64 {
			r := math.Hypot(x, y) / .2
			return math.Hypot(x-.2*r*math.Cos(r), y-.2*r*math.Sin(r))
		}, .2 * 4 * math.Pi},
		{"spirals", Spirals{Turns: 1.5, Radius: 3}, func(x, y float64) float64 {
			r := math.Hypot(x, y)
			sin, cos := math.Sincos(math.Pi * r)
			return math.Hypot(x+r*cos, y-r*sin) * math.Hypot(x-r*cos, y+r*sin)
		}, 3},
	} {
		points := mustTarget(t, c.of).Sample(4000, flow.NewStream(1, c.name))
		side := 0.
		for i := range points.Len() {
			x, y := points.Row(i)[0], points.Row(i)[1]
			side = max(side, math.Abs(x))
			if off := c.off(x, y); math.Abs(off) > 1e-12 {
				t.Fatalf("%s: (%g, %g) is off the curve by %g", c.name, x, y, off)
			}
		}
		if math.Abs(side/c.side-1) > .02 {
			t.Errorf("%s reaches to %g, want %g", c.name, side, c.side)
		}
	}
}

// TestSCurveIsAnS: it leads from (1, 1) at a = -3 pi/2 through (0, 2), the origin and (0, -2) to (-1, -1).
func TestSCurveIsAnS(t *testing.T) {
	t.Parallel()
	means := mustTarget(t, SCurve{Scale: 1}).Law.(oracle.Mixture).Means
	for _, c := range []struct {
		k    int
		x, y float64
	}{{0, 1, 1}, {256 / 6, 0, 2}, {128, 0, 0}, {256 * 5 / 6, 0, -2}, {255, -1, -1}} {
		// Neighbours are 3 pi / 256 = 0.037 apart.
		if p := means.Row(c.k); math.Hypot(p[0]-c.x, p[1]-c.y) > .04 {
			t.Errorf("point %d is %v, want about (%g, %g)", c.k, p, c.x, c.y)
		}
	}
}

// TestCirclesAreEven: their angles are evenly spaced, so the mean is 0 and the covariance (1 + factor^2)/4 + noise^2,
// up to rounding.
func TestCirclesAreEven(t *testing.T) {
	t.Parallel()
	law := mustTarget(t, Circles{Factor: .5, Noise: .1}).Law
	for i, want := range []float64{1.25/4 + .01, 0, 0, 1.25/4 + .01} {
		if got := law.Cov().Data[i]; math.Abs(got-want) > 1e-14 || math.Abs(law.Mean()[i/2]) > 1e-15 {
			t.Errorf("covariance entry %d is %g, want %g; mean %v", i, got, want, law.Mean())
		}
	}
}

// TestGrid uses 9 means from -2 to 2, and 8 at the corners of a cube.
func TestGrid(t *testing.T) {
	t.Parallel()
	square := mustTarget(t, Gaussians{Count: 9, Radius: 2, Layout: "grid"}).Law.(oracle.Mixture).Means
	for i, want := range []float64{-2, -2, -2, 0, -2, 2, 0, -2, 0, 0, 0, 2, 2, -2, 2, 0, 2, 2} {
		if square.Data[i] != want {
			t.Fatalf("means %v", square.Data)
		}
	}
	cube := mustTarget(t, Gaussians{Count: 8, Radius: 1, Layout: "grid", Dim: 3})
	for _, v := range cube.Law.(oracle.Mixture).Means.Data {
		if math.Abs(v) != 1 {
			t.Errorf("a corner of the cube has a coordinate %g", v)
		}
	}
	if one := mustTarget(t, Gaussians{Count: 1, Radius: 3, Layout: "grid"}); one.Law.Mean()[0] != 0 {
		t.Errorf("a grid of one has its mean at %v", one.Law.Mean())
	}
}

// TestPinwheel: without tangential width, undoing the rotation for their distance from the origin moves the draws onto
// 5 rays, a fifth of a turn apart.
func TestPinwheel(t *testing.T) {
	t.Parallel()
	const n = 5000
	points := mustTarget(t, Pinwheel{Arms: 5, Radial: .1, Rate: .25, Scale: 2}).Sample(n, flow.NewStream(1, "data"))
	var counts [5]float64
	mean := 0.
	for i := range n {
		x, y := points.Row(i)[0]/2, points.Row(i)[1]/2
		f := math.Hypot(x, y)
		arm := (-math.Atan2(y, x) - .25*math.Exp(f)) * 5 / (2 * math.Pi)
		if off := arm - math.Round(arm); math.Abs(off) > 1e-9 {
			t.Fatalf("(%g, %g) is off an arm by %g of the angle between arms", x, y, off)
		}
		counts[((int(math.Round(arm))%5)+5)%5]++
		mean += f / n
	}
	if tol := 5 * .1 / math.Sqrt(n); math.Abs(mean-1) > tol {
		t.Errorf("mean distance %g, want 1 within %g", mean, tol)
	}
	for arm, c := range counts {
		if tol := 5 * math.Sqrt(n*.2*.8); math.Abs(c-n/5) > tol {
			t.Errorf("%g points on arm %d, want %d within %.0f", c, arm, n/5, tol)
		}
	}
}

// TestPinwheelWithoutRate: straight arms, rotated back, are Gaussians around (1, 0) with the two widths, within 5
// standard errors.
func TestPinwheelWithoutRate(t *testing.T) {
	t.Parallel()
	const n = 5000
	points := mustTarget(t, Pinwheel{Arms: 3, Radial: .2, Tangential: .1, Scale: 1}).Sample(n, flow.NewStream(1, "data"))
	along, across := 0., 0.
	for i := range n {
		x, y := points.Row(i)[0], points.Row(i)[1]
		sin, cos := math.Sincos(math.Round(math.Atan2(y, x)*3/(2*math.Pi)) * 2 * math.Pi / 3)
		f, g := x*cos+y*sin, y*cos-x*sin
		along += (f - 1) * (f - 1) / n
		across += g * g / n
	}
	if math.Abs(along/.04-1) > 5*math.Sqrt(2./n) || math.Abs(across/.01-1) > 5*math.Sqrt(2./n) {
		t.Errorf("variances %g and %g along and across an arm, want 0.04 and 0.01", along, across)
	}
}
