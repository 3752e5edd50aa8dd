// Package number writes numbers as text, for people: with as many digits as say something, true minus signs and digits in groups.
package number

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Text returns x to three significant digits, with a true minus sign, and with a power of ten if it is very large or
// small.
func Text(x float64) string {
	if text, ok := special(x); ok {
		return text
	}
	if e := Exponent(x); e < -4 || e > 5 {
		return fixed(x/math.Pow10(e), 2) + timesTen(e)
	} else if e > 2 {
		return Grouped(fixed(x, 0))
	}
	return fixed(x, 2-Exponent(x))
}

// Interval returns the mean and the ends of its interval, to the second digit of half its width, or only the mean if there
// is no interval.
func Interval(mean, low, high float64) string {
	half := high/2 - low/2
	if !Finite(mean) || !Finite(half) {
		return Text(mean)
	}
	write := func(digits func(float64) string) string {
		return digits(mean) + " [" + digits(low) + ", " + digits(high) + "]"
	}
	if half == 0 {
		return write(Text)
	}
	largest := Exponent(max(math.Abs(mean), half))
	place := max(Exponent(half)-1, largest-4)
	if largest < -4 || largest > 5 {
		scale := math.Pow10(largest)
		return "(" + write(func(x float64) string { return fixed(x/scale, largest-place) }) + ")" + timesTen(largest)
	}
	return write(func(x float64) string { return grouped(fixed(x, -place)) })
}

// PlusMinus returns x ± se, to the second digit of se.
func PlusMinus(x, se float64) string {
	largest := Exponent(max(math.Abs(x), se))
	place := max(Exponent(se)-1, largest-4)
	if largest < -4 || largest > 5 {
		scale := math.Pow10(largest)
		return "(" + fixed(x/scale, largest-place) + " ± " + fixed(se/scale, largest-place) + ")" + timesTen(largest)
	}
	return grouped(fixed(x, -place)) + " ± " + grouped(fixed(se, -place))
}

// special returns the text of a number without digits to round, and whether x is one.
func special(x float64) (string, bool) {
	switch {
	case math.IsNaN(x):
		return "NaN", true
	case math.IsInf(x, 1):
		return "∞", true
	case math.IsInf(x, -1):
		return "−∞", true
	case x == 0:
		return "0", true
	default:
		return "", false
	}
}

// Exponent returns the power of ten of the first of the three digits that x rounds to: 0 for 9.99, 1 for 9.999.
func Exponent(x float64) int {
	text := strconv.FormatFloat(math.Abs(x), 'e', 2, 64)
	e, err := strconv.Atoi(text[strings.IndexByte(text, 'e')+1:])
	if err != nil {
		panic("number: exponent of " + text)
	}
	return e
}

// fixed returns x with the given number of decimals, none if that is negative, and never minus zero.
func fixed(x float64, decimals int) string {
	text := strconv.FormatFloat(x, 'f', max(decimals, 0), 64)
	if digits, negative := strings.CutPrefix(text, "-"); negative {
		if strings.Trim(digits, "0.") == "" {
			return digits
		}
		return "−" + digits
	}
	return text
}

// Grouped returns the digits of a whole number in groups of three.
func Grouped(digits string) string {
	first := 0
	if strings.HasPrefix(digits, "−") {
		first = len("−")
	}
	for i := len(digits) - 3; i > first; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// grouped returns a number with decimals or without, its whole part in groups of three.
func grouped(text string) string {
	whole, decimals, has := strings.Cut(text, ".")
	if !has {
		return Grouped(whole)
	}
	return Grouped(whole) + "." + decimals
}

// Whole returns a whole number in groups of three digits.
func Whole[N int | int64 | uint64](n N) string { return Grouped(fmt.Sprint(n)) }

// P returns a p-value to two decimals or, below 0.01, to its first digit.
func P(p float64) string {
	if p > 0 && p < .01 {
		return fixed(p, max(-Exponent(p), 0))
	}
	return fixed(p, 2)
}

// Precise returns x to four significant digits, for numbers that are compared with similar ones.
func Precise(x float64) string {
	if e := Exponent(x); Finite(x) && e >= -4 && e < 4 {
		return fixed(x, 3-e)
	}
	return Text(x)
}

// Plural returns "1 run" or "2 runs".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Whole(n) + " " + noun + "s"
}

// CountAre returns "1 logged loss is" or "2 logged losses are".
func CountAre(n int, one, several string) string {
	if n == 1 {
		return "1 " + one + " is"
	}
	return Whole(n) + " " + several + " are"
}

var superscript = strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶",
	"7", "⁷", "8", "⁸", "9", "⁹")

func timesTen(e int) string { return "×10" + superscript.Replace(strconv.Itoa(e)) }

// Finite reports whether x is a number that can be drawn.
func Finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Round returns the shortest form of a round number.
func Round(x float64) string {
	if text, ok := special(x); ok {
		return text
	}
	e := Exponent(x)
	if e < -4 || e > 5 {
		m := fixed(x/math.Pow10(e), 0)
		if m == "1" {
			return PowerOfTen(e)
		}
		return m + timesTen(e)
	}
	for decimals := 0; ; decimals++ {
		rounded := math.Round(x*math.Pow10(decimals)) / math.Pow10(decimals)
		if math.Abs(rounded-x) <= 1e-9*math.Abs(x) || decimals > 8 {
			if decimals == 0 {
				return Grouped(fixed(x, 0))
			}
			return fixed(x, decimals)
		}
	}
}

// PowerOfTen returns 10ᵉ.
func PowerOfTen(e int) string { return timesTen(e)[len("×"):] }
