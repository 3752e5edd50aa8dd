package number

import (
	"math"
	"testing"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		x    float64
		want string
	}{
		{0, "0"},
		{math.Copysign(0, -1), "0"},
		{1, "1.00"},
		{9.996, "10.0"},
		{12.34, "12.3"},
		{-.5, "−0.500"},
		{999.6, "1,000"},
		{123456, "123,456"},
		{1234567, "1.23×10⁶"},
		{1.2345e-4, "0.000123"},
		{4.2e-5, "4.20×10⁻⁵"},
		{-4.2e-300, "−4.20×10⁻³⁰⁰"},
		{math.NaN(), "NaN"},
		{math.Inf(1), "∞"},
		{math.Inf(-1), "−∞"},
		{-123456, "−123,456"},
	} {
		if got := Text(c.x); got != c.want {
			t.Errorf("Text(%g): got %q, want %q", c.x, got, c.want)
		}
	}
}

func TestInterval(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		mean, half float64
		want       string
	}{
		{.1234, .0123, "0.123 [0.111, 0.136]"},
		{.00042, .00011, "0.00042 [0.00031, 0.00053]"},
		{-1e-6, 1e-3, "0.0000 [−0.0010, 0.0010]"},
		{3.1e-5, 4.2e-6, "(3.10 [2.68, 3.52])×10⁻⁵"},
		{1.4e-6, 3.8e-5, "(0.1 [−3.7, 3.9])×10⁻⁵"},
		{12, 0, "12.0 [12.0, 12.0]"},
		{12.3456, nan, "12.3"},
		{nan, nan, "NaN"},
		{math.Inf(1), nan, "∞"},
		{0, .5, "0.00 [−0.50, 0.50]"},
		{1, 1e-9, "1.0000 [1.0000, 1.0000]"},
		{250, 31, "250 [219, 281]"},
		{1007, 940, "1,007 [67, 1,947]"},
		{12345.6, .71, "12,346 [12,345, 12,346]"},
		{1234.5, 2.5, "1,234.5 [1,232.0, 1,237.0]"},
	} {
		if got := Interval(c.mean, c.mean-c.half, c.mean+c.half); got != c.want {
			t.Errorf("Interval(%g, %g): got %q, want %q", c.mean, c.half, got, c.want)
		}
	}
}

func TestUncertain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		got, want string
	}{
		{PlusMinus(.01234, .0011), "0.0123 ± 0.0011"},
		{PlusMinus(-1.5, .25), "−1.50 ± 0.25"},
		{PlusMinus(-1234.5, 25), "−1,234 ± 25"},
		{PlusMinus(3.2e-7, 1.1e-8), "(3.20 ± 0.11)×10⁻⁷"},
		{PlusMinus(2e-5, 3e-5), "(2.0 ± 3.0)×10⁻⁵"},
		{P(.62), "0.62"},
		{P(.001), "0.001"},
		{P(1), "1.00"},
		{Precise(.94104), "0.9410"},
		{Precise(12.3456), "12.35"},
		{Precise(0), "0.000"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
