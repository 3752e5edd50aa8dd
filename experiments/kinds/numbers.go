package kinds

import (
	"fmt"
	"math"
	"strconv"
)

// Real columns are learnt as they are.
var Real = Kind{Name: "real", rules: &rules{
	doc: "any number",
	take: func(k Kind, c Column) (Kind, []float64, error) {
		values, err := c.numbers()
		return k, values, err
	},
	learn: withRange, width: one, code: own, miss: near,
	inside: func(Coder, float64) bool { return true },
	slope:  func(Coder, float64) float64 { return 0 },
	span:   func(c Coder) string { return "any number (trained on " + c.seen() + ")" },
}}

// The logs of the numbers that positive columns give back: those of 32-bit floats, with room for rounding.
const lowestLog, highestLog = -87, 88

// Positive columns are learnt as their logs, which suits heavy tails.
var Positive = Kind{Name: "positive", rules: &rules{
	doc: "numbers above 0, learnt as their logs",
	take: func(k Kind, c Column) (Kind, []float64, error) {
		values, err := c.within(math.Exp(lowestLog), math.Exp(highestLog), "is not a positive number of 32 bits: use real, or leave the row out")
		return k, values, err
	},
	learn: withRange, width: one,
	code:   func(_ Coder, x float64, to []float64) { to[0] = math.Log(x) },
	inside: func(_ Coder, code float64) bool { return lowestLog <= code && code <= highestLog },
	steps:  func(Coder) []Op { return []Op{op(atLeast, lowestLog), op(atMost, highestLog), op(exp)} },
	slope:  func(_ Coder, x float64) float64 { return -math.Log(x) },
	miss: func(_ Coder, code, unit []float64, x float64) float64 {
		return math.Abs(min(max(code[0], lowestLog), highestLog)-math.Log(x)) / unit[0]
	},
	span: func(c Coder) string { return "above 0 (trained on " + c.seen() + ")" },
}}

// squeeze is how far the bounds of a bounded column are moved outwards, as a share of its range, so that values at them have a
// finite logit.
const squeeze = 1e-3

// Bounded columns are learnt as logits of where they lie between their bounds.
var Bounded = Kind{Name: "bounded", rules: &rules{
	doc: "numbers between two bounds, learnt as logits", arguments: "two bounds, such as [0, 1]",
	with: func(k Kind, arguments []string) (Kind, error) {
		if len(arguments) != 2 {
			return k, fmt.Errorf("the kind bounded takes two bounds: write {bounded: [0, 1]}")
		}
		var err, err2 error
		k.Low, err = strconv.ParseFloat(arguments[0], 64)
		k.High, err2 = strconv.ParseFloat(arguments[1], 64)
		if err != nil || err2 != nil || !(k.Low < k.High) || !(math.Abs(k.Low) < 1e30 && math.Abs(k.High) < 1e30) {
			return k, fmt.Errorf("the bounds %s and %s are not two numbers, the lower first: write {bounded: [0, 1]}", arguments[0], arguments[1])
		}
		return k, nil
	},
	take: func(k Kind, c Column) (Kind, []float64, error) {
		if k.Low == k.High {
			return k, nil, fmt.Errorf("the kind bounded takes two bounds: write {bounded: [0, 1]}")
		}
		values, err := c.within(k.Low, k.High, fmt.Sprintf("is not between the bounds %g and %g: move these, or leave the row out", k.Low, k.High))
		return k, values, err
	},
	learn: withRange, width: one,
	code: func(c Coder, x float64, to []float64) {
		y := c.place(x)
		to[0] = math.Log(y / (1 - y))
	},
	slope: func(c Coder, x float64) float64 {
		y := c.place(x)
		return math.Log((1-2*squeeze)/(c.Kind.High-c.Kind.Low)) - math.Log(y*(1-y))
	},
	inside: func(_ Coder, code float64) bool { return math.Abs(code) <= math.Log((1-squeeze)/squeeze) },
	steps: func(c Coder) []Op {
		low, size := c.Kind.Low, c.Kind.High-c.Kind.Low
		return []Op{op(sigmoid), op(mul, size/(1-2*squeeze)), op(add, low-squeeze*size/(1-2*squeeze)), op(atLeast, low), op(atMost, c.Kind.High)}
	},
	// The values move by a quarter of the range at most for a move of the logit by 1.
	miss: func(c Coder, code, unit []float64, x float64) float64 {
		return math.Abs(c.value(code)-x) / ((c.Kind.High-c.Kind.Low)/4/(1-2*squeeze)*unit[0] + floatRounding*max(math.Abs(c.Kind.Low), math.Abs(c.Kind.High)))
	},
	span: func(c Coder) string { return fmt.Sprintf("%g to %g", c.Kind.Low, c.Kind.High) },
}}

// floatRounding covers the rounding of a number to 32 bits, in units of a tolerance of at least 1e-5.
const floatRounding = 0x1p-22 / 1e-5

// place returns where a value lies between the moved bounds, in (0, 1).
func (c Coder) place(x float64) float64 {
	return squeeze + (1-2*squeeze)*(x-c.Kind.Low)/(c.Kind.High-c.Kind.Low)
}

// fineGrain is the number of whole numbers in a standard deviation from which an integer column is as good as continuous: its
// training rows need no noise.
const fineGrain = 100

// Integer columns are learnt with uniform noise of (-1/2, 1/2), without which a flow would learn spikes (Uria et al. 2013, "RNADE"),
// and rounded back. They do not leave the range of the training rows.
var Integer = Kind{Name: "integer", rules: &rules{
	doc: "whole numbers, learnt with uniform noise and rounded back", Discrete: true,
	take: func(k Kind, c Column) (Kind, []float64, error) {
		values, err := c.numbers()
		for i, v := range values {
			if !math.IsNaN(v) && v != math.Trunc(v) || math.Abs(v) > 1<<53 {
				return k, nil, c.bad(i, "is not a whole number: use real, or leave the row out")
			}
		}
		return k, values, err
	},
	learn: func(k Kind, values []float64) Coder {
		c := withRange(k, values)
		if deviation(values) < fineGrain {
			c.Grain = 1
		}
		return c
	},
	width: one, code: own,
	steps: func(c Coder) []Op { return []Op{op(atLeast, c.Low), op(atMost, c.High), op(round)} },
	miss: func(c Coder, code, unit []float64, x float64) float64 {
		if x != math.Trunc(x) || x < c.Low || x > c.High {
			return math.Inf(1)
		}
		e := min(max(code[0], c.Low), c.High)
		return max(0, math.Abs(e-x)-.5) / unit[0]
	},
	span: func(c Coder) string { return fmt.Sprintf("whole numbers from %g to %g", c.Low, c.High) },
}}

// Constant columns are left out of what is learnt, and put back.
var Constant = Kind{Name: "constant", rules: &rules{
	doc: "one value, left out and put back",
	take: func(k Kind, c Column) (Kind, []float64, error) {
		if c.Texts != nil {
			return k, nil, fmt.Errorf("it holds words: use categorical, which may have one category")
		}
		values, err := c.numbers()
		for i, v := range values {
			if v != values[0] && !math.IsNaN(v) && !math.IsNaN(values[0]) {
				return k, nil, c.bad(i, fmt.Sprintf("and %g before it: it is not constant", values[0]))
			}
		}
		return k, values, err
	},
	learn: withRange,
	width: func(Kind) int { return 0 },
	code:  func(Coder, float64, []float64) {},
	pick:  func(c Coder, _ []float64) float64 { return c.Low },
	slope: func(Coder, float64) float64 { return 0 },
	miss: func(c Coder, _, _ []float64, x float64) float64 {
		return math.Abs(c.Low-x) / (floatRounding * max(math.Abs(c.Low), math.SmallestNonzeroFloat32))
	},
	span: func(c Coder) string { return fmt.Sprintf("%g", c.Low) },
}}

func one(Kind) int { return 1 }

// own is the code of kinds whose values are their own codes.
func own(_ Coder, x float64, to []float64) { to[0] = x }

func near(_ Coder, code, unit []float64, x float64) float64 { return math.Abs(code[0]-x) / unit[0] }

// withRange learns the range of the values.
func withRange(k Kind, values []float64) Coder {
	c := Coder{Kind: k, Low: values[0], High: values[0]}
	for _, v := range values {
		c.Low, c.High = min(c.Low, v), max(c.High, v)
	}
	return c
}

func deviation(values []float64) float64 {
	mean, square := 0., 0.
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		square += (v - mean) * (v - mean) / float64(len(values))
	}
	return math.Sqrt(square)
}

// numbers returns the values of a column of numbers. Missing ones stay NaN, for the caller to refuse.
func (c Column) numbers() ([]float64, error) {
	if c.Texts != nil {
		return nil, fmt.Errorf("it holds words, such as %q: use categorical, or leave it out", c.firstText())
	}
	return c.Values, nil
}

// within is numbers of which each is missing or in [low, high].
func (c Column) within(low, high float64, otherwise string) ([]float64, error) {
	values, err := c.numbers()
	for i, v := range values {
		if v < low || v > high {
			return nil, c.bad(i, otherwise)
		}
	}
	return values, err
}

// BadValue is an error about the value of a row.
type BadValue struct {
	Row   int // from 0
	Value float64
	Why   string
}

// Error returns the value and what is wrong with it.
func (e *BadValue) Error() string { return fmt.Sprintf("%g %s", e.Value, e.Why) }

func (c Column) bad(row int, why string) error { return &BadValue{row, c.Values[row], why} }

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
