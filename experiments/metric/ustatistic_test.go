package metric

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// pairOf returns fresh samples, x from N(shift, std^2 I) and y from N(0, I).
func pairOf(n, m, dim int, shift, std float64, id int) (x, y flow.Batch) {
	x, y = normal(n, dim, 0, fmt.Sprint("x", id)), normal(m, dim, 0, fmt.Sprint("y", id))
	for i, v := range x.Data {
		x.Data[i] = shift + std*v
	}
	return x, y
}

// euclideanEnergy returns the energy distance of N(0, I) and N(0, std^2 I), or in one dimension N(shift, std^2), in
// closed form. A normal vector of variance v has mean length sqrt(2 v) Gamma((d+1)/2) / Gamma(d/2), and |N(mu, v)| has
// mean sqrt(2 v/pi) exp(-mu^2/(2 v)) + mu erf(mu/sqrt(2 v)).
func euclideanEnergy(dim int, shift, std float64) float64 {
	length := func(mu, v float64) float64 {
		if dim == 1 {
			return math.Sqrt(2*v/math.Pi)*math.Exp(-mu*mu/(2*v)) + mu*math.Erf(mu/math.Sqrt(2*v))
		}
		a, _ := math.Lgamma(float64(dim+1) / 2)
		b, _ := math.Lgamma(float64(dim) / 2)
		return math.Sqrt(2*v) * math.Exp(a-b)
	}
	return 2*length(shift, 1+std*std) - length(0, 2) - length(0, 2*std*std)
}

// checkDiscrepancies checks the values of a kernel for fresh samples of N(shift, std^2 I) and N(0, I): their mean is
// want within 5 standard errors, and many are negative if that is 0.
func checkDiscrepancies(t *testing.T, what string, k kernel, want float64, draw func(id int) (x, y flow.Batch)) {
	t.Helper()
	const cases = 200
	var values []float64
	negative := 0
	for id := range cases {
		x, y := draw(id)
		judge, err := k.judge(y)
		if err != nil {
			t.Fatal(err)
		}
		m, err := judge(x)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, m.Value)
		if m.Value < 0 {
			negative++
		}
	}
	mean, variance := stat.MeanVariance(values, nil)
	near(t, what+": mean", mean, want, 5*math.Sqrt(variance/cases))
	if math.Abs(want) < 1e-15 && negative < cases/3 {
		t.Errorf("%s: %d of %d values are negative: biased", what, negative, cases)
	}
}

// TestDiscrepancies compares with the closed forms for Gaussians.
func TestDiscrepancies(t *testing.T) {
	t.Parallel()
	const l = 1.5
	for _, c := range []struct {
		name       string
		dim        int
		shift, std float64
	}{
		{"equal in 1-D", 1, 0, 1},
		{"shifted in 1-D", 1, .8, 1},
		{"shifted and wider in 1-D", 1, .5, 2},
		{"equal in 2-D", 2, 0, 1},
		{"wider in 2-D", 2, 0, 2},
		{"equal in 10-D", 10, 0, 1},
		{"wider in 10-D", 10, 0, 1.5},
	} {
		for name, closed := range map[string]struct {
			k    kernel
			want float64
		}{
			"mmd":    {gaussians(l), gaussianMMD(c.dim, c.shift, c.std, l)},
			"energy": {negativeDistance, euclideanEnergy(c.dim, c.shift, c.std)},
		} {
			checkDiscrepancies(t, name+", "+c.name, closed.k, closed.want, func(id int) (x, y flow.Batch) {
				return pairOf(40, 30, c.dim, c.shift, c.std, id)
			})
		}
	}
}

// TestDiscrepancySEIsTheJackknife leaves out the points of both samples one by one.
func TestDiscrepancySEIsTheJackknife(t *testing.T) {
	t.Parallel()
	x, y := normal(30, 2, .5, "x"), normal(20, 2, 0, "y")
	without := func(b flow.Batch, i int) flow.Batch {
		return flow.Batch{Dim: b.Dim, Data: slices.Concat(b.Data[:i*b.Dim], b.Data[(i+1)*b.Dim:])}
	}
	variance := 0.
	for _, leave := range []struct {
		n     int
		value func(i int) Measurement
	}{
		{30, func(i int) Measurement { return mustMeasure(t, Energy, y, without(x, i)) }},
		{20, func(i int) Measurement { return mustMeasure(t, Energy, without(y, i), x) }},
	} {
		var values []float64
		for i := range leave.n {
			values = append(values, leave.value(i).Value)
		}
		n := float64(leave.n)
		variance += (n - 1) * (n - 1) / n * stat.Variance(values, nil)
	}
	near(t, "SE", mustMeasure(t, Energy, y, x).SE, math.Sqrt(variance), 1e-12)
}

// TestEnergyEqualsItsDefinition allows for the rounding of about 1e5 sums of order 10.
func TestEnergyEqualsItsDefinition(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 2, 10} {
		x, y := normal(90, dim, 0, "x"), normal(170, dim, .5, "y")
		want := plainDiscrepancy(x, y, func(d2 float64) float64 { return -math.Sqrt(d2) })
		near(t, fmt.Sprint("energy in dimension ", dim), mustMeasure(t, Energy, y, x).Value, want, 1e-12)
	}
}

func ExampleMetric_energy() {
	judge, _ := Energy.Judge(flow.Batch{Dim: 1, Data: []float64{0, 1}})
	m, _ := judge(flow.Batch{Dim: 1, Data: []float64{4, 5}})
	fmt.Println(m.Value) // 2 * 4 - 1 - 1
	// Output: 6
}
