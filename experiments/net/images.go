package net

import (
	"fmt"
	"slices"
)

// Coordinates is the number of channels that tell a net for images where a pixel is: its row and its column, each evenly
// spaced in (-1, 1) (arXiv 1807.03247). Convolutions look the same everywhere, and would see the place only near the edges.
const Coordinates = 2

// Conv2D is a convolutional net over the pixels of images, of shape (channels, height, width): a convolution of the image
// and its Coordinates to Width channels, Depth blocks
//
//	h + conv(act((1 + a) conv(act(h)) + b)),  a = Wa e(t),  b = Wb e(t)
//
// where e(t) is an embedding of the time (FiLM, arXiv 1709.07871), and a convolution from act(h) to the channels of the
// image. Every kernel covers Taps x Taps pixels and sees zeros past the edges, so that a velocity depends on the pixels at
// most 2 Depth + 2 away.
var Conv2D = Architecture{
	Name:   "conv2d",
	Images: true,
	params: func(n Net) []Param {
		channels, pixels := n.channels(), n.pixels()
		params := slices.Concat(n.embedding(), convolution2D("input", channels+Coordinates, n.Width, pixels))
		for i := range n.Depth {
			params = append(params, blockParams(fmt.Sprintf("blocks.%d", i), n.Width, n.Width, pixels)...)
		}
		return append(params, convolution2D("output", n.Width, channels, pixels)...)
	},
	rowFloats: imageFloats,
}

// UNet is a U-Net (arXiv 1505.04597) over the pixels of images, whose height and width it halves Depth times. It has the
// blocks of Conv2D: Width channels at the full resolution and twice as many at all lower ones. On the way down each
// resolution has a block, the mean of every 2 x 2 pixels, and a convolution to the channels of the next; the lowest has a
// block; and on the way up each pixel becomes 2 x 2 pixels, a convolution joins them with what the block on the way down
// has left, and a block follows.
var UNet = Architecture{
	Name:   "unet",
	Images: true,
	Halves: true,
	params: func(n Net) []Param {
		channels, pixels := n.channels(), n.pixels()
		at := func(level int) (width, places int) { return n.Width * min(2, 1+level), pixels >> (2 * level) }
		params := slices.Concat(n.embedding(), convolution2D("input", channels+Coordinates, n.Width, pixels))
		for i := range n.Depth {
			width, places := at(i)
			lower, fewer := at(i + 1)
			params = slices.Concat(params, blockParams(fmt.Sprintf("down.%d", i), n.Width, width, places),
				convolution2D(fmt.Sprintf("down.%d.next", i), width, lower, fewer))
		}
		width, places := at(n.Depth)
		params = append(params, blockParams("middle", n.Width, width, places)...)
		for i := n.Depth - 1; i >= 0; i-- {
			width, places := at(i)
			lower, _ := at(i + 1)
			params = slices.Concat(params, convolution2D(fmt.Sprintf("up.%d.join", i), lower+width, width, places),
				blockParams(fmt.Sprintf("up.%d", i), n.Width, width, places))
		}
		return append(params, convolution2D("output", n.Width, channels, pixels)...)
	},
	rowFloats: imageFloats,
}

// blockParams returns the weights of a block of a net for images, given the sizes of the embedding of the time and of its
// channels.
func blockParams(name string, embedding, channels, places int) []Param {
	return slices.Concat(linear(name+".scale", embedding, channels), linear(name+".shift", embedding, channels),
		convolution2D(name+".first", channels, channels, places), convolution2D(name+".second", channels, channels, places))
}

// convolution2D returns the weights of a convolution over pixels: kernel (Taps, Taps, in, out), bias (out).
func convolution2D(name string, in, out, places int) []Param {
	params := layer(name, Taps*Taps*in, []int{Taps, Taps, in, out}, []int{out})
	for i := range params {
		params[i].Places = places
	}
	return params
}

// imageFloats is rowFloats of nets for images: for each pixel of a convolution its windows and three numbers a channel for
// the activation before it, and three a channel for what it returns.
func imageFloats(n Net) (count int) {
	for _, p := range n.Params() {
		if p.Places > 0 && len(p.Dims) == 4 {
			count += p.Places * ((Taps*Taps+3)*p.Dims[2] + 3*p.Dims[3])
		}
	}
	return count
}

// channels and pixels return the sizes of an image.
func (n Net) channels() int { return n.Shape[0] }
func (n Net) pixels() int   { return n.Shape[1] * n.Shape[2] }
