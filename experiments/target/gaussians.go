package target

import (
	"encoding/json"
	"fmt"
	"math"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/oracle"
)

// Gaussians is a mixture of equally likely Gaussians of equal width, with means
//
//   - evenly spaced on a ring in the plane of the first two axes, the first at (Radius, 0, ...),
//   - on a grid from -Radius to Radius on every axis, or
//   - at the given Means, of any dimension.
type Gaussians struct {
	Count  int         `json:"count" min:"1" doc:"number of Gaussians; for a grid a square, cube or higher power"`
	Radius float64     `json:"radius" min:"0" doc:"radius of the ring, or half the side of the grid"`
	Std    float64     `json:"std" min:"0" doc:"standard deviation of each Gaussian"`
	Means  [][]float64 `json:"means" excludes:"count radius" doc:"the means, one per row, instead of a ring or grid"`
	Layout string      `json:"layout" oneof:"ring grid" doc:"arrangement of the means"`
	Dim    int         `json:"dim" min:"1" doc:"dimension of the ring or grid"`
	Label  string      `json:"label" oneof:"component" doc:"classes that models are conditional on: the Gaussians, counted from 0"`
}

// The defaults, which the JSON omits, since keys are hashes of it.
const (
	defaultLayout = "ring"
	defaultDim    = 2
)

// MarshalJSON returns the parameters in use: those of the ring or grid, or the means.
func (g Gaussians) MarshalJSON() ([]byte, error) {
	if len(g.Means) > 0 {
		return json.Marshal(struct {
			Std   float64     `json:"std"`
			Means [][]float64 `json:"means"`
			Label string      `json:"label,omitempty"`
		}{g.Std, g.Means, g.Label})
	}
	if g.Layout == defaultLayout {
		g.Layout = ""
	}
	if g.Dim == defaultDim {
		g.Dim = 0
	}
	return json.Marshal(struct {
		Count  int     `json:"count"`
		Radius float64 `json:"radius"`
		Std    float64 `json:"std"`
		Layout string  `json:"layout,omitempty"`
		Dim    int     `json:"dim,omitempty"`
		Label  string  `json:"label,omitempty"`
	}{g.Count, g.Radius, g.Std, g.Layout, g.Dim, g.Label})
}

// Make returns the mixture. An empty layout stands for a ring, and dimension 0 for 2.
func (g Gaussians) Make() (Target, error) {
	if g.Layout == "" {
		g.Layout = defaultLayout
	}
	if g.Dim == 0 {
		g.Dim = defaultDim
	}
	means, err := g.means()
	if err != nil {
		return Target{}, err
	}
	if len(g.Means) > 0 {
		g.Count, g.Radius, g.Layout, g.Dim = len(g.Means), 0, "", means.Dim
	}
	t := ofLaw("gaussians", g, oracle.Mixture{Means: means, Std: []float64{g.Std}})
	if g.Label != "" {
		if means.Len() > given.MaxClasses {
			return Target{}, fmt.Errorf("label: %d classes are too many: use at most %d", means.Len(), given.MaxClasses)
		}
		t.label(g.Label, ordinals(means.Len()), upTo(means.Len()), equal(means.Len()))
	}
	return t, nil
}

// These limits protect against typos that would exhaust memory.
const (
	maxGaussians = 100_000
	maxNumbers   = 10_000_000
)

// means returns the means, (Count, Dim).
func (g Gaussians) means() (flow.Batch, error) {
	switch {
	case len(g.Means) > 0:
		return g.rows()
	case g.Count > maxGaussians:
		return flow.Batch{}, fmt.Errorf("count: %d Gaussians are too many: use at most %d", g.Count, maxGaussians)
	case g.Dim > maxNumbers/g.Count:
		return flow.Batch{}, fmt.Errorf("dim: %d Gaussians in %d dimensions are too many: use at most %d numbers in total",
			g.Count, g.Dim, maxNumbers)
	case g.Layout == "grid":
		return grid(g.Count, g.Dim, g.Radius)
	case g.Layout != defaultLayout:
		return flow.Batch{}, fmt.Errorf("layout: unknown layout %q: use ring or grid", g.Layout)
	case g.Dim < 2:
		return flow.Batch{}, fmt.Errorf("dim: a ring needs at least 2 dimensions: use more, or the layout grid")
	}
	means := flow.NewBatch(g.Count, g.Dim)
	for i := range g.Count {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(g.Count))
		copy(means.Row(i), []float64{g.Radius * cos, g.Radius * sin})
	}
	return means, nil
}

// rows returns the given means, or an error if their dimensions differ or other parameters contradict them.
func (g Gaussians) rows() (flow.Batch, error) {
	dim := len(g.Means[0])
	if g.Layout != defaultLayout {
		return flow.Batch{}, fmt.Errorf("layout: means and layout exclude each other: remove one")
	}
	if g.Dim != defaultDim && g.Dim != dim {
		return flow.Batch{}, fmt.Errorf("dim: the means have dimension %d: remove dim", dim)
	}
	means := flow.Batch{Dim: dim}
	for i, m := range g.Means {
		if len(m) != dim || dim == 0 {
			return flow.Batch{}, fmt.Errorf("means: row %d has %d numbers, but the first has %d: all means must have the same dimension, at least 1",
				i+1, len(m), dim)
		}
		means.Data = append(means.Data, m...)
	}
	return means, nil
}

// grid returns count = k^dim points, k on each axis, evenly spaced from -half to half. The last axis varies fastest.
func grid(count, dim int, half float64) (flow.Batch, error) {
	k := int(math.Round(math.Pow(float64(count), 1/float64(dim))))
	if near := math.Pow(float64(k), float64(dim)); near != float64(count) {
		return flow.Batch{}, fmt.Errorf("count: %d Gaussians do not form a grid in %d dimensions: use a power such as %g", count, dim, near)
	}
	means := flow.NewBatch(count, dim)
	if k == 1 {
		return means, nil
	}
	for i := range count {
		rest := i
		for j := dim - 1; j >= 0; j-- {
			means.Row(i)[j] = half * (2*float64(rest%k)/float64(k-1) - 1)
			rest /= k
		}
	}
	return means, nil
}
