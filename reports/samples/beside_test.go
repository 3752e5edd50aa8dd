package samples

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"flowsweep/reports/figure"
)

// TestBeside decodes the pictures of points, of numbers and of images, and looks at pixels whose colours are known.
func TestBeside(t *testing.T) {
	points := func(title string, rows ...[]float64) Panel { return Panel{Title: title, Points: rows} }
	square := points("data", []float64{0, 0}, []float64{1, 0}, []float64{0, 1}, []float64{1, 1})
	drawn := points("samples", []float64{.5, .5}, []float64{9, 9})
	numbers := Panel{Title: "data"}
	for i := range 50 {
		numbers.Points = append(numbers.Points, []float64{float64(i)})
	}
	for _, c := range []struct {
		name          string
		file          []byte
		width, height int
		colour        color.NRGBA // some of the samples have it
	}{
		{"points", Beside([]Panel{square, drawn}, nil), 640, 333, figure.Palette[0]},
		{"numbers", Beside([]Panel{numbers, numbers}, nil), 533, 347, figure.Palette[0]},
		{
			"images", Beside(nil, &Pictures{Shape: []int{1, 1, 2}, High: 1, Panels: []Panel{points("data", []float64{1, 0}), points("samples", []float64{.2, .4})}}),
			2*23*10 + 12, 110,
			color.NRGBA{51, 51, 51, 255},
		},
	} {
		picture, err := png.Decode(bytes.NewReader(c.file))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if dir := os.Getenv("PICTURES"); dir != "" {
			os.WriteFile(dir+"/"+c.name+".png", c.file, 0o644)
		}
		if size := picture.Bounds().Size(); size.X != c.width || size.Y != c.height {
			t.Errorf("%s: the picture is %v, want %d x %d", c.name, size, c.width, c.height)
		}
		if !has(picture, c.colour) {
			t.Errorf("%s: no pixel has the colour of the samples, %v", c.name, c.colour)
		}
	}
	if file := Beside([]Panel{{Title: "data"}}, nil); file != nil {
		t.Errorf("without data there is a picture of %d bytes", len(file))
	}
}

// has reports whether a pixel has the colour.
func has(picture image.Image, want color.NRGBA) bool {
	size := picture.Bounds()
	for y := range size.Max.Y {
		for x := range size.Max.X {
			if color.NRGBAModel.Convert(picture.At(x, y)) == want {
				return true
			}
		}
	}
	return false
}
