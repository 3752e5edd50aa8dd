package target

import (
	"math/rand/v2"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// Checkerboard is uniform on the 8 dark unit squares of a board from -2 to 2 on both axes, multiplied by Scale. The
// default scale, 1/0.45, is that of the 2-D notebook of facebookresearch/flow_matching.
type Checkerboard struct {
	Scale float64 `json:"scale" above:"0" doc:"factor applied to a board from -2 to 2"`
}

const darkSquares = 8

// Make returns the checkerboard.
func (c Checkerboard) Make() (Target, error) {
	draw := func(r *rand.Rand, dst []float64) {
		x, y := darkSquare(r.IntN(darkSquares))
		dst[0] = c.Scale * (x + r.Float64())
		dst[1] = c.Scale * (y + r.Float64())
	}
	low, high := flow.NewBatch(darkSquares, 2), flow.NewBatch(darkSquares, 2)
	for i := range darkSquares {
		x, y := darkSquare(i)
		copy(low.Row(i), []float64{c.Scale * x, c.Scale * y})
		copy(high.Row(i), []float64{c.Scale * (x + 1), c.Scale * (y + 1)})
	}
	return Target{Name: "checkerboard", Params: c, Shape: []int{2}, Draw: draw, Law: oracle.Boxes{Low: low, High: high}}, nil
}

// darkSquare returns the lower left corner of dark square i.
func darkSquare(i int) (x, y float64) {
	column, row := i%4, 2*(i/4)
	row += column % 2
	return float64(column - 2), float64(row - 2)
}
