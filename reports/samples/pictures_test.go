package samples

import (
	"bytes"
	"encoding/base64"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
)

// TestPictures reads the grid back: pixels are black at the low end and white at the high one, images stand row by row, and
// channels are red, green and blue.
func TestPictures(t *testing.T) {
	t.Parallel()
	grey := Pictures{Shape: []int{1, 1, 2}, Low: 0, High: 16, Panels: []Panel{{Title: `data "a"`, Points: [][]float64{{0, 16}, {8, 99}, {math.NaN(), -5}}}}}
	f := pictures(grey)
	if len(f.Drawings) != 1 || !strings.Contains(string(f.Drawings[0]), "<title>data &#34;a&#34;</title>") || f.Table.Rows[0][1] != "3" {
		t.Fatalf("figure %+v", f)
	}
	for _, nearest := range []bool{false, true} {
		grey.Nearest = nearest
		if got := strings.Contains(pictures(grey).Caption, "nearest"); got != nearest {
			t.Errorf("with the nearest images %t, the caption names them %t", nearest, got)
		}
	}
	colours := Pictures{Shape: []int{3, 1, 1}, Low: 0, High: 1, Panels: []Panel{{Points: [][]float64{{1, 0, .6}}}}}
	for _, c := range []struct {
		of   Pictures
		x, y int
		want color.NRGBA
	}{
		{grey, 0, 0, color.NRGBA{0, 0, 0, 255}},
		{grey, 1, 0, color.NRGBA{255, 255, 255, 255}},
		{grey, 2, 0, color.NRGBA{}}, // between two images
		{grey, 3, 0, color.NRGBA{128, 128, 128, 255}},
		{grey, 4, 0, color.NRGBA{255, 255, 255, 255}}, // above the range
		{grey, 6, 0, color.NRGBA{200, 0, 0, 255}},     // not a number
		{grey, 0, 2, color.NRGBA{}},                   // no image
		{colours, 0, 0, color.NRGBA{255, 0, 153, 255}},
	} {
		text := string(c.of.grid(c.of.Panels[0]))
		_, after, _ := strings.Cut(text, "base64,")
		code, _, _ := strings.Cut(after, `"`)
		file, err := base64.StdEncoding.DecodeString(code)
		if err != nil {
			t.Fatal(err)
		}
		sheet, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if got := color.NRGBAModel.Convert(sheet.At(c.x, c.y)); got != c.want {
			t.Errorf("shape %v: pixel %d, %d is %v, want %v", c.of.Shape, c.x, c.y, got, c.want)
		}
	}
}
