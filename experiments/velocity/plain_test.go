package velocity

import (
	"math"
	"slices"

	"flowsweep/experiments/net"
)

// scalar is each activation in float64.
var scalar = map[string]func(x float64) float64{
	"elu": func(x float64) float64 {
		if x > 0 {
			return x
		}
		return math.Expm1(x)
	},
	"silu": func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	"gelu": func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 },
	"tanh": math.Tanh,
	"relu": func(x float64) float64 { return max(x, 0) },
}

// plain evaluates a net at one point in float64, in plain loops: what the graphs are held against.
type plain struct {
	net.Net
	weights []float32 // those not used yet
	c       []float64 // what the point is given
}

// forward returns the velocity of a net at one point, which is given c.
func forward(n net.Net, weights []float32, t float64, x, c []float64) []float64 {
	p := &plain{n, weights, c}
	v := map[string]func(t float64, x []float64) []float64{
		"mlp": p.mlp, "residual": p.residual, "attention": p.attention, "conv": p.conv, "conv2d": p.conv2d, "unet": p.unet,
	}[n.Architecture.Name](t, x)
	if len(p.weights) != 0 {
		panic("weights are left over")
	}
	return v
}

func (p *plain) take(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(p.weights[i])
	}
	p.weights = p.weights[n:]
	return out
}

func (p *plain) act(h []float64) []float64 {
	out := make([]float64, len(h))
	for i, v := range h {
		out[i] = scalar[p.Activation.Name](v)
	}
	return out
}

func plus(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] + b[i]
	}
	return out
}

// each applies a function to each token.
func each(h [][]float64, f func(i int, h []float64) []float64) [][]float64 {
	out := make([][]float64, len(h))
	for i := range h {
		out[i] = f(i, h[i])
	}
	return out
}

// layer reads a linear layer.
func (p *plain) layer(in, out int) func(h []float64) []float64 {
	kernel, bias := p.take(in*out), p.take(out)
	return func(h []float64) []float64 {
		next := make([]float64, out)
		for j := range next {
			next[j] = bias[j]
			for i, v := range h {
				next[j] += v * kernel[i*out+j]
			}
		}
		return next
	}
}

func (p *plain) mlp(t float64, x []float64) []float64 {
	h := slices.Concat([]float64{t}, x, p.c)
	for range p.Depth {
		h = p.act(p.layer(len(h), p.Width)(h))
	}
	return p.layer(len(h), p.Dim())(h)
}

func (p *plain) time(t float64) []float64 {
	features := make([]float64, 1+2*6)
	features[0] = t
	for k := range 6 {
		features[1+k], features[7+k] = math.Sincos(math.Pi * t * math.Pow(2, float64(k)))
	}
	h := p.act(p.layer(13, p.Width)(features))
	h = p.layer(p.Width, p.Width)(h)
	if p.Given > 0 {
		first, second := p.layer(p.Given, p.Width), p.layer(p.Width, p.Width)
		h = plus(h, second(p.act(first(p.c))))
	}
	return p.act(h)
}

func (p *plain) residual(t float64, x []float64) []float64 {
	w := p.Width
	e := p.time(t)
	h := p.layer(p.Dim(), w)(x)
	for range p.Depth {
		shift := p.layer(w, w)(e)
		inner := plus(p.layer(w, w)(p.act(h)), shift)
		h = plus(h, p.layer(w, w)(p.act(inner)))
	}
	return p.layer(w, p.Dim())(p.act(h))
}

// norm reads a layer norm.
func (p *plain) norm() func(int, []float64) []float64 {
	gain, offset := p.take(p.Width), p.take(p.Width)
	return func(_ int, h []float64) []float64 {
		mean, variance := 0., 0.
		for _, v := range h {
			mean += v / float64(len(h))
		}
		for _, v := range h {
			variance += (v - mean) * (v - mean) / float64(len(h))
		}
		out := make([]float64, len(h))
		for i, v := range h {
			out[i] = (v-mean)/math.Sqrt(variance+1e-5)*gain[i] + offset[i]
		}
		return out
	}
}

func (p *plain) attention(t float64, x []float64) []float64 {
	d, w := p.Dim(), p.Width
	e := p.time(t)
	kernel, bias := p.take(d*w), p.take(d*w)
	h := make([][]float64, d)
	for i := range h {
		h[i] = make([]float64, w)
		for j := range w {
			h[i][j] = x[i]*kernel[i*w+j] + bias[i*w+j]
		}
	}
	for range p.Depth {
		shift := p.layer(w, w)(e)
		h = each(h, func(_ int, h []float64) []float64 { return plus(h, shift) })
		mixed := p.attend(each(h, p.norm()))
		h = each(h, func(i int, h []float64) []float64 { return plus(h, mixed[i]) })
		norm := p.norm()
		first, second := p.layer(w, 4*w), p.layer(4*w, w)
		h = each(h, func(i int, h []float64) []float64 { return plus(h, second(p.act(first(norm(i, h))))) })
	}
	h = each(h, p.norm())
	kernel, bias = p.take(d*w), p.take(d)
	v := bias
	for i := range h {
		for j := range w {
			v[i] += h[i][j] * kernel[i*w+j]
		}
	}
	return v
}

func (p *plain) attend(h [][]float64) [][]float64 {
	w, size := p.Width, p.Width/p.Heads
	query, key, value, out := p.layer(w, w), p.layer(w, w), p.layer(w, w), p.layer(w, w)
	return each(h, func(_ int, from []float64) []float64 {
		mixed := make([]float64, w)
		for head := 0; head < w; head += size {
			sum, scores := 0., make([]float64, len(h))
			for i, to := range h {
				dot := 0.
				for j := head; j < head+size; j++ {
					dot += query(from)[j] * key(to)[j]
				}
				scores[i] = math.Exp(dot / math.Sqrt(float64(size)))
				sum += scores[i]
			}
			for i, to := range h {
				for j := head; j < head+size; j++ {
					mixed[j] += scores[i] / sum * value(to)[j]
				}
			}
		}
		return out(mixed)
	})
}

// convolution reads a convolution of three coordinates, zeros past the ends.
func (p *plain) convolution(in, out int) func(h [][]float64) [][]float64 {
	kernel, bias := p.take(3*in*out), p.take(out)
	return func(h [][]float64) [][]float64 {
		return each(h, func(i int, _ []float64) []float64 {
			next := append([]float64(nil), bias...)
			for tap := range 3 {
				if at := i + tap - 1; at >= 0 && at < len(h) {
					for c, v := range h[at] {
						for j := range next {
							next[j] += v * kernel[(tap*in+c)*out+j]
						}
					}
				}
			}
			return next
		})
	}
}

func (p *plain) conv(t float64, x []float64) []float64 {
	w := p.Width
	act := func(_ int, h []float64) []float64 { return p.act(h) }
	e := p.time(t)
	h := make([][]float64, len(x))
	for i, v := range x {
		h[i] = []float64{v}
	}
	h = p.convolution(1, w)(h)
	for range p.Depth {
		scale, shift := p.layer(w, w)(e), p.layer(w, w)(e)
		inner := each(p.convolution(w, w)(each(h, act)), func(_ int, h []float64) []float64 {
			out := make([]float64, w)
			for j, v := range h {
				out[j] = (1+scale[j])*v + shift[j]
			}
			return out
		})
		more := p.convolution(w, w)(each(inner, act))
		h = each(h, func(i int, h []float64) []float64 { return plus(h, more[i]) })
	}
	var v []float64
	for _, h := range p.convolution(w, 1)(each(h, act)) {
		v = append(v, h[0])
	}
	return v
}
