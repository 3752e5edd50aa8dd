package main

import (
	"cmp"
	"image"
	"image/color"
	"maps"
	"slices"
)

// fewColours returns a picture in at most 256 colours, the more frequent first. Each of its colours becomes one of these that is as near
// as can be done for all of them, so that thin lines keep theirs, too.
func fewColours(full image.Image) *image.Paletted {
	bounds, counts := full.Bounds(), map[color.NRGBA]int{}
	at := func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(full.At(x, y)).(color.NRGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(counts), func(a, b color.NRGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(number(a), number(b))) // in one order, so that the file is, too
	})
	palette := color.Palette{}
	for far := 0; len(palette) == 0; far += 2 {
		palette = within(frequent, far)
	}
	nearest := map[color.NRGBA]uint8{}
	for _, c := range frequent {
		nearest[c] = uint8(palette.Index(c))
	}
	few := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			few.SetColorIndex(x, y, nearest[at(x, y)])
		}
	}
	return few
}

func number(c color.NRGBA) uint32 {
	return uint32(c.R)<<24 | uint32(c.G)<<16 | uint32(c.B)<<8 | uint32(c.A)
}

// exact is how many of the most frequent colours, such as those of grounds, are kept as they are.
const exact = 32

// within returns colours of which every other one is at most so far away in each channel, or none if these are too many.
func within(frequent []color.NRGBA, far int) (palette color.Palette) {
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= uint8(far) }
	for i, c := range frequent {
		if i < exact || !slices.ContainsFunc(palette, func(p color.Color) bool {
			q := p.(color.NRGBA)
			return near(c.R, q.R) && near(c.G, q.G) && near(c.B, q.B)
		}) {
			palette = append(palette, c)
		}
		if len(palette) > 256 {
			return nil
		}
	}
	return palette
}
