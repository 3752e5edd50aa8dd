package main

import (
	"image"
	"image/color"
	"testing"
)

// TestFewColours checks that a rare colour, as of a thin line, stays itself among many shades of grey, and that shades stay near theirs.
func TestFewColours(t *testing.T) {
	t.Parallel()
	full := image.NewNRGBA(image.Rect(0, 0, 512, 3))
	line := color.NRGBA{192, 98, 154, 255}
	for x := range 512 {
		grey := uint8(x / 2)
		full.SetNRGBA(x, 0, color.NRGBA{grey, grey, grey, 255})
		full.SetNRGBA(x, 1, color.NRGBA{grey, grey, grey + uint8(x%2), 255})
		full.SetNRGBA(x, 2, color.NRGBA{255, 255, 255, 255})
	}
	full.SetNRGBA(7, 2, line)
	few := fewColours(full)
	if len(few.Palette) > 256 || few.At(7, 2) != line || few.At(8, 2) != full.At(8, 2) {
		t.Errorf("%d colours, and a thin line is %v, want %v", len(few.Palette), few.At(7, 2), line)
	}
	for x := range 512 {
		got, want := few.At(x, 0).(color.NRGBA), full.NRGBAAt(x, 0)
		if d := int(got.R) - int(want.R); d < -2 || d > 2 {
			t.Errorf("pixel %d is %v, want %v or a shade of 2 from it", x, got, want)
		}
	}
}
