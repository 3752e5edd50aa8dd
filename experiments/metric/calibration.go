package metric

import (
	"math"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric/rank"
)

// How calibration and coverage are measured.
const (
	calibrationPoints = 250 // pairs of a point and what it is given, at most
	calibrationDraws  = 99  // of the net for each, so that ranks have 100 values
	bins              = 10  // of a histogram of ranks
	within            = .95 // the probability of bands
)

// Calibration is simulation-based calibration (Talts et al. 2018, arXiv 1804.06788): the ranks of each coordinate of points that training
// never used among draws of the net that are given what the point is given. They are uniform for the true conditional law, pile up at the
// ends if the net is too sure, and in the middle if it is not sure enough.
//
// P is that of the simultaneous band of arXiv 2103.10522, corrected for the coordinates (Bonferroni).
var Calibration = Metric{
	Name: "calibration",
	Doc: "Simulation-based calibration: the largest distance, over all coordinates, of the distribution of the ranks of held-out points among draws of the net given the " +
		"same from the uniform one. Its p-value is that of the band that the distribution keeps within if the net draws from the true conditional law, corrected for the coordinates.",
	OfNet: func(net Model) (Measurement, error) {
		r, err := RanksOf(net)
		return r.calibration(), err
	},
	Share:       true,
	Density:     true,
	Conditional: true,
	Tests:       true,
	Least:       "Of a calibrated net it is what chance makes of so few points, and not 0.",
}

// Coverage is the expected coverage of credible regions, by random points (TARP, Lemos et al. 2023, arXiv 2302.03026): the share of points
// that training never used in the ball about a random point that holds a share a of the draws of the net given the same. It is a for every
// a if the net draws from the true conditional law and, over all random points, only then.
var Coverage = Metric{
	Name: "coverage",
	Doc: "Expected coverage (TARP): the largest distance between a share and how many held-out points lie in the balls about random points that hold that share of the draws of " +
		"the net given the same. Unlike calibration, it sees how coordinates depend on each other. Its p-value is that of the band of a net that draws from the true conditional law.",
	OfNet: func(net Model) (Measurement, error) {
		r, err := RanksOf(net)
		return r.coverage(), err
	},
	Share:       true,
	Density:     true,
	Conditional: true,
	Tests:       true,
	Least:       "Of a calibrated net it is what chance makes of so few points, and not 0.",
}

// Ranks are those of points that training never used among draws of a net that are given the same.
type Ranks struct {
	Draws       int     // of the net for each point
	Coordinates [][]int // (d, n), from 0 to Draws
	Distances   []int   // (n), of the distance from a random point: the share of the draws that are nearer is the credibility of the ball through the point
}

// RanksOf returns the ranks for a net that is conditional on something. They are empty if draws of it are not finite.
func RanksOf(net Model) (of Ranks, err error) {
	truth := net.HeldOut(calibrationPoints)
	draws, err := net.Posterior(truth, calibrationDraws)
	if err != nil {
		return of, err
	}
	n, d := truth.Len(), truth.Dim
	of.Draws = calibrationDraws
	ties := flow.NewStream(net.Seed, "ties of ranks")
	for j := range d {
		list, ok := rank.Of(coordinate(truth, j), coordinate(draws, j), ties.At(uint64(j)))
		if !ok {
			return Ranks{Draws: calibrationDraws}, nil
		}
		of.Coordinates = append(of.Coordinates, list)
	}
	// The first draws of a target without rows are the points themselves.
	centres := net.Draw(2*n).Slice(n, 2*n)
	of.Distances, _ = rank.Of(distancesFrom(centres, truth), distancesFrom(centres, draws), ties.At(uint64(d)))
	return of, nil
}

// column returns coordinate j of all points, (n).
func coordinate(x flow.Batch, j int) []float64 {
	list := make([]float64, x.Len())
	for i := range list {
		list[i] = x.Row(i)[j]
	}
	return list
}

// distancesFrom returns how far points are from the centres, of which each stands for equally many.
func distancesFrom(centres, x flow.Batch) []float64 {
	list, each := make([]float64, x.Len()), x.Len()/centres.Len()
	for i := range list {
		for j, c := range centres.Row(i / each) {
			list[i] = math.Hypot(list[i], x.Row(i)[j]-c)
		}
	}
	return list
}

// calibration returns the measurement of the coordinates.
func (r Ranks) calibration() Measurement { return r.measure(r.Coordinates) }

// coverage returns the measurement of the distances.
func (r Ranks) coverage() Measurement {
	if r.Distances == nil {
		return r.measure(nil)
	}
	return r.measure([][]int{r.Distances})
}

// measure returns the largest distance of the distributions of ranks from uniform, with the smallest of their p-values, corrected.
func (r Ranks) measure(all [][]int) Measurement {
	if len(all) == 0 {
		return Measurement{Value: math.NaN(), SE: math.NaN(), P: math.NaN()}
	}
	law, m := rank.NewUniform(len(all[0]), r.Draws), Measurement{P: 1}
	for _, list := range all {
		if d, se := rank.Distance(list, r.Draws); d > m.Value {
			m.Value, m.SE = d, se
		}
		m.P = min(m.P, law.P(list)*float64(len(all)))
	}
	return m
}

// Calibrated is what a page shows of the ranks of a net.
type Calibrated struct {
	Points      int          `json:"points"`
	Draws       int          `json:"draws"` // of the net for each point
	Level       float64      `json:"level"` // the probability that a calibrated net keeps within all bands of the coordinates or, apart, that of the coverage
	Coordinates []RankCounts `json:"coordinates"`
	Coverage    RankCurve    `json:"coverage"`
}

// RankCounts is the histogram of the ranks of a coordinate, from the lowest on, and the band of its bins.
type RankCounts struct {
	Name   string `json:"name,omitempty"`
	Counts []int  `json:"counts"`
	Low    int    `json:"low"`
	High   int    `json:"high"`
}

// RankCurve is the share of points in credible regions of the credibilities (k + 1) / (draws + 1), with its band.
type RankCurve struct {
	Shares []float64 `json:"shares"`
	Low    []float64 `json:"low"`
	High   []float64 `json:"high"`
}

// Credibility returns the share of the draws in the regions of share k of the coverage.
func (c Calibrated) Credibility(k int) float64 { return float64(k+1) / float64(c.Draws+1) }

// Calibrated returns what a page shows. It has no coordinates if the draws of the net are not finite.
func (r Ranks) Calibrated() (c Calibrated) {
	c.Draws, c.Level = r.Draws, within
	d := len(r.Coordinates)
	if d == 0 {
		return c
	}
	c.Points = len(r.Distances)
	for _, list := range r.Coordinates {
		h := rank.HistogramOf(list, r.Draws, bins, 1-(1-within)/float64(d))
		c.Coordinates = append(c.Coordinates, RankCounts{Counts: h.Counts, Low: h.Low, High: h.High})
	}
	low, high := rank.NewUniform(c.Points, r.Draws).Band(within)
	for k, n := range rank.Cumulative(r.Distances, r.Draws) {
		share := func(n int) float64 { return float64(n) / float64(c.Points) }
		c.Coverage.Shares = append(c.Coverage.Shares, share(n))
		c.Coverage.Low, c.Coverage.High = append(c.Coverage.Low, share(low[k])), append(c.Coverage.High, share(high[k]))
	}
	return c
}
