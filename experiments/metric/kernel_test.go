package metric

import (
	"math"
	"testing"
)

// TestExpNegative allows for one rounding in the table, three in the sums, and one in math.Exp: 5 units of 2^-53.
func TestExpNegative(t *testing.T) {
	t.Parallel()
	for x := 0.; x > -708; x -= .00137 {
		v := []float64{x}
		expNegative(v)
		if want := math.Exp(x); math.Abs(v[0]-want) > 5*0x1p-53*want {
			t.Fatalf("e^%g = %g, with a relative error of %.2g", x, v[0], v[0]/want-1)
		}
	}
	v := []float64{0, math.Copysign(0, -1), -1e-300, -708.1, -1e300, math.Inf(-1), math.NaN()}
	expNegative(v)
	for i, want := range []float64{1, 1, 1, 0, 0, 0} {
		if v[i] != want {
			t.Errorf("value %d is %g, want %g", i, v[i], want)
		}
	}
	if !math.IsNaN(v[6]) {
		t.Errorf("e^NaN = %g", v[6])
	}
}
