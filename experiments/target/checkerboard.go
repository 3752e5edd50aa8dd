package target

import (
	"math/rand/v2"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// Checkerboard is uniform on the 8 dark unit squares of a board from -2 to 2 on both axes, multiplied by Scale. The
// default scale, 1/0.45, is that of the 2-D notebook of facebookresearch/flow_matching. With a Label it is uniform on the 8 light ones
// too, which are the other class.
type Checkerboard struct {
	Scale float64 `json:"scale" above:"0" doc:"factor applied to a board from -2 to 2"`
	Label string  `json:"label,omitempty" oneof:"colour" doc:"classes that models are conditional on: the colours, dark and light; the board is then uniform on all of its squares"`
}

const (
	darkSquares = 8
	squares     = 16
)

// Make returns the checkerboard.
func (c Checkerboard) Make() (Target, error) {
	count := darkSquares
	if c.Label != "" {
		count = squares
	}
	draw := func(r *rand.Rand, dst []float64) int {
		i := r.IntN(count)
		x, y := square(i)
		dst[0] = c.Scale * (x + r.Float64())
		dst[1] = c.Scale * (y + r.Float64())
		return i
	}
	low, high := flow.NewBatch(count, 2), flow.NewBatch(count, 2)
	for i := range count {
		x, y := square(i)
		copy(low.Row(i), []float64{c.Scale * x, c.Scale * y})
		copy(high.Row(i), []float64{c.Scale * (x + 1), c.Scale * (y + 1)})
	}
	t := Target{Name: "checkerboard", Params: c, Shape: []int{2}, Draw: draw, Law: oracle.Boxes{Low: low, High: high}}
	if c.Label != "" {
		t.label(c.Label, []string{"dark", "light"}, halvesOf(squares), equal(2))
	}
	return t, nil
}

// square returns the lower left corner of a square, of which the dark ones are the first.
func square(i int) (x, y float64) {
	column, row := i%4, 2*(i%darkSquares/4)
	if column%2 == 1 != (i >= darkSquares) {
		row++
	}
	return float64(column - 2), float64(row - 2)
}
