package follow

import (
	"context"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/reports/motion"
)

// How images are followed: as many as have so many bytes, in fewer steps, since their nets are large.
const (
	mostImages = 8
	imageBytes = 150_000
	imageSteps = 16
	rangeDraws = 500
)

// images returns points on their way as images; nil if they are too large.
func images(ctx context.Context, net flow.RowField, r experiments.Result, seed uint64) (*motion.Flow, error) {
	to := r.Setting.Measured()
	n := min(mostImages, imageBytes/(to.Width()*len(motion.Moments)))
	if n == 0 {
		return nil, nil
	}
	l, err := followed(ctx, net, start(r.Setting, seed, n), imageSteps)
	if err != nil {
		return nil, err
	}
	data, _ := to.Whole(rangeDraws, flow.NewStream(seed, "data of the flow"))
	pixels := to.Decode(data).Data
	m := &motion.Images{Shape: to.Shape, Low: motion.Round(slices.Min(pixels)), High: motion.Round(slices.Max(pixels)), Pixels: make([][][]byte, n)}
	for _, k := range moments(imageSteps) {
		for i, x := 0, to.Decode(l[k]); i < n; i++ {
			m.Pixels[i] = append(m.Pixels[i], shades(x.Row(i), m.Low, m.High))
		}
	}
	return &motion.Flow{Version: motion.Version, Run: r.Run, View: motion.View{Of: to.Dim()}, Times: rounded(ode.Uniform(imageSteps)), Images: m}, to.Err()
}

// shades returns pixels as bytes, from 0 for the low end to 255 for the high one. One that is no number is 0.
func shades(pixels []float64, low, high float64) []byte {
	list := make([]byte, len(pixels))
	for i, v := range pixels {
		if at := (v - low) / (high - low); at > 0 {
			list[i] = byte(math.Round(255 * min(at, 1)))
		}
	}
	return list
}
