package flow

import (
	"math"
	"slices"
)

// Finite reports whether no number is infinite or NaN.
func Finite(numbers ...float64) bool {
	for _, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// Finite reports whether no number of the batch is infinite or NaN.
func (b Batch) Finite() bool { return Finite(b.Data...) }

// Narrow appends the numbers to dst, rounded to the 32-bit floats that nets use.
func Narrow[T float32 | float64](dst []float32, numbers []T) []float32 {
	dst = slices.Grow(dst, len(numbers))
	for _, x := range numbers {
		dst = append(dst, float32(x))
	}
	return dst
}

// Widen returns the numbers in 64 bits.
func Widen(numbers []float32) []float64 {
	out := make([]float64, len(numbers))
	for i, x := range numbers {
		out[i] = float64(x)
	}
	return out
}

// Moments returns the mean and the standard deviation, with divisor n, of each coordinate, (Dim) each.
func (b Batch) Moments() (mean, std []float64) {
	n := float64(b.Len())
	mean, std = make([]float64, b.Dim), make([]float64, b.Dim)
	for j := range b.Dim {
		for i := j; i < len(b.Data); i += b.Dim {
			mean[j] += b.Data[i] / n
		}
		for i := j; i < len(b.Data); i += b.Dim {
			std[j] += (b.Data[i] - mean[j]) * (b.Data[i] - mean[j]) / n
		}
		std[j] = math.Sqrt(std[j])
	}
	return mean, std
}
