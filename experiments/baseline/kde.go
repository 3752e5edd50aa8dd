package baseline

import (
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// KDE draws from a kernel density estimate of the training rows: a row, each as likely as any other, with Gaussian noise of
// the same bandwidth h in every coordinate, in standard deviations of the coordinate. The bandwidth has the highest
// likelihood of left-out rows; see bandwidth.
var KDE = Baseline{
	Name: "kde",
	Doc: "A kernel density estimate: training rows with Gaussian noise. Its standard deviation, in those of each coordinate, is the one " +
		"under which rows are likeliest that are left out of the estimate in turn. Only training rows are used for that.",
	Fit: fitKDE,
}

func fitKDE(of Data) (Sampler, error) {
	if err := checkRows(of.Rows); err != nil {
		return nil, err
	}
	z, back, dims := standard(of.Rows)
	h := bandwidth(z, dims, maxRows)
	return func(n int, stream *flow.Stream) flow.Batch {
		x := flow.NewBatch(n, z.Dim)
		for i := range n {
			r := stream.At(uint64(i))
			from := z.Row(r.IntN(z.Len()))
			for j := range from {
				x.Row(i)[j] = from[j] + h*r.NormFloat64()
			}
		}
		return back.Apply(x)
	}, nil
}

// How a bandwidth is searched: on a grid of its logarithm about the rule of thumb, then by golden sections between the
// neighbours of the best.
const (
	maxRows     = 2_000           // rows that are compared, as the time grows with their square
	gridLow     = -4.             // decades from the rule of thumb: clusters may be far narrower than the whole
	gridHigh    = 1.              // an outlier makes the likeliest bandwidth wide
	gridStep    = .25             // decades
	goldenUntil = .01 / math.Ln10 // decades: 1 %, where the choice of the rows matters far more
)

// bandwidth returns the bandwidth h with the highest likelihood of left-out rows (Habbema, Hermans and van den Broek 1974),
//
//	sum over i of log of the mean over j of N(z_i - z_j; 0, h^2 I)
//
// for standardised rows, (n, d), of which dims coordinates are not constant. The inner mean leaves out row i and the rows
// that equal it, without which repeated rows would have an unbounded likelihood at h = 0. Of more than most rows, as many
// random ones are compared, and h shrinks as n^(-1/(dims + 4)), as the best bandwidth does (Silverman 1986, section 4.3.2).
func bandwidth(z flow.Batch, dims, most int) float64 {
	if dims == 0 {
		return 0
	}
	n, some := float64(z.Len()), z
	if z.Len() > most {
		some = z.Take(flow.Batch{}, flow.NewStream(0, "bandwidth rows").At(0).Perm(z.Len())[:most])
	}
	m := float64(some.Len())
	l := newLeftOut(some, dims)
	rule := math.Log10(4/(float64(dims+2)*m)) / float64(dims+4) // Silverman's, for normal rows
	best, top := 0., math.Inf(-1)
	for at := rule + gridLow; at <= rule+gridHigh+gridStep/2; at += gridStep {
		if v := l.likelihood(at); v > top {
			best, top = at, v
		}
	}
	best = goldenMaximum(l.likelihood, best-gridStep, best+gridStep, goldenUntil)
	return math.Pow(10, best) * math.Pow(m/n, 1/float64(dims+4))
}

// leftOut holds what the likelihood of left-out rows depends on, besides the bandwidth.
type leftOut struct {
	dims    float64
	squares [][]float64 // distances from each row to those that differ from it, less the smallest of them
	least   []float64   // the smallest
}

func newLeftOut(z flow.Batch, dims int) leftOut {
	l := leftOut{dims: float64(dims), squares: make([][]float64, z.Len()), least: make([]float64, z.Len())}
	flow.Parallel(z.Len(), func(i int) {
		var squares []float64
		for j := range z.Len() {
			sum := 0.
			for k, x := range z.Row(j) {
				d := x - z.Row(i)[k]
				sum += d * d
			}
			if sum > 0 {
				squares = append(squares, sum)
			}
		}
		if len(squares) == 0 {
			return
		}
		l.least[i] = slices.Min(squares)
		for j := range squares {
			squares[j] -= l.least[i]
		}
		l.squares[i] = squares
	})
	return l
}

// likelihood returns the log likelihood at a bandwidth of 10^at, up to a constant.
func (l leftOut) likelihood(at float64) float64 {
	h := math.Pow(10, at)
	scale := 1 / (2 * h * h)
	of := make([]float64, len(l.squares))
	flow.Parallel(len(of), func(i int) {
		if len(l.squares[i]) == 0 {
			return
		}
		sum := 0.
		for _, s := range l.squares[i] {
			if s *= scale; s < 40 { // the rest is below the rounding of the sum, which is at least 1
				sum += math.Exp(-s)
			}
		}
		of[i] = math.Log(sum) - l.least[i]*scale - l.dims*math.Log(h)
	})
	total := 0.
	for _, v := range of { // in order, so that it does not depend on the number of processors
		total += v
	}
	return total
}

// goldenMaximum returns where f is largest between a and b, within the tolerance, if it has one maximum there
// (Kiefer 1953).
func goldenMaximum(f func(float64) float64, a, b, tolerance float64) float64 {
	const ratio = 1 / math.Phi
	c, d := b-ratio*(b-a), a+ratio*(b-a)
	atC, atD := f(c), f(d)
	for b-a > tolerance {
		if atC > atD {
			b, d, atD = d, c, atC
			c = b - ratio*(b-a)
			atC = f(c)
		} else {
			a, c, atC = c, d, atD
			d = a + ratio*(b-a)
			atD = f(d)
		}
	}
	return (a + b) / 2
}
