package ort

import (
	"encoding/binary"
	"math"
)

// halves returns the numbers as 16-bit floats, in memory order.
func halves(list []float64, bits func(float32) uint16) []byte {
	out := make([]byte, 0, 2*len(list))
	for _, v := range list {
		out = binary.NativeEndian.AppendUint16(out, bits(float32(v)))
	}
	return out
}

// float16Bits rounds to the nearest IEEE half, ties to even.
func float16Bits(v float32) uint16 {
	b := math.Float32bits(v)
	sign, magnitude := uint16(b>>16&0x8000), b&0x7fffffff
	switch {
	case magnitude > 0x7f800000: // NaN
		return sign | 0x7e00
	case magnitude >= 0x477ff000: // rounds to 2^16 or more: infinite
		return sign | 0x7c00
	case magnitude < 0x38800000: // below 2^-14 halves are multiples of 2^-24
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(magnitude))*0x1p24))
	default: // 13 bits of the mantissa are cut, and the exponent's bias falls by 112
		return sign | uint16((magnitude+0xfff+magnitude>>13&1)>>13-112<<10)
	}
}

// float16 returns the value of an IEEE half.
func float16(bits uint16) float64 {
	exponent, mantissa := int(bits>>10&31), float64(bits&0x3ff)
	v := math.Ldexp(1024+mantissa, exponent-25)
	switch {
	case exponent == 0:
		v = mantissa * 0x1p-24
	case exponent == 31 && mantissa == 0:
		v = math.Inf(1)
	case exponent == 31:
		v = math.NaN()
	}
	if bits&0x8000 != 0 {
		return -v
	}
	return v
}

// bfloat16Bits rounds to the nearest 16 upper bits of a 32-bit float, ties to even.
func bfloat16Bits(v float32) uint16 {
	b := math.Float32bits(v)
	if v != v {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
