package query

import (
	"cmp"
	"strconv"
	"strings"
)

// Order compares two fields for sorting: numbers by their size, anything else as text, numbers first. A field without a value,
// and NaN, comes last, also where the sign is negative, which reverses the rest.
func Order(a, b Field, sign int) int {
	switch noA, noB := a.unsortable(), b.unsortable(); {
	case noA && noB:
		return 0
	case noA:
		return 1
	case noB:
		return -1
	case a.Kind == Number && b.Kind == Number:
		return sign * orderNumbers(a.Value, b.Value)
	case a.Kind == Number:
		return -sign
	case b.Kind == Number:
		return sign
	}
	return sign * cmp.Compare(a.Value, b.Value)
}

func (f Field) unsortable() bool {
	return f.Absent() || f.Kind == Number && strings.EqualFold(f.Value, "nan")
}

// orderNumbers compares numbers as they are written, whole ones exactly: seeds may be too large for a float64.
func orderNumbers(a, b string) int {
	x, errX := strconv.ParseUint(a, 10, 64)
	y, errY := strconv.ParseUint(b, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	v, _ := numberOf(a) // of the kind Number, so it is one
	w, _ := numberOf(b)
	return cmp.Compare(v.number, w.number)
}
