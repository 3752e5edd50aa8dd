package metric

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// Limits on what the metrics of held-out rows cost.
const (
	heldOutRows  = 2_000  // rows of each side whose losses are compared
	nearRows     = 1_000  // rows of each side that samples are compared with
	heldOutPairs = 20_000 // pairs of a row and noise, on each side
	relabellings = 9_999  // of the rows, for a p-value
)

// HeldOutLoss is the conditional flow-matching loss on rows that training never uses, at evenly distributed times:
//
//	E |u(t, X_t) - (alpha' X1 + sigma' X0)|^2 / d
//
// Rows are paired with noise by the coupling of the training. SE is over the rows.
var HeldOutLoss = Metric{
	Name:    "held-out-loss",
	Doc:     "Conditional flow-matching loss on rows that training never uses, at evenly distributed times. Its standard error is over the rows.",
	OfNet:   heldOutLoss,
	HeldOut: true,
	OfPairs: true,
	Least:   "The smallest value is not known: that of the training rows, which a copy reaches, does not apply to other rows.",
}

// LossGap is the loss on held-out rows minus that on training rows, with the same times and noise. P is from a permutation
// test of which rows were trained on: exact, as a net that knows none of them has exchangeable losses.
var LossGap = Metric{
	Name: "loss-gap",
	Doc: "Loss on rows that training never uses minus the loss on training rows, with the same times and noise. About 0 for a net that has " +
		"learned the law of the rows, and large for one that has learned the rows.",
	OfNet:   lossGap,
	HeldOut: true,
	OfPairs: true,
	Signed:  true,
}

// NNShare is the share of samples that are nearer to a training row than to any held-out row, where both sides have equally
// many rows; ties count half. P is from a permutation test of which rows were trained on, by the number of samples nearest
// to each row. A binomial test over the samples would not do: it takes the rows as fixed, but they are what is random, and
// with few rows it would accuse nets that know none of them.
var NNShare = Metric{
	Name: "nn-share",
	Doc: "Share of samples that are nearer to a training row than to any held-out row, of equally many rows on both sides. It is about 0.5 for " +
		"samples that are new and higher for copies: up to 1, if half of the rows are held out. Its p-value is from a permutation test of which rows were trained on.",
	OfRun:     nnShare,
	Share:     true,
	HeldOut:   true,
	RowsAlone: true,
	Least:     "About 0.5 is best: below it lies only chance.",
}

// NearShare is the share of samples nearer to a training row than all but the nearest 5 % of held-out rows are.
var NearShare = Metric{
	Name: "near-share",
	Doc: "Share of samples that are nearer to a training row than 95 % of the held-out rows are (than all of them, if they are fewer than 20). " +
		"It is about 0.05 for samples that are as new as the held-out rows, and 1 for copies.",
	OfRun:     nearShare,
	Share:     true,
	HeldOut:   true,
	RowsAlone: true,
}

func heldOutLoss(net Model) (Measurement, error) {
	losses, err := rowLosses(net, net.Held(heldOutRows))
	if err != nil {
		return Measurement{}, err
	}
	return Mean(losses), nil
}

func lossGap(net Model) (Measurement, error) {
	held, err := rowLosses(net, net.Held(heldOutRows))
	if err != nil {
		return Measurement{}, err
	}
	trained, err := rowLosses(net, net.Trained(heldOutRows))
	if err != nil {
		return Measurement{}, err
	}
	a, b := Mean(held), Mean(trained)
	m := Measurement{Value: a.Value - b.Value, SE: math.Hypot(a.SE, b.SE)}
	m.P = relabelled(held, trained, flow.NewStream(net.Seed, "loss-gap rows").At(0))
	return m, nil
}

// rowLosses returns the loss of each row, (n), a mean over as many pairs as the limit allows.
func rowLosses(net Model, rows flow.Batch) ([]float64, error) {
	return net.Losses(rows, max(1, heldOutPairs/max(1, rows.Len())))
}

// relabelled returns the p-value of a permutation test that the numbers a are not larger than b, by the sum of a.
func relabelled(a, b []float64, r *rand.Rand) float64 {
	all := append(append([]float64(nil), a...), b...)
	if !flow.Finite(all...) {
		return math.NaN()
	}
	own, atLeast := sum(a), 1
	// Sums in another order differ by rounding; equal ones count as equal.
	own -= 1e-12 * math.Abs(own)
	for range relabellings {
		total := 0.
		for i := range a {
			j := i + r.IntN(len(all)-i)
			all[i], all[j] = all[j], all[i]
			total += all[i]
		}
		if total >= own {
			atLeast++
		}
	}
	return float64(atLeast) / (relabellings + 1)
}

func nnShare(net Model, samples flow.Batch) (Measurement, error) {
	trained, held := net.Trained(nearRows), net.Held(nearRows)
	if !samples.Finite() {
		return notFinite, nil
	}
	d := nearest(samples, trained, held)
	m := equalShare(d, net.Seed)
	counts := d.counts()
	// The alternative is that few samples are nearest to held-out rows.
	for i := range counts {
		counts[i] = -counts[i]
	}
	m.P = relabelled(counts[trained.Len():], counts[:trained.Len()], flow.NewStream(net.Seed, "nn-share rows").At(0))
	return m, nil
}

// shareDraws is the number of subsets of the larger side over which nn-share is a mean.
const shareDraws = 20

// equalShare returns the share of samples nearest to the first side, of equally many random rows of both sides, a mean
// over such subsets. The standard error treats the samples around each row as one observation.
func equalShare(d distances, seed uint64) Measurement {
	rows := min(d.first, d.rows-d.first)
	draws := shareDraws
	if d.first == d.rows-d.first {
		draws = 1
	}
	stream := flow.NewStream(seed, "nn-share subsets")
	shares, variances := make([]float64, draws), make([]float64, draws)
	for k := range draws {
		r := stream.At(uint64(k))
		chosen := append(subset(r, 0, d.first, rows), subset(r, d.first, d.rows, rows)...)
		shares[k], variances[k] = d.share(chosen, rows)
	}
	return Measurement{Value: stat.Mean(shares, nil), SE: math.Sqrt(stat.Mean(variances, nil))}
}

// subset returns count different numbers of [from, to).
func subset(r *rand.Rand, from, to, count int) []int {
	order := r.Perm(to - from)[:count]
	for i := range order {
		order[i] += from
	}
	return order
}

func nearShare(net Model, samples flow.Batch) (Measurement, error) {
	trained, held := net.Trained(nearRows), net.Held(nearRows)
	if !samples.Finite() {
		return notFinite, nil
	}
	m := held.Len()
	k := nearest5(m)
	limit := kth(nearestDistances(held, trained), k)
	count := 0.
	of := nearestDistances(samples, trained)
	for _, d := range of {
		if d < limit {
			count++
		}
	}
	n, rows := float64(len(of)), float64(m)
	share := count / n
	// The share below the k-th of m values has variance k (m + 1 - k) / ((m+1)^2 (m+2)), that of a beta law.
	order := float64(k) * (rows + 1 - float64(k)) / ((rows + 1) * (rows + 1) * (rows + 2))
	return Measurement{Value: share, SE: math.Sqrt(share*(1-share)/n + order)}, nil
}

// nearest5 returns how many of m rows are the nearest 5 %, at least one.
func nearest5(m int) int { return max(1, (m+10)/20) }

// NearByChance returns what near-share is on average for samples that are as new as the held-out rows, of which there are m.
func NearByChance(m int) float64 {
	m = min(m, nearRows)
	return float64(nearest5(m)) / float64(m+1)
}

// Memorised reports whether samples are copies of training rows, by their nn-share and near-share: significantly many are
// nearest to training rows, at the level 0.001, and clearly more of them are near one than held-out rows are. The second
// condition spares nets that barely know their rows, which many samples would reveal, too.
func Memorised(share, near Measurement) bool {
	return share.P > 0 && share.P < memorisedLevel && near.Value > nearQuantile+max(memorisedShare, 2*near.SE)
}

const (
	memorisedLevel = .001
	memorisedShare = .1
	nearQuantile   = .05
)
