package main

import (
	"image"
	"image/color"
	"testing"
)

// TestFewColours checks that frequent colours are kept as they are, and that rare ones become the nearest of them.
func TestFewColours(t *testing.T) {
	t.Parallel()
	full := image.NewNRGBA(image.Rect(0, 0, 300, 2))
	for x := range 300 { // 256 colours twice, 44 once
		full.SetNRGBA(x, 0, color.NRGBA{uint8(x), uint8(x / 256 * 9), 0, 255})
		full.SetNRGBA(x, 1, color.NRGBA{uint8(x % 256), 0, 0, 255})
	}
	few := fewColours(full)
	if len(few.Palette) != 256 {
		t.Fatalf("%d colours", len(few.Palette))
	}
	for x := range 300 {
		if got, want := few.At(x, 1), full.At(x, 1); got != want {
			t.Errorf("pixel %d is %v, want %v", x, got, want)
		}
	}
	if got, want := few.At(260, 0), (color.NRGBA{4, 0, 0, 255}); got != want { // 4, 9, 0 itself is rare
		t.Errorf("a rare colour becomes %v, want %v", got, want)
	}
}
