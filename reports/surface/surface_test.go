package surface

import (
	"math"
	"testing"
)

// over returns a function on a square grid.
func over(n int, f func(x, y float64) float64) Surface {
	s := Surface{n, n, nil}
	for j := range n {
		for i := range n {
			s.F = append(s.F, f(float64(i), float64(j)))
		}
	}
	return s
}

// area returns the area inside a closed line.
func area(loop []place) (sum float64) {
	for k, p := range loop {
		q := loop[(k+1)%len(loop)]
		sum += (p.x*q.y - q.x*p.y) / 2
	}
	return math.Abs(sum)
}

// TestContours: the level 10 - r of a cone is a circle of radius r, a ring has two lines, and what is high all over is bounded by the rim.
func TestContours(t *testing.T) {
	t.Parallel()
	radius := func(x, y float64) float64 { return math.Hypot(x-20, y-20) }
	for name, c := range map[string]struct {
		of    Surface
		level float64
		areas []float64
	}{
		"cone":         {over(41, func(x, y float64) float64 { return max(10-radius(x, y), 0) }), 4, []float64{36 * math.Pi}},
		"ring":         {over(41, func(x, y float64) float64 { return max(5-math.Abs(radius(x, y)-10), 0) }), 2, []float64{169 * math.Pi, 49 * math.Pi}},
		"plane":        {over(5, func(x, y float64) float64 { return 1 }), 1, []float64{16}},
		"two hills":    {over(41, func(x, y float64) float64 { return max(0, 6-math.Hypot(x-10, y-10)) + max(0, 6-math.Hypot(x-30, y-30)) }), 3, []float64{9 * math.Pi, 9 * math.Pi}},
		"saddle":       {over(2, func(x, y float64) float64 { return math.Abs(x - y) }), .5, []float64{.5, .5}},
		"nothing high": {over(5, func(x, y float64) float64 { return 1 }), 2, nil},
	} {
		loops := c.of.contours(c.level)
		total, want := 0., 0.
		for _, l := range loops {
			total += area(l)
		}
		for _, a := range c.areas {
			want += a
		}
		if len(loops) != len(c.areas) || math.Abs(total-want) > .03*want { // of circles of straight pieces
			t.Errorf("%s: %d lines around %g, want %d around %g", name, len(loops), total, len(c.areas), want)
		}
	}
}

// TestSmooth: a kernel adds its variance to that of a peak, keeps the mass, and leaves a constant alone, at the edges too.
func TestSmooth(t *testing.T) {
	t.Parallel()
	peak := over(31, func(x, y float64) float64 {
		if x == 15 && y == 15 {
			return 1
		}
		return 0
	})
	for _, rows := range []bool{true, false} {
		s, sum, x2, y2 := peak.Smooth(1.5, rows), 0., 0., 0.
		for j := range 31 {
			for i := range 31 {
				f := s.At(i, j)
				sum, x2, y2 = sum+f, x2+f*float64((i-15)*(i-15)), y2+f*float64((j-15)*(j-15))
			}
		}
		want := 0.
		if rows {
			want = 2.25
		}
		if math.Abs(sum-1) > 1e-9 || math.Abs(y2-2.25) > .1 || math.Abs(x2-want) > .1 { // the kernel ends after three widths
			t.Errorf("rows %t: mass %g, variances %g and %g, want 1, %g and 2.25", rows, sum, x2, y2, want)
		}
	}
	for k, f := range over(6, func(x, y float64) float64 { return 3 }).Smooth(2, true).F {
		if math.Abs(f-3) > 1e-12 {
			t.Fatalf("a constant 3 is %g at node %d", f, k)
		}
	}
}
