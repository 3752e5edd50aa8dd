package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"flowsweep/experiments"
)

// number returns x to three significant digits, with a true minus sign, and with a power of ten if it is very large or
// small.
func number(x float64) string {
	if text, ok := special(x); ok {
		return text
	}
	if e := exponent(x); e < -4 || e > 5 {
		return fixed(x/math.Pow10(e), 2) + timesTen(e)
	} else if e > 2 {
		return grouped(fixed(x, 0))
	}
	return fixed(x, 2-exponent(x))
}

// interval returns the mean and the ends of its interval, to the second digit of half its width, or only the mean if there
// is no interval.
func interval(mean, low, high float64) string {
	half := high/2 - low/2
	if !finite(mean) || !finite(half) {
		return number(mean)
	}
	write := func(digits func(float64) string) string {
		return digits(mean) + " [" + digits(low) + ", " + digits(high) + "]"
	}
	if half == 0 {
		return write(number)
	}
	largest := exponent(max(math.Abs(mean), half))
	place := max(exponent(half)-1, largest-4)
	if largest < -4 || largest > 5 {
		scale := math.Pow10(largest)
		return "(" + write(func(x float64) string { return fixed(x/scale, largest-place) }) + ")" + timesTen(largest)
	}
	return write(func(x float64) string { return fixed(x, -place) })
}

// plusMinus returns x ± se, to the second digit of se.
func plusMinus(x, se float64) string {
	largest := exponent(max(math.Abs(x), se))
	place := max(exponent(se)-1, largest-4)
	if largest < -4 || largest > 5 {
		scale := math.Pow10(largest)
		return "(" + fixed(x/scale, largest-place) + " ± " + fixed(se/scale, largest-place) + ")" + timesTen(largest)
	}
	return fixed(x, -place) + " ± " + fixed(se, -place)
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

// exponent returns the power of ten of the first of the three digits that x rounds to: 0 for 9.99, 1 for 9.999.
func exponent(x float64) int {
	text := strconv.FormatFloat(math.Abs(x), 'e', 2, 64)
	e, err := strconv.Atoi(text[strings.IndexByte(text, 'e')+1:])
	if err != nil {
		panic("reports: exponent of " + text)
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

// grouped returns the digits of a whole number in groups of three.
func grouped(digits string) string {
	first := 0
	if strings.HasPrefix(digits, "−") {
		first = len("−")
	}
	for i := len(digits) - 3; i > first; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// whole returns a whole number in groups of three digits.
func whole[N int | int64 | uint64](n N) string { return grouped(fmt.Sprint(n)) }

// calls returns a number of velocity calls, with its digits in groups of three.
func calls(n experiments.Calls) string {
	digits, fraction, broken := strings.Cut(n.String(), ".")
	if broken {
		return grouped(digits) + "." + fraction
	}
	return grouped(digits)
}

// pText returns a p-value to two decimals or, below 0.01, to its first digit.
func pText(p float64) string {
	if p > 0 && p < .01 {
		return fixed(p, max(-exponent(p), 0))
	}
	return fixed(p, 2)
}

// precise returns x to four significant digits, for numbers that are compared with similar ones.
func precise(x float64) string {
	if e := exponent(x); finite(x) && e >= -4 && e < 4 {
		return fixed(x, 3-e)
	}
	return number(x)
}

// callCount returns the number of velocity calls with its noun.
func callCount(n experiments.Calls) string {
	if n == 1 {
		return "1 velocity call"
	}
	return calls(n) + " velocity calls"
}

// plural returns "1 run" or "2 runs".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return whole(n) + " " + noun + "s"
}

// countAre returns "1 logged loss is" or "2 logged losses are".
func countAre(n int, one, several string) string {
	if n == 1 {
		return "1 " + one + " is"
	}
	return whole(n) + " " + several + " are"
}

var superscript = strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶",
	"7", "⁷", "8", "⁸", "9", "⁹")

func timesTen(e int) string { return "×10" + superscript.Replace(strconv.Itoa(e)) }

// finite reports whether x is a number that can be drawn.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
