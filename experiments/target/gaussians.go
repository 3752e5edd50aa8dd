package target

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
)

// Gaussians is a mixture of equally likely Gaussians of one width: Count of them evenly on a ring, the first at
// (Radius, 0), or one at each of the given Means, of any dimension.
type Gaussians struct {
	Count  int         `json:"count" min:"1" doc:"number of Gaussians on the ring"`
	Radius float64     `json:"radius" min:"0" doc:"radius of the ring"`
	Std    float64     `json:"std" min:"0" doc:"standard deviation of each Gaussian"`
	Means  [][]float64 `json:"means" doc:"means, one a row, instead of a ring"`
}

// MarshalJSON returns the parameters that matter: those of the ring, or the means.
func (g Gaussians) MarshalJSON() ([]byte, error) {
	if len(g.Means) > 0 {
		return json.Marshal(struct {
			Std   float64     `json:"std"`
			Means [][]float64 `json:"means"`
		}{g.Std, g.Means})
	}
	return json.Marshal(struct {
		Count  int     `json:"count"`
		Radius float64 `json:"radius"`
		Std    float64 `json:"std"`
	}{g.Count, g.Radius, g.Std})
}

// mostGaussians keeps a slip of the pen from asking for more memory than there is.
const mostGaussians = 100_000

// Target returns the mixture, or an error where there are too many Gaussians or the means are not all of one dimension.
func (g Gaussians) Target() (Target, error) {
	means := g.Means
	if len(means) > 0 {
		g.Count, g.Radius = len(means), 0
	} else {
		if g.Count > mostGaussians {
			return Target{}, fmt.Errorf("count: %d Gaussians are too many: at most %d", g.Count, mostGaussians)
		}
		means = ring(g.Count, g.Radius)
	}
	dim := len(means[0])
	for i, m := range means {
		if len(m) != dim || dim == 0 {
			return Target{}, fmt.Errorf("means: row %d has %d numbers, the first has %d: give every mean the same dimension, at least 1",
				i+1, len(m), dim)
		}
	}
	draw := func(r *rand.Rand, dst []float64) {
		for i, m := range means[r.IntN(len(means))] {
			dst[i] = m + g.Std*r.NormFloat64()
		}
	}
	return Target{Name: "gaussians", Params: g, Dim: dim, Draw: draw}, nil
}

func ring(n int, radius float64) [][]float64 {
	means := make([][]float64, n)
	for i := range means {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		means[i] = []float64{radius * cos, radius * sin}
	}
	return means
}
