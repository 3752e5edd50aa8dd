package follow

import (
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
)

// TestData: of data the exact velocity is not known, but the density at each time: of noise at t = 0, and of the rows at t = 1. Four columns
// are shown along their principal axes.
func TestData(t *testing.T) {
	t.Parallel()
	setting := settingOf(t, "target: {name: iris, exclude: [class]}\n")
	still := func(_ []float64, x flow.Batch) (flow.Batch, error) { return x.Like(x.Dim), nil }
	f := flowOf(t, still, setting)
	if f.Exact != nil || f.Mixed == nil || f.View.Scale != "standardised" || !f.View.Principal() || f.View.Of != 4 {
		t.Fatalf("shown in %+v", f.View)
	}
	if a := f.View.Axes; math.Abs(a[0].Share-.73) > .03 || math.Abs(a[1].Share-.23) > .03 { // of standardised iris, in any textbook
		t.Errorf("the axes have %g and %g of the variance", a[0].Share, a[1].Share)
	}
	if !slices.Equal(f.Net.Counts[0], f.Net.Counts[4]) || slices.Equal(f.Mixed.Counts[0], f.Mixed.Counts[4]) {
		t.Error("the net moves nothing, and the data are no noise")
	}
	if full := func(n int) bool { return n == 0 }; countIf(f.Mixed.Counts[4], full) <= countIf(f.Mixed.Counts[0], full) {
		t.Error("150 rows fill more cells than noise does")
	}
}

// TestPrincipal: of points on a cross the arms are the axes, and the squares of their lengths the shares.
func TestPrincipal(t *testing.T) {
	t.Parallel()
	r := math.Sqrt(.5)
	cross := flow.Batch{Dim: 3}
	for _, arm := range [][3]float64{{-3 * r, 3 * r, 0}, {0, 0, 2}, {r, r, 0}} {
		for _, sign := range []float64{-1, 1} {
			cross.Data = append(cross.Data, 5+sign*arm[0], 6+sign*arm[1], 7+sign*arm[2])
		}
	}
	mean, axes, shares := principal(cross)
	for k, want := range [][]float64{{5, 6, 7, math.Abs(r), math.Abs(r), 0, 9. / 14}, {5, 6, 7, 0, 0, 1, 4. / 14}} {
		got := append(append(slices.Clone(mean), math.Abs(axes[k][0]), math.Abs(axes[k][1]), axes[k][2]), shares[k])
		for j := range want {
			if math.Abs(got[j]-want[j]) > 1e-12 {
				t.Errorf("axis %d: %v, want %v", k, got, want)
			}
		}
	}
	if p := (plane{mean: mean, axes: axes}); math.Abs(math.Abs(p.points(cross)[0][0])-3) > 1e-12 || math.Abs(p.along([]float64{1, 1, 5})[1]-5) > 1e-12 {
		t.Errorf("the end of the longest arm is seen at %v", p.points(cross)[0])
	}
}

// TestImages: images are shown on their way, as bytes from the lowest to the highest pixel of the data.
func TestImages(t *testing.T) {
	t.Parallel()
	setting := settingOf(t, "target: digits\nnet: {name: unet, width: 8, depth: 1}\n")
	f := flowOf(t, func(_ []float64, x flow.Batch) (flow.Batch, error) { return x.Like(x.Dim), nil }, setting)
	if f.Images == nil || len(f.Images.Pixels) != mostImages || len(f.Images.Pixels[0]) != 5 || len(f.Images.Pixels[0][4]) != 64 || f.Images.High != 16 {
		t.Fatalf("images: %+v", f.Images)
	}
	if !slices.Equal(f.Images.Pixels[3][0], f.Images.Pixels[3][4]) || slices.Equal(f.Images.Pixels[3][0], f.Images.Pixels[2][0]) {
		t.Error("an image changes without a velocity, or two are the same")
	}
	if got := shades([]float64{-1, 8, 12, 16, 99, math.NaN()}, 8, 16); !slices.Equal(got, []byte{0, 0, 128, 255, 255, 0}) {
		t.Errorf("shades %v", got)
	}
}

func countIf(list []int, is func(int) bool) (n int) {
	for _, v := range list {
		if is(v) {
			n++
		}
	}
	return n
}
