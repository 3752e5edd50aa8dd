package velocity

import (
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// shaped returns nets on images whose sides differ, of several channels, and halved twice.
func shaped() []net.Net {
	on := func(a net.Architecture, depth int, shape ...int) net.Net {
		return net.Spec{Architecture: a, Width: 5, Depth: depth, Activation: net.SiLU}.On(shape...)
	}
	return []net.Net{
		on(net.MLP, 2, 2, 3, 2), on(net.Residual, 1, 2, 3, 2),
		on(net.Conv2D, 1, 2, 5, 3), on(net.Conv2D, 0, 1, 1, 1), on(net.UNet, 1, 3, 2, 6), on(net.UNet, 2, 2, 4, 8),
	}
}

// image is a plain image with its channels last, by row, column and channel.
type image [][][]float64

// pixels applies a function to each pixel.
func (m image) pixels(f func(h []float64) []float64) image {
	out := make(image, len(m))
	for i, row := range m {
		out[i] = each(row, func(_ int, h []float64) []float64 { return f(h) })
	}
	return out
}

// with joins the pixels of two images.
func (m image) with(other image, join func(a, b []float64) []float64) image {
	out := make(image, len(m))
	for i, row := range m {
		out[i] = each(row, func(j int, h []float64) []float64 { return join(h, other[i][j]) })
	}
	return out
}

// placedImage reads an image, (channels, height, width), and appends the places of the pixels.
func (p *plain) placedImage(x []float64) image {
	channels, height, width := p.Shape[0], p.Shape[1], p.Shape[2]
	m := make(image, height)
	for i := range m {
		m[i] = make([][]float64, width)
		for j := range m[i] {
			for c := range channels {
				m[i][j] = append(m[i][j], x[(c*height+i)*width+j])
			}
			m[i][j] = append(m[i][j], (float64(i)+.5)/float64(height)*2-1, (float64(j)+.5)/float64(width)*2-1)
		}
	}
	return m
}

// flat is the reverse of placedImage, without the places.
func (m image) flat() (x []float64) {
	for c := range m[0][0] {
		for _, row := range m {
			for _, h := range row {
				x = append(x, h[c])
			}
		}
	}
	return x
}

// convolution2D reads a convolution of 3 x 3 pixels, zeros past the edges.
func (p *plain) convolution2D(in, out int) func(m image) image {
	kernel, bias := p.take(9*in*out), p.take(out)
	return func(m image) image {
		next := make(image, len(m))
		for i, row := range m {
			next[i] = each(row, func(j int, _ []float64) []float64 {
				sum := slices.Clone(bias)
				for tap := range 9 {
					a, b := i+tap/3-1, j+tap%3-1
					if a < 0 || a >= len(m) || b < 0 || b >= len(row) {
						continue
					}
					for c, v := range m[a][b] {
						for k := range sum {
							sum[k] += v * kernel[(tap*in+c)*out+k]
						}
					}
				}
				return sum
			})
		}
		return next
	}
}

// block reads a block of some channels.
func (p *plain) block(m image, e []float64, channels int) image {
	scale, shift := p.layer(p.Width, channels)(e), p.layer(p.Width, channels)(e)
	inner := p.convolution2D(channels, channels)(m.pixels(p.act)).pixels(func(h []float64) []float64 {
		out := make([]float64, channels)
		for k, v := range h {
			out[k] = (1+scale[k])*v + shift[k]
		}
		return out
	})
	return m.with(p.convolution2D(channels, channels)(inner.pixels(p.act)), plus)
}

func (p *plain) conv2d(t float64, x []float64) []float64 {
	e := p.time(t)
	m := p.convolution2D(p.Shape[0]+2, p.Width)(p.placedImage(x))
	for range p.Depth {
		m = p.block(m, e, p.Width)
	}
	return p.convolution2D(p.Width, p.Shape[0])(m.pixels(p.act)).flat()
}

func (p *plain) unet(t float64, x []float64) []float64 {
	channels := func(level int) int {
		if level == 0 {
			return p.Width
		}
		return 2 * p.Width
	}
	e := p.time(t)
	m := p.convolution2D(p.Shape[0]+2, p.Width)(p.placedImage(x))
	var left []image
	for i := range p.Depth {
		left = append(left, p.block(m, e, channels(i)))
		m = p.convolution2D(channels(i), channels(i+1))(means(left[i]))
	}
	m = p.block(m, e, channels(p.Depth))
	for i := p.Depth - 1; i >= 0; i-- {
		up := make(image, len(left[i]))
		for r := range up {
			for c := range left[i][r] {
				up[r] = append(up[r], m[r/2][c/2])
			}
		}
		joined := up.with(left[i], func(a, b []float64) []float64 { return slices.Concat(a, b) })
		m = p.convolution2D(channels(i+1)+channels(i), channels(i))(joined)
		m = p.block(m, e, channels(i))
	}
	return p.convolution2D(p.Width, p.Shape[0])(m.pixels(p.act)).flat()
}

// means returns the means of every 2 x 2 pixels.
func means(m image) image {
	out := make(image, len(m)/2)
	for i := range out {
		for j := 0; j < len(m[0]); j += 2 {
			mean := make([]float64, len(m[0][0]))
			for k := range mean {
				mean[k] = (m[2*i][j][k] + m[2*i][j+1][k] + m[2*i+1][j][k] + m[2*i+1][j+1][k]) / 4
			}
			out[i] = append(out[i], mean)
		}
	}
	return out
}

// TestConv2DSeesItsNeighbours: with a depth of 1, the pixels at most 4 rows and 4 columns away, and no other.
func TestConv2DSeesItsNeighbours(t *testing.T) {
	t.Parallel()
	const height, width = 7, 11
	n := net.Spec{Architecture: net.Conv2D, Width: 6, Depth: 1, Activation: net.Tanh}.On(1, height, width)
	p, err := CompileVJP(engine.Go, n, Init(n, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	x, unit := flow.NewBatch(n.Dim(), n.Dim()), flow.NewBatch(n.Dim(), n.Dim())
	for j := range n.Dim() {
		copy(x.Row(j), points32(1, 1, n.Dim()).Data)
		unit.Row(j)[j] = 1
	}
	_, rows, err := p.Field()(.5, x, unit)
	if err != nil {
		t.Fatal(err)
	}
	apart := func(a, b int) int { return max(a-b, b-a) }
	for j := range n.Dim() {
		for i, got := range rows.Row(j) {
			if sees := apart(i/width, j/width) <= 4 && apart(i%width, j%width) <= 4; sees != (got != 0) {
				t.Errorf("dv%d/dx%d is %g", j, i, got)
			}
		}
	}
}

// TestNetsForImagesKnowThePlace: far from the edges an image of one value looks the same everywhere, and the velocity differs
// all the same.
func TestNetsForImagesKnowThePlace(t *testing.T) {
	t.Parallel()
	const side = 16
	for _, a := range []net.Architecture{net.Conv2D, net.UNet} {
		n := net.Spec{Architecture: a, Width: 8, Depth: 1, Activation: net.SiLU}.On(1, side, side)
		v := forward(n, Init(n, 1), .5, make([]float64, n.Dim()), nil)
		at := func(i, j int) float64 { return v[i*side+j] }
		// 7 and 9 have the same place among the halved pixels.
		if right, down := math.Abs(at(7, 7)-at(7, 9)), math.Abs(at(7, 7)-at(9, 7)); min(right, down) < 1e-3 {
			t.Errorf("%s: velocities change by %g to the right and by %g below", n, right, down)
		}
	}
}
