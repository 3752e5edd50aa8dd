package target

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/table"
)

// Pixels returns the columns of a table as pixels of images: whole numbers if all of them are, and real ones otherwise.
func Pixels(t table.Table, choices []kinds.Choice) []kinds.Choice {
	taken := map[string]bool{}
	for _, c := range choices {
		taken[c.Column] = true
	}
	kind := kinds.Integer
	for _, c := range t.Columns {
		for _, v := range c.Values {
			if taken[c.Name] && v != math.Trunc(v) {
				kind = kinds.Real
			}
		}
	}
	pixels := make([]kinds.Choice, len(choices))
	for i, c := range choices {
		pixels[i] = kinds.Choice{Column: c.Column, Kind: kind}
	}
	return pixels
}

// Sizes returns the shape, or an error if a size is not a whole number.
func (f File) Sizes() (shape []int, err error) {
	for _, size := range f.Shape {
		if size != math.Trunc(size) || !(size >= 1 && size <= maxNumbers) {
			return nil, fmt.Errorf("shape: %v: use channels, height and width, such as [1, 8, 8]", f.Shape)
		}
		shape = append(shape, int(size))
	}
	return shape, nil
}

// checkShape returns an error unless every row is an image of the shape.
func (d Data) checkShape() error {
	if d.Shape == nil {
		return nil
	}
	size := 1.
	for _, n := range d.Shape {
		size *= float64(n)
	}
	switch {
	case len(d.Shape) != 3:
		return fmt.Errorf("shape: %v has %d sizes: use channels, height and width, such as [1, 8, 8]", d.Shape, len(d.Shape))
	case size != float64(len(d.Columns)):
		return fmt.Errorf("shape: images of %d channels with %d x %d pixels have %g numbers, and the rows have %d: use another shape, or exclude columns",
			d.Shape[0], d.Shape[1], d.Shape[2], size, len(d.Columns))
	}
	return nil
}

// pixels reports whether the columns are scaled together.
func (d Data) pixels() bool { return d.Shape != nil && d.Standardise.Name == Standardised.Name }

// checkCode returns an error unless there is something to learn and, of an image, every pixel is a number that is learnt.
func (d Data) checkCode(code kinds.Code) error {
	if !code.Identity() && code.Width() == 0 {
		return errors.New("columns: every column is constant, so that there is nothing to learn: add one that is not")
	}
	if d.Shape != nil && !code.Identity() && (code.Width() != len(d.Columns) || slices.Contains(code.OneHot(), true)) {
		return errors.New("columns: the pixels of an image are numbers: declare them real, positive, integer or bounded")
	}
	return nil
}

// pixelUnits returns the map from [-1, 1] to the range of the pixels, which is the same for all, so that pictures keep their
// contrast and a pixel that never changes does no harm.
func pixelUnits(rows flow.Batch) (flow.Units, error) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range rows.Data {
		low, high = min(low, v), max(high, v)
	}
	return unitsOfPixels(low, high, rows.Dim)
}

// unitsOfPixels is pixelUnits for d pixels of this range.
func unitsOfPixels(low, high float64, d int) (flow.Units, error) {
	if !(high > low) {
		return flow.Units{}, fmt.Errorf("file: all pixels are %g: use images that differ", low)
	}
	units := flow.Units{Scale: make([]float64, d), Shift: make([]float64, d)}
	for j := range d {
		units.Scale[j], units.Shift[j] = (high-low)/2, (high+low)/2
	}
	return units, nil
}
