package oracle

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// truncated holds moments of a standard normal number Z truncated to [low, low + h], and of F = (Z - low) / h.
type truncated struct {
	logMean  float64 // log of the mean normal density over the interval, P(low < Z < low + h) / h
	mean     float64 // E[Z]
	fraction float64 // E[F], which has a limit at h = 0
	variance float64 // Var[F]
	loss     float64 // 1 - Var[Z]
}

// truncate returns the moments for any low and any h >= 0 to 12 digits, even in the far tails and at h = 0. The
// textbook formulas lose all digits there, so it integrates the density from its higher end instead:
//
//	phi(low + y) = phi(low) exp(-low y - y^2/2),  low >= 0 or y < 1
func truncate(low, h float64) truncated {
	if 2*low+h < 0 {
		t := truncate(-low-h, h)
		t.mean, t.fraction = -t.mean, 1-t.fraction
		return t
	}
	if h >= 1 && low < 3 {
		return truncateByErf(low, h)
	}
	rule, reach := coarse, 1.
	if h*(low+h/2) > 8 {
		// Stop where the density has fallen to e^-40 of its maximum: less than 1e-17 of the mass lies beyond.
		rule, reach = fine, math.Min(1, 80/(low+math.Sqrt(low*low+80))/h)
	}
	var mass, first, second float64
	for k, at := range rule.at {
		y := h * reach * at
		w := rule.weight[k] * math.Exp(-y*(low+y/2))
		mass += w
		first += w * at
	}
	first /= mass
	for k, at := range rule.at {
		y := h * reach * at
		second += rule.weight[k] * math.Exp(-y*(low+y/2)) * (at - first) * (at - first)
	}
	t := truncated{fraction: reach * first, variance: reach * reach * second / mass}
	t.logMean = math.Log(reach*mass) - low*low/2 - .5*math.Log(2*math.Pi)
	t.mean = low + h*t.fraction
	t.loss = 1 - h*h*t.variance
	return t
}

// truncateByErf is truncate for wide intervals that start below 3 and have their centre at 0 or above. Little cancels
// there.
func truncateByErf(low, h float64) truncated {
	high := low + h
	phi := func(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }
	beyond := func(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
	mass := beyond(low) - beyond(high)
	edges := -low * phi(low)
	if !math.IsInf(high, 1) {
		edges += high * phi(high)
	}
	t := truncated{logMean: math.Log(mass / h), mean: (phi(low) - phi(high)) / mass}
	t.fraction = (t.mean - low) / h
	t.loss = t.mean*t.mean + edges/mass
	t.variance = (1 - t.loss) / (h * h)
	return t
}

// rule is a Gauss-Legendre rule on [0, 1].
type rule struct{ at, weight []float64 }

// The coarse rule is for integrands that fall to no less than e^-8, the fine one for those that fall to e^-40.
var coarse, fine = legendre(16), legendre(48)

func legendre(n int) rule {
	r := rule{make([]float64, n), make([]float64, n)}
	quad.Legendre{}.FixedLocations(r.at, r.weight, 0, 1)
	return r
}
