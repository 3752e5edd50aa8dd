// Package surface draws functions on grids, such as densities, as filled contours.
//
//	drawn := surface.Surface{Wide: 48, High: 48, F: counts}.Smooth(1.1, true).Filled(level, colour, .2, x, y)
package surface

import (
	"fmt"
	"math"
	"strings"
)

// Surface is a function on the nodes of a grid, row by row.
type Surface struct {
	Wide, High int
	F          []float64
}

// At returns the value at a node, or 0 outside the grid.
func (s Surface) At(i, j int) float64 {
	if i < 0 || j < 0 || i >= s.Wide || j >= s.High {
		return 0
	}
	return s.F[j*s.Wide+i]
}

// Smooth returns the surface under a Gaussian kernel of a width in nodes, along the columns or also along the rows. What the kernel would
// bring in from outside is left out, so that it does not fall off at an edge.
func (s Surface) Smooth(width float64, rows bool) Surface {
	reach := int(math.Ceil(3 * width))
	pass := func(s Surface, di, dj int) Surface {
		out := Surface{s.Wide, s.High, make([]float64, len(s.F))}
		for j := range s.High {
			for i := range s.Wide {
				sum, weights := 0., 0.
				for k := -reach; k <= reach; k++ {
					if x, y := i+k*di, j+k*dj; x >= 0 && y >= 0 && x < s.Wide && y < s.High {
						w := math.Exp(-float64(k*k) / (2 * width * width))
						sum, weights = sum+w*s.At(x, y), weights+w
					}
				}
				out.F[j*s.Wide+i] = sum / weights
			}
		}
		return out
	}
	s = pass(s, 0, 1)
	if rows {
		s = pass(s, 1, 0)
	}
	return s
}

// place is a point in nodes.
type place struct{ x, y float64 }

// edge is the edge of the grid from a node to the next one, along a row or a column. The grid has a rim of zeros around its nodes.
type edge struct {
	i, j int
	up   bool
}

// crossing returns where a level is on an edge.
func (s Surface) crossing(e edge, level float64) place {
	a, b := s.At(e.i, e.j), s.At(e.i+1, e.j)
	if e.up {
		b = s.At(e.i, e.j+1)
	}
	t := (level - a) / (b - a)
	if e.up {
		return place{float64(e.i), float64(e.j) + t}
	}
	return place{float64(e.i) + t, float64(e.j)}
}

// links returns for each edge that a positive level crosses the two that its line goes on to, by marching squares, and the edges in order.
func (s Surface) links(level float64) (next map[edge][]edge, order []edge) {
	next = map[edge][]edge{}
	link := func(a, b edge) {
		for _, e := range [][2]edge{{a, b}, {b, a}} {
			if next[e[0]] == nil {
				order = append(order, e[0])
			}
			next[e[0]] = append(next[e[0]], e[1])
		}
	}
	for j := -1; j < s.High; j++ {
		for i := -1; i < s.Wide; i++ {
			bottom, top, left, right := edge{i, j, false}, edge{i, j + 1, false}, edge{i, j, true}, edge{i + 1, j, true}
			inside := 0
			for k, f := range []float64{s.At(i, j), s.At(i+1, j), s.At(i+1, j+1), s.At(i, j+1)} {
				if f >= level {
					inside |= 1 << k
				}
			}
			switch inside {
			case 1, 14:
				link(bottom, left)
			case 2, 13:
				link(bottom, right)
			case 3, 12:
				link(left, right)
			case 4, 11:
				link(right, top)
			case 6, 9:
				link(bottom, top)
			case 7, 8:
				link(left, top)
			case 5: // a saddle, of which the low corners are joined
				link(bottom, left)
				link(right, top)
			case 10:
				link(bottom, right)
				link(left, top)
			}
		}
	}
	return next, order
}

// contours returns the closed lines around what is at least as high as a positive level.
func (s Surface) contours(level float64) (loops [][]place) {
	next, order := s.links(level)
	seen := map[edge]bool{}
	for _, first := range order {
		var loop []place
		for e, going := first, !seen[first]; going; {
			seen[e], going = true, false
			loop = append(loop, s.crossing(e, level))
			for _, to := range next[e] {
				if !seen[to] {
					e, going = to, true
					break
				}
			}
		}
		if len(loop) > 2 {
			loops = append(loops, loop)
		}
	}
	return loops
}

// Filled returns an element that fills what is at least as high as a level, given where nodes are in the drawing.
func (s Surface) Filled(level float64, colour string, opacity float64, x, y func(node float64) float64) string {
	var d strings.Builder
	for _, loop := range s.contours(level) {
		for k, p := range loop {
			d.WriteByte("ML"[min(k, 1)])
			fmt.Fprintf(&d, "%.4g %.4g", x(p.x), y(p.y))
		}
		d.WriteByte('Z')
	}
	if d.Len() == 0 {
		return ""
	}
	return fmt.Sprintf(`<path class="shade" fill="%s" fill-opacity="%.3g" fill-rule="evenodd" d="%s"/>`+"\n", colour, opacity, d.String())
}
