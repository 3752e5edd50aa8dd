package export

import (
	"math"
	"slices"
	"strconv"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/kinds"
)

// This file has the way from the codes of a table's rows to the rows.

// width returns the number of numbers of a sample, for points of dim coordinates.
func (a About) width(dim int) int { return widthOf(a.Code, dim) }

func widthOf(code kinds.Code, dim int) int {
	if code.Identity() {
		return dim
	}
	return code.Dim()
}

// lastAxis is the axis of coordinates, in samples and trajectories alike.
const lastAxis = -1

// decode writes rows, (..., d), from their codes, (..., w). Neighbouring columns that take the same steps take them together.
func (w *writer) decode(rows, codes string) {
	columns := w.code.Columns()
	var parts []string
	for from := 0; from < len(columns); {
		to := from + 1
		for to < len(columns) && alike(columns[from], columns[to]) {
			to++
		}
		parts = append(parts, w.decodeColumns(rows, codes, from, to))
		from = to
	}
	if len(parts) == 1 {
		w.node(rows, "Identity", nil, parts[0])
		return
	}
	w.node(rows, "Concat", []onnx.Attribute{{Name: "axis", Value: int64(lastAxis)}}, parts...)
}

// decodeImages writes images, (..., C, H, W), from their codes, of the same shape: as rows of pixels in between.
func (w *writer) decodeImages(images, codes string) {
	pixels := int64(elements(w.shape))
	flat := w.node(images+"/flat codes", "Reshape", nil, codes, w.constants.add("kinds/flat", []int{2}, []int64{-1, pixels}))
	w.decode(images+"/flat", flat)
	w.node(images, "Reshape", nil, images+"/flat", w.node(images+"/shape", "Shape", nil, codes))
}

// alike reports whether two columns take the same steps, with parameters of their own.
func alike(a, b kinds.Coder) bool {
	x, ok := a.Steps()
	y, ok2 := b.Steps()
	return ok && ok2 && slices.EqualFunc(x, y, func(x, y kinds.Op) bool { return x.Function == y.Function })
}

// decodeColumns writes the values of columns that are alike, or of one.
func (w *writer) decodeColumns(rows, codes string, from, to int) string {
	first := w.code.Columns()[from]
	name := rows + "/column" + strconv.Itoa(from)
	steps, ok := first.Steps()
	switch {
	case ok:
		x := w.coordinates(name+"/code", codes, w.code.At(from), w.code.At(to-1)+1)
		for i, o := range steps {
			x = w.step1(name, x, from, to, i, o)
		}
		return x
	case first.Width() == 0: // whatever the first coordinate is
		one := w.coordinates(name+"/any", codes, 0, 1)
		value := w.constants.float(float32(first.Low))
		return w.node(name, "Min", nil, w.node(name+"/at least", "Max", nil, one, value), value)
	default:
		x := w.coordinates(name+"/code", codes, w.code.At(from), w.code.At(from)+first.Width())
		best := w.node(name+"/best", "ArgMax", []onnx.Attribute{{Name: "axis", Value: int64(lastAxis)}, {Name: "keepdims", Value: int64(1)}}, x)
		return w.node(name, "Cast", []onnx.Attribute{{Name: "to", Value: int64(onnx.Float32)}}, best)
	}
}

// step1 writes step i of columns that are alike.
func (w *writer) step1(name, x string, from, to, i int, o kinds.Op) string {
	at := name + "/" + strconv.Itoa(i+1)
	if len(o.Parameters) == 0 {
		return w.node(at, o.Name, nil, x)
	}
	var row []float64
	for _, c := range w.code.Columns()[from:to] {
		steps, _ := c.Steps()
		row = append(row, inward(steps[i]))
	}
	return w.node(at, o.Name, nil, x, w.constants.row("kinds/"+strconv.Itoa(from)+"/"+strconv.Itoa(i+1), row))
}

// inward returns the parameter of a step as a 32-bit float, on the inner side of it if it is a bound.
func inward(o kinds.Op) float64 {
	exact := o.Parameters[0]
	near := float32(exact)
	if off := float64(o.Bound) * (exact - float64(near)); off > 0 {
		near = math.Nextafter32(near, float32(o.Bound)*math.MaxFloat32)
	}
	return float64(near)
}

// coordinates writes a part of the codes.
func (w *writer) coordinates(name, codes string, from, to int) string {
	return w.node(name, "Slice", nil, codes, w.constants.list(int64(from)), w.constants.list(int64(to)), w.constants.list(lastAxis))
}

// addRows adds the differences between rows and the codes, (n, w), that they should be of: how far each code lies from the nearest one
// that decodes to the value.
//
// So a number that is rounded, or the largest of several, may be another one where the code is as near to the edge as is allowed.
func (d *differences) addRows(code kinds.Code, got []float32, codes []float64) {
	unit := d.unit
	if unit == nil {
		unit = slices.Repeat([]float64{1}, code.Width())
	}
	for i := range len(got) / code.Dim() {
		point, row := codes[i*code.Width():(i+1)*code.Width()], got[i*code.Dim():(i+1)*code.Dim()]
		for j, c := range code.Columns() {
			from, to := code.At(j), code.At(j)+c.Width()
			off := c.Miss(point[from:to], unit[from:to], float64(row[j]))
			d.largest, d.sum = max(d.largest, off), d.sum+off
			d.count++
		}
	}
}
