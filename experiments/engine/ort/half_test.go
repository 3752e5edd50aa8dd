package ort

import (
	"math"
	"testing"
)

// TestHalves: every half survives the way to a float and back, and what lies between two halves goes to the nearest, ties to even.
func TestHalves(t *testing.T) {
	t.Parallel()
	for i := range 1 << 16 {
		bits := uint16(i)
		v := float16(bits)
		if math.IsNaN(v) {
			if !math.IsNaN(float16(float16Bits(float32(v)))) {
				t.Errorf("%#x is NaN, and comes back as %v", bits, float16(float16Bits(float32(v))))
			}
			continue
		}
		if got := float16Bits(float32(v)); got != bits {
			t.Errorf("%#x is %v, and comes back as %#x", bits, v, got)
		}
		next := float16(bits + 1)
		if bits&0x7fff >= 0x7bff || math.IsNaN(next) {
			continue
		}
		even := bits
		if bits&1 == 1 {
			even++
		}
		if got := float16Bits(float32((v + next) / 2)); got != even {
			t.Errorf("between %v and %v: %#x, want the even %#x", v, next, got, even)
		}
	}
	for v, want := range map[float32]uint16{1: 0x3c00, -2: 0xc000, 65504: 0x7bff, 65519: 0x7bff, 65520: 0x7c00, 1e30: 0x7c00, 0x1p-24: 1, 0x1p-25: 0, 0x1.8p-25: 1} {
		if got := float16Bits(v); got != want {
			t.Errorf("%v is %#x, want %#x", v, got, want)
		}
	}
	for v, want := range map[float32]uint16{1: 0x3f80, -2: 0xc000, 1.00390625: 0x3f80, 1.01171875: 0x3f82, float32(math.Inf(1)): 0x7f80} {
		if got := bfloat16Bits(v); got != want {
			t.Errorf("%v is %#x as a bfloat16, want %#x", v, got, want)
		}
	}
}
