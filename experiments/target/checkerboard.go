package target

import "math/rand/v2"

// Checkerboard is uniform on the 8 dark squares, of side 1, of a board that reaches from -2 to 2 on both axes, times
// Scale. The default scale, 1/0.45, is that of the 2-D notebook of facebookresearch/flow_matching.
type Checkerboard struct {
	Scale float64 `json:"scale" above:"0" doc:"factor on a board that reaches from -2 to 2"`
}

// Target returns the checkerboard.
func (c Checkerboard) Target() (Target, error) {
	draw := func(r *rand.Rand, dst []float64) {
		square := r.IntN(8)
		column, row := square%4, 2*(square/4)
		row += column % 2
		dst[0] = c.Scale * (float64(column-2) + r.Float64())
		dst[1] = c.Scale * (float64(row-2) + r.Float64())
	}
	return Target{Name: "checkerboard", Params: c, Dim: 2, Draw: draw}, nil
}
