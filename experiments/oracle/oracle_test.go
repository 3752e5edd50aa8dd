package oracle_test

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// each runs a test for every law, path and time. Half of the points are drawn from p_t, and half lie twice as far out.
func each(t *testing.T, times []float64, test func(t *testing.T, o oracle.Oracle, at float64, x flow.Batch)) {
	for name, law := range laws(t) {
		for _, path := range paths {
			for _, at := range times {
				t.Run(fmt.Sprintf("%s/%s/%g", name, path.Name, at), func(t *testing.T) {
					x := along(law, path, at, 40)
					for i := range 20 {
						for j := range x.Row(i) {
							x.Row(i)[j] *= 2
						}
					}
					test(t, oracle.Oracle{Law: law, Path: path}, at, x)
				})
			}
		}
	}
}

// TestDerivatives: the score is the gradient of the log density, the divergence is that of the velocity, the curl of
// the velocity is 0 because it is a gradient field, and the density satisfies the continuity equation
//
//	d/dt log p + <u, grad log p> + div u = 0
//
// Fourth-order differences with h = 1e-3 s, where s is the width of the noise, have errors of h^4 times a fifth
// derivative. Far from the data, derivatives of order k are up to (|x|/s^2)^k, and rounding of values of size 1e2 costs
// 1e-16 1e2 / h. Both errors are below 1e-6 of the values compared.
func TestDerivatives(t *testing.T) {
	t.Parallel()
	each(t, []float64{.1, .5, .8}, func(t *testing.T, o oracle.Oracle, at float64, x flow.Batch) {
		h := 1e-3 * o.Path.Sigma(at)
		density := func(t2 float64, x flow.Batch) []float64 { return must[[]float64](t)(o.LogDensity(t2, x)) }
		velocity := func(x flow.Batch) flow.Batch { return must[flow.Batch](t)(o.Field()(at, x)) }
		u, div, err := o.DivField()(at, x)
		if err != nil {
			t.Fatal(err)
		}
		score := must[flow.Batch](t)(o.Score(at, x))
		near := func(what string, got, want, size float64) {
			t.Helper()
			if !(math.Abs(got-want) <= 1e-6*(1+size)) {
				t.Errorf("%s = %.9g, want %.9g", what, got, want)
			}
		}
		for i := range x.Len() {
			xi := x.Slice(i, i+1)
			trace, transport, size := 0., 0., 0.
			du := make([][]float64, x.Dim) // du[j][l] = d u_l / d x_j
			for j := range x.Dim {
				du[j] = make([]float64, x.Dim)
				for l := range x.Dim {
					du[j][l] = slope(h, func(step float64) float64 { return velocity(moved(xi, j, step)).Data[l] })
				}
				trace += du[j][j]
				s := score.Row(i)[j]
				transport += u.Row(i)[j] * s
				size += math.Abs(u.Row(i)[j]*s) + math.Abs(du[j][j])
				near("score", s, slope(h, func(step float64) float64 { return density(at, moved(xi, j, step))[0] }), math.Abs(s))
			}
			near("divergence", div[i], trace, size)
			near("curl", du[0][1], du[1][0], math.Abs(du[0][1])+size)
			change := slope(1e-4, func(step float64) float64 { return density(at+step, xi)[0] })
			near("continuity", change, -transport-div[i], size)
		}
	})
}

// TestVelocityIsThePosteriorMeans: u = (s'/s) x + (W/s) E[X1|x] and u = (a'/a) x + (W s/a) grad log p, W = a' s - a s'
// (arXiv 2412.06264, table 1). At the times tested s and a are at least 0.1, which costs one or two of 16 digits; the
// score has size |x|/s^2 and costs as many.
func TestVelocityIsThePosteriorMeans(t *testing.T) {
	t.Parallel()
	each(t, []float64{.1, .5, .9}, func(t *testing.T, o oracle.Oracle, at float64, x flow.Batch) {
		a, s, da, ds := o.Path.Alpha(at), o.Path.Sigma(at), o.Path.DAlpha(at), o.Path.DSigma(at)
		w := da*s - a*ds
		u := must[flow.Batch](t)(o.Field()(at, x))
		mean := must[flow.Batch](t)(o.PosteriorMean(at, x))
		score := must[flow.Batch](t)(o.Score(at, x))
		for i, got := range u.Data {
			byMean, byScore := ds/s*x.Data[i]+w/s*mean.Data[i], da/a*x.Data[i]+w*s/a*score.Data[i]
			if size := 1 + math.Abs(x.Data[i])*w/(s*a); math.Abs(got-byMean) > 1e-12*size || math.Abs(got-byScore) > 1e-12*size {
				t.Errorf("at %v: %.15g, by the mean %.15g, by the score %.15g", x.Row(i/x.Dim), got, byMean, byScore)
			}
		}
	})
}

// TestPosteriorOfBoxes integrates over the boxes by brute force, with 400 x 400 midpoints. The error is h^2/24 times a
// second derivative of relative size 1/s^2, below 1e-4 for a >= 0.3 and s >= 0.3.
func TestPosteriorOfBoxes(t *testing.T) {
	t.Parallel()
	const cells = 400
	for _, path := range paths {
		o := oracle.Oracle{Law: overlapping, Path: path}
		a, s := path.Alpha(.5), path.Sigma(.5)
		x := along(overlapping, path, .5, 5)
		mean, logp := must[flow.Batch](t)(o.PosteriorMean(.5, x)), must[[]float64](t)(o.LogDensity(.5, x))
		for i := range x.Len() {
			mass, first := 0., 0.
			for b, w := range []float64{3. / 6, 1. / 6, 2. / 6} {
				low, high := overlapping.Low.Row(b), overlapping.High.Row(b)
				for c := range cells * cells {
					y := low[0] + (high[0]-low[0])*(float64(c%cells)+.5)/cells
					z := low[1] + (high[1]-low[1])*(float64(c/cells)+.5)/cells
					dy, dz := x.Row(i)[0]-a*y, x.Row(i)[1]-a*z
					p := w * math.Exp(-(dy*dy+dz*dz)/(2*s*s)) / (2 * math.Pi * s * s * cells * cells)
					mass += p
					first += p * y
				}
			}
			if math.Abs(logp[i]-math.Log(mass)) > 1e-4 || math.Abs(mean.Row(i)[0]-first/mass) > 1e-4 {
				t.Errorf("%s: log density %g and mean %g, by brute force %g and %g", path.Name, logp[i], mean.Row(i)[0], math.Log(mass), first/mass)
			}
		}
	}
}

// TestDensityIsCarried moves points of N(0, I) along the exact velocity. At t, the log density at each point is log p_0
// minus the integral of the divergence, and the points have the mean and variance of p_t. RK4 takes 400 steps to t = 1,
// but stops at .75 for boxes, whose velocity is unbounded near the end. Its error is below the tolerance, 1e-4, which a
// tenth of the steps does not meet. The moments lie within 5 standard errors.
func TestDensityIsCarried(t *testing.T) {
	t.Parallel()
	const n, steps = 150, 100
	for name, law := range map[string]oracle.Law{"three": three, "overlapping": overlapping} {
		for _, path := range paths {
			o := oracle.Oracle{Law: law, Path: path}
			// The state is (x, log p).
			field := func(t float64, y flow.Batch) (flow.Batch, error) {
				x := flow.NewBatch(y.Len(), law.Dim())
				for i := range x.Len() {
					copy(x.Row(i), y.Row(i))
				}
				u, div, err := o.DivField()(t, x)
				dy := flow.NewBatch(y.Len(), y.Dim)
				for i := range u.Len() {
					copy(dy.Row(i), u.Row(i))
					dy.Row(i)[law.Dim()] = -div[i]
				}
				return dy, err
			}
			y := flow.NewBatch(n, law.Dim()+1)
			flow.NewStream(1, "noise").Normal(y, 0)
			for i := range n {
				row := y.Row(i)
				row[2] = -math.Log(2*math.Pi) - (row[0]*row[0]+row[1]*row[1])/2
			}
			for quarter := range 4 {
				from, to := float64(quarter)/4, float64(quarter+1)/4
				if _, boxes := law.(oracle.Boxes); boxes && to == 1 {
					break
				}
				ts := ode.Uniform(steps)
				for i := range ts {
					ts[i] = from + ts[i]/4
				}
				var err error
				if y, _, err = ode.Solve(field, ode.RK4, ts, y); err != nil {
					t.Fatal(err)
				}
				checkCarried(t, fmt.Sprintf("%s, %s, t = %g", name, path.Name, to), o, to, y)
			}
		}
	}
}

func checkCarried(t *testing.T, where string, o oracle.Oracle, at float64, y flow.Batch) {
	t.Helper()
	n, d := y.Len(), o.Law.Dim()
	x := flow.NewBatch(n, d)
	mean, square := make([]float64, d), make([]float64, d)
	for i := range n {
		copy(x.Row(i), y.Row(i))
		for j, v := range x.Row(i) {
			mean[j] += v / float64(n)
			square[j] += v * v / float64(n)
		}
	}
	logp := must[[]float64](t)(o.LogDensity(at, x))
	for i := range n {
		if got := y.Row(i)[d]; !(math.Abs(got-logp[i]) <= 1e-4) {
			t.Errorf("%s: the log density at %v is %.7f, want %.7f", where, x.Row(i), got, logp[i])
		}
	}
	a, s := o.Path.Alpha(at), o.Path.Sigma(at)
	for j := range d {
		want, variance := a*o.Law.Mean()[j], a*a*o.Law.Cov().Row(j)[j]+s*s
		if math.Abs(mean[j]-want) > 5*math.Sqrt(variance/float64(n)) {
			t.Errorf("%s: mean %g, want %g", where, mean[j], want)
		}
		if got := square[j] - mean[j]*mean[j]; math.Abs(got-variance) > 5*variance*math.Sqrt(2/float64(n)) {
			t.Errorf("%s: variance %g, want %g", where, got, variance)
		}
	}
}

// TestGaussianFlow: the flow of CondOT to N(m, s^2 I) is x -> m + s x, and 200 steps of RK4 are within 1e-8 of it.
func TestGaussianFlow(t *testing.T) {
	t.Parallel()
	law := lawOf(t, target.Gaussian{Dim: 3, Mean: -1, Std: .5})
	x0 := along(law, flow.CondOT, 0, 10)
	x, _, err := ode.Solve(oracle.Oracle{Law: law, Path: flow.CondOT}.Field(), ode.RK4, ode.Uniform(200), x0)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range x.Data {
		if want := -1 + .5*x0.Data[i]; math.Abs(got-want) > 1e-8 {
			t.Errorf("%g goes to %.10f, want %.10f", x0.Data[i], got, want)
		}
	}
}

// TestRowsAgree: a point has the same velocity, bit by bit, alone and in a batch, with its own time, and on one core
// and on many. So have the sampled numbers. It is not parallel because it changes the number of cores.
func TestRowsAgree(t *testing.T) {
	for name, law := range laws(t) {
		o := oracle.Oracle{Law: law, Path: cosine}
		x := along(law, cosine, .6, 300)
		ts := make([]float64, x.Len())
		for i := range ts {
			ts[i] = float64(i/3) / 110
		}
		cores := runtime.GOMAXPROCS(1)
		rows := must[flow.Batch](t)(o.RowField()(ts, x))
		floor, se := o.Floor(1000, 1)
		runtime.GOMAXPROCS(3)
		again := must[flow.Batch](t)(o.RowField()(ts, x))
		floor2, se2 := o.Floor(1000, 1)
		runtime.GOMAXPROCS(cores)
		if floor != floor2 || se != se2 {
			t.Errorf("%s: floor %.17g +- %g on one core, %.17g +- %g on three", name, floor, se, floor2, se2)
		}
		for i := range ts {
			u, div, err := o.DivField()(ts[i], x.Slice(i, i+1))
			alone := must[flow.Batch](t)(o.Field()(ts[i], x.Slice(i, i+1)))
			for j := range u.Data {
				if rows.Row(i)[j] != u.Data[j] || again.Row(i)[j] != u.Data[j] || alone.Data[j] != u.Data[j] || err != nil || math.IsNaN(div[0]) {
					t.Fatalf("%s: point %d has velocity %v in a batch and %v alone (%v)", name, i, rows.Row(i), u.Data, err)
				}
			}
		}
	}
}

func ExampleOracle_Field() {
	moons, _ := target.Moons{Noise: .05}.Make()
	o := oracle.Oracle{Law: moons.Law, Path: flow.CondOT}
	x, _, _ := ode.Solve(o.Field(), ode.RK4, ode.Uniform(50), flow.Batch{Dim: 2, Data: []float64{0, 2}})
	fmt.Printf("(0, 2) goes to (%.2f, %.2f)\n", x.Data[0], x.Data[1])
	// Output: (0, 2) goes to (0.14, 1.05)
}
