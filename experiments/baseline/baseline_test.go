package baseline

import (
	"math"
	"testing"

	"flowsweep/experiments/flow"
)

// normal returns n standard normal points.
func normal(n, dim int, seed uint64) flow.Batch {
	b := flow.NewBatch(n, dim)
	flow.NewStream(seed, "rows").Normal(b, 0)
	return b
}

// draw returns n points of a baseline of the rows.
func draw(t *testing.T, b Baseline, rows flow.Batch, n int) flow.Batch {
	t.Helper()
	sampler, err := b.Fit(Data{Rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	x := sampler(n, flow.NewStream(1, "points"))
	if x.Len() != n || x.Dim != rows.Dim || !x.Finite() {
		t.Fatalf("%s: %d points of %d coordinates", b.Name, x.Len(), x.Dim)
	}
	return x
}

// covariance returns the mean and the covariance matrix, with divisor n.
func covariance(x flow.Batch) (mean []float64, cov [][]float64) {
	mean, _ = x.Moments()
	cov = make([][]float64, x.Dim)
	for j := range cov {
		cov[j] = make([]float64, x.Dim)
		for k := range cov[j] {
			for i := range x.Len() {
				cov[j][k] += (x.Row(i)[j] - mean[j]) * (x.Row(i)[k] - mean[k]) / float64(x.Len())
			}
		}
	}
	return mean, cov
}

// TestMoments: draws have the mean and covariance of the rows; those of the kernel density estimate have 1 + h^2 times the
// variances. Columns differ by orders, the fourth depends on the others and the fifth is constant. Errors are in units of
// the standard deviations, and 5 standard errors of 100,000 draws are allowed: of a mean 1/sqrt(n), of a covariance at most
// sqrt(2/n) for normal rows.
func TestMoments(t *testing.T) {
	t.Parallel()
	rows := flow.NewBatch(200, 5)
	for i, z := range normal(200, 3, 0).Data {
		rows.Row(i / 3)[i%3] = z
	}
	for i := range rows.Len() {
		x := rows.Row(i)
		x[1] = 1e6 * (x[0] + .5*x[1])
		x[3] = x[0] - x[2]
		x[2], x[4] = 1e-6*x[2]+7, 3
	}
	const n = 100_000
	mean, cov := covariance(rows)
	z, _, dims := standard(rows)
	for _, c := range []struct {
		of    Baseline
		wider float64
	}{{Gaussian, 0}, {Resample, 0}, {KDE, math.Pow(bandwidth(z, dims, maxRows), 2)}} {
		x := draw(t, c.of, rows, n)
		gotMean, gotCov := covariance(x)
		for j := range 5 {
			if j == 4 {
				for i := range n {
					if x.Row(i)[j] != 3 {
						t.Fatalf("%s: %g in a column that is always 3", c.of.Name, x.Row(i)[j])
					}
				}
				continue
			}
			sd, wide := math.Sqrt(cov[j][j]), math.Sqrt(1+c.wider)
			if d := math.Abs(gotMean[j]-mean[j]) / sd; d > 5*wide/math.Sqrt(n) {
				t.Errorf("%s: mean %d is off by %g standard deviations", c.of.Name, j, d)
			}
			for k := range 4 {
				want := cov[j][k]
				if j == k {
					want *= 1 + c.wider
				}
				if d := math.Abs(gotCov[j][k]-want) / (sd * math.Sqrt(cov[k][k])); d > 5*wide*wide*math.Sqrt(2./n) {
					t.Errorf("%s: covariance %d, %d is off by %g", c.of.Name, j, k, d)
				}
			}
		}
	}
}

// TestBandwidthOfNormalRows: the bandwidth of 500 normal points is that which is best for them on average, in d dimensions
// (4/((d + 2) n))^(1/(d + 4)) (Silverman 1986, equation 4.14), which is 1.06 n^(-1/5) in one. That of one sample scatters by
// about .15 of it, as left-out likelihood does, so the mean of 15 samples is within 15 %, 3 standard errors;
// likelihood, which minds the tails, likes it a little wider.
func TestBandwidthOfNormalRows(t *testing.T) {
	t.Parallel()
	const samples = 15
	for dim := 1; dim <= 2; dim++ {
		if testing.Short() && dim == 1 {
			continue // it takes as long again
		}
		sum := 0.
		for k := range samples {
			z, _, dims := standard(normal(500, dim, uint64(k)))
			sum += bandwidth(z, dims, maxRows)
		}
		want := math.Pow(4/(float64(dim+2)*500), 1/float64(dim+4))
		if got := sum / samples; math.Abs(got/want-1) > .15 {
			t.Errorf("the mean bandwidth in %d dimensions is %.4f, want %.4f", dim, got, want)
		}
	}
}

// TestBandwidthIsTheLikeliest compares the search with a fine grid, for clusters of width .01: no bandwidth is likelier by
// more than what a difference of 1 % in it makes, which is far below 1 at the top.
func TestBandwidthIsTheLikeliest(t *testing.T) {
	t.Parallel()
	rows := normal(300, 2, 3)
	for i := range rows.Data {
		rows.Data[i] = .01*rows.Data[i] + float64(i/2%3)
	}
	z, _, dims := standard(rows)
	l := newLeftOut(z, dims)
	got := bandwidth(z, dims, maxRows)
	most, best := math.Inf(-1), 0.
	for at := -5.; at < 1; at += .02 {
		if v := l.likelihood(at); v > most {
			most, best = v, at
		}
	}
	if most-l.likelihood(math.Log10(got)) > .1 {
		t.Errorf("bandwidth %.5f, but %.5f is likelier", got, math.Pow(10, best))
	}
	if got > .02 {
		t.Errorf("bandwidth %.4f for clusters of width .012 in standard deviations", got)
	}
}

// TestBandwidthOfRepeatedRows: rows of which each occurs five times have the bandwidth of rows that occur once, and rows
// that are all equal have none.
func TestBandwidthOfRepeatedRows(t *testing.T) {
	t.Parallel()
	once, _, dims := standard(normal(200, 2, 1))
	five := flow.Batch{Dim: 2}
	for range 5 {
		five.Data = append(five.Data, once.Data...)
	}
	// The rule of thumb, about which the grid lies, knows the number of rows, so that the two searches end within their
	// tolerance of each other.
	if a, b := bandwidth(once, dims, maxRows), bandwidth(five, dims, maxRows); math.Abs(a/b-1) > .02 {
		t.Errorf("bandwidth %.4f of rows and %.4f of the same rows five times", a, b)
	}
	same := draw(t, KDE, flow.Batch{Dim: 2, Data: []float64{1, 2, 1, 2, 1, 2}}, 10)
	for i := range same.Len() {
		if same.Row(i)[0] != 1 || same.Row(i)[1] != 2 {
			t.Fatalf("point %v of rows that are all (1, 2)", same.Row(i))
		}
	}
}

// TestBandwidthOfManyRows: where 200 of 800 normal points are compared, the bandwidth is that of all 800. Those of a sample
// scatter by about .13 of it, so their mean ratio over 10 samples is 1 within .13, 3 standard errors. That of 200 points is
// 1.26 on average.
func TestBandwidthOfManyRows(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it compares many points")
	}
	sum, samples := 0., 10
	for k := range samples {
		z, _, dims := standard(normal(800, 2, uint64(k)))
		sum += bandwidth(z, dims, 200) / bandwidth(z, dims, maxRows)
	}
	if ratio := sum / float64(samples); math.Abs(ratio-1) > .13 {
		t.Errorf("the bandwidth is %.3f times that of all points", ratio)
	}
}

// TestResampleDrawsRows: every point is a training row, and of 4 rows every one is drawn about as often: within 5 standard
// errors of 1,000 draws.
func TestResampleDrawsRows(t *testing.T) {
	t.Parallel()
	rows := normal(4, 2, 2)
	x := draw(t, Resample, rows, 1000)
	count := map[[2]float64]int{}
	for i := range x.Len() {
		count[[2]float64(x.Row(i))]++
	}
	if len(count) != 4 {
		t.Errorf("%d different points of 4 rows", len(count))
	}
	for i := range rows.Len() {
		if n := count[[2]float64(rows.Row(i))]; math.Abs(float64(n)-250) > 5*math.Sqrt(1000*.25*.75) {
			t.Errorf("row %d is drawn %d times of 1000", i, n)
		}
	}
}

// TestDrawsDependOnTheStreamAlone: the points of a stream are the same however many are drawn, except that a matrix product
// may round differently.
func TestDrawsDependOnTheStreamAlone(t *testing.T) {
	t.Parallel()
	rows := normal(50, 3, 4)
	for _, b := range []Baseline{Gaussian, KDE, Resample} {
		few, many := draw(t, b, rows, 5), draw(t, b, rows, 100)
		for i, v := range few.Data {
			if math.Abs(v-many.Data[i]) > 1e-12 {
				t.Errorf("%s: number %d of 5 points is %g, and of 100 points %g", b.Name, i, v, many.Data[i])
			}
		}
	}
}

// TestUnusableRows: what cannot be fitted is an error.
func TestUnusableRows(t *testing.T) {
	t.Parallel()
	for _, rows := range []flow.Batch{{Dim: 1, Data: []float64{1}}, {Dim: 1, Data: []float64{1, math.NaN()}}} {
		for _, b := range []Baseline{Gaussian, KDE, Resample} {
			if _, err := b.Fit(Data{Rows: rows}); err == nil {
				t.Errorf("%s fits %v", b.Name, rows.Data)
			}
		}
	}
}
