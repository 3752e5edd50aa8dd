// Package motion holds how a velocity carries noise to data, as plain values that a store keeps and a page draws: paths of some points,
// how dense the points are on the way, and the velocity in a plane.
//
//	counts := view.Counts(points) // a histogram
//	text, err := json.Marshal(flow)
package motion

// Version is raised when the form of a Flow changes, or what its numbers mean.
const Version = 3

// Moments are the times at which densities and velocities are shown.
var Moments = []float64{0, .25, .5, .75, 1}

// Flow is how the velocity of a net carries noise to data and, where that is known, how the exact one carries the same noise.
type Flow struct {
	Version int       `json:"version"`
	Run     string    `json:"run"` // key of the run whose net and guidance it is of
	View    View      `json:"view"`
	Times   []float64 `json:"times"` // of the paths, from 0 to 1
	Net     Motion    `json:"net"`
	Exact   *Motion   `json:"exact,omitempty"` // nil where it is not known
	Mixed   *Motion   `json:"mixed,omitempty"` // of data mixed with noise, which has no paths; nil where it is not what the net has learnt, or there is Exact
	Apart   []float64 `json:"apart,omitempty"` // of the net from the exact velocity at the Moments, see Apart
	Label   string    `json:"label,omitempty"` // what the classes are classes of
	Classes []string  `json:"classes,omitempty"`
	Class   []int     `json:"class,omitempty"` // of each path; none without classes
	Steps   *Steps    `json:"steps,omitempty"` // of the chosen solver; nil where they are many, or of each point its own
	Images  *Images   `json:"images,omitempty"`
}

// Motion is how points move under a velocity.
type Motion struct {
	Points int      `json:"points"`         // behind the counts
	Lost   int      `json:"lost,omitempty"` // points that a diverged velocity carried to where there are no numbers
	Paths           // of the first points
	Counts [][]int  `json:"counts"`           // histograms, as of View.Counts: at the Moments or, of one coordinate, at all times
	Arrows []Arrows `json:"arrows,omitempty"` // at the Moments
}

// Paths are the places of points at growing times: X[i][k] is that of point i at time k. Points of one coordinate have no Y.
type Paths struct {
	X [][]float64 `json:"x,omitempty"`
	Y [][]float64 `json:"y,omitempty"`
}

// Arrows is a velocity at some places of a grid: in cell At[i], counted as in View.Counts, it is (U[i], V[i]).
type Arrows struct {
	At []int     `json:"at"`
	U  []float64 `json:"u"`
	V  []float64 `json:"v"`
}

// Steps are the places to which the steps of a solver carry the first points.
type Steps struct {
	Sampling string    `json:"sampling"` // the solver and how many steps, in words
	Times    []float64 `json:"times"`
	Paths
}

// Images are points on their way as images.
type Images struct {
	Shape     []int      `json:"shape"` // channels, height and width
	Low, High float64    // of the data, black and white
	Pixels    [][][]byte `json:"pixels"` // of each point at each of the Moments: from 0 for Low to 255 for High
}
