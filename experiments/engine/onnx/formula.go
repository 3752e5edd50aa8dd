package onnx

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
)

// This file writes functions that have no ONNX operation as formulas.

// formula records operations and keeps the first error.
type formula struct {
	f   *function
	err error
}

// formula starts a formula for a function of floats.
func (f *function) formula(kind compute.OpType, x compute.Value) *formula {
	e := &formula{f: f}
	if dtype := x.(*value).shape.DType; !dtype.IsFloat() {
		e.err = fmt.Errorf("%s takes floats, got %s", kind, dtype)
	}
	return e
}

func (e *formula) do(op func(a, b compute.Value) (compute.Value, error), a, b compute.Value) (v compute.Value) {
	if e.err == nil {
		v, e.err = op(a, b)
	}
	return v
}

func (e *formula) of(op string, x compute.Value) compute.Value {
	if e.err == nil {
		e.err = requireFloat32(op, x.(*value))
	}
	if e.err != nil {
		return nil
	}
	return e.f.recorder.node(op, x.(*value).shape, x.(*value).dims, nil, x.(*value))
}

func (e *formula) where(c, a, b compute.Value) (v compute.Value) {
	if e.err == nil {
		v, e.err = e.f.Where(c, a, b)
	}
	return v
}

// number returns a constant of the type of x.
func (e *formula) number(n float64, x compute.Value) compute.Value {
	if e.err != nil {
		return nil
	}
	dtype := x.(*value).shape.DType
	c, err := e.f.recorder.scalar(dtype, n)
	if err != nil {
		e.err = err
		return nil
	}
	return e.f.recorder.cast(c, dtype)
}

// Rsqrt is 1 / sqrt(x).
func (f *function) Rsqrt(x compute.Value) (compute.Value, error) {
	e := f.formula(compute.OpTypeRsqrt, x)
	return e.of("Reciprocal", e.of("Sqrt", x)), e.err
}

// Expm1 is tanh(x/2) (e^x + 1), which, unlike e^x - 1, is precise near 0.
func (f *function) Expm1(x compute.Value) (compute.Value, error) {
	e := f.formula(compute.OpTypeExpm1, x)
	half := e.of("Tanh", e.do(f.Mul, x, e.number(.5, x)))
	return e.do(f.Mul, half, e.do(f.Add, e.of("Exp", x), e.number(1, x))), e.err
}

// Log1p is 2 atanh(x / (2+x)) near 0, where log(1+x) is imprecise, and log(1+x) elsewhere.
func (f *function) Log1p(x compute.Value) (compute.Value, error) {
	e := f.formula(compute.OpTypeLog1p, x)
	near := e.do(f.LessThan, e.of("Abs", x), e.number(.5, x))
	atanh := e.of("Atanh", e.do(f.Div, x, e.do(f.Add, x, e.number(2, x))))
	log := e.of("Log", e.do(f.Add, x, e.number(1, x)))
	return e.where(near, e.do(f.Mul, atanh, e.number(2, x)), log), e.err
}

// IsFinite is |x| < infinity, which is false for NaN.
func (f *function) IsFinite(x compute.Value) (compute.Value, error) {
	e := f.formula(compute.OpTypeIsFinite, x)
	return e.do(f.LessThan, e.of("Abs", x), e.number(math.Inf(1), x)), e.err
}

// IsNaN is x != x.
func (f *function) IsNaN(x compute.Value) (compute.Value, error) { return f.NotEqual(x, x) }

// Clamp is min(max(x, low), high).
func (f *function) Clamp(low, x, high compute.Value) (compute.Value, error) {
	e := &formula{f: f}
	return e.do(f.Min, e.do(f.Max, x, low), high), e.err
}

// Atan2 is atan(y/x), plus or minus pi for x < 0, and pi/2 with the sign of y for x = 0.
func (f *function) Atan2(y, x compute.Value) (compute.Value, error) {
	e := f.formula(compute.OpTypeAtan2, x)
	zero := e.number(0, x)
	turn := e.where(e.do(f.LessThan, y, zero), e.number(-math.Pi, x), e.number(math.Pi, x))
	angle := e.of("Atan", e.do(f.Div, y, x))
	angle = e.where(e.do(f.LessThan, x, zero), e.do(f.Add, angle, turn), angle)
	onAxis := e.do(f.Mul, e.of("Sign", y), e.number(math.Pi/2, x))
	return e.where(e.do(f.Equal, x, zero), e.do(f.Add, onAxis, e.do(f.Mul, x, zero)), angle), e.err
}
