// The loops, for one instruction set: TARGET selects it, and NAMED names a function after it. A loop does one operation, so
// that its result is rounded as that of onnxruntime.

#define LOOP(name, expression) \
	TARGET static void NAMED(name)(float *restrict out, const float *a, const float *b, const float *c, size_t n) { \
		(void)b, (void)c; \
		for (size_t i = 0; i < n; i++) out[i] = expression; \
	}

LOOP(add, a[i] + b[i])
LOOP(sub, a[i] - b[i])
LOOP(mul, a[i] * b[i])
LOOP(divide, a[i] / b[i])
LOOP(negate, -a[i])
LOOP(absolute, fabsf(a[i]))
LOOP(reciprocal, 1.0f / a[i])
LOOP(sign, a[i] != a[i] ? a[i] : (a[i] > 0 ? 1.0f : 0.0f) - (a[i] < 0 ? 1.0f : 0.0f))
LOOP(relu, a[i] < 0 ? 0 : a[i])

// NaN stays NaN. Of two zeros onnxruntime returns the second in groups of four, and the first in what is left.
#define EXTREME(name, less) \
	TARGET static void NAMED(name)(float *restrict out, const float *a, const float *b, const float *c, size_t n) { \
		(void)c; \
		size_t whole = n / 4 * 4; \
		for (size_t i = 0; i < whole; i++) { \
			float x = a[i], y = b[i], best = x less y ? x : y; \
			out[i] = x != x ? x : best; \
		} \
		for (size_t i = whole; i < n; i++) { \
			float x = a[i], y = b[i], best = y less x ? y : x; \
			out[i] = y != y ? y : best; \
		} \
	}

EXTREME(minimum, <)
EXTREME(maximum, >)

TARGET static void NAMED(accumulate)(float *restrict sums, const float *a, size_t column, size_t columns, size_t n) {
	while (n > 0) {
		size_t run = columns - column < n ? columns - column : n;
		for (size_t i = 0; i < run; i++) sums[column + i] += a[i];
		a += run, n -= run, column = 0;
	}
}

static const loops NAMED(loops) = {
	NAMED(accumulate),
	{
		{"Add", NAMED(add)}, {"Sub", NAMED(sub)}, {"Mul", NAMED(mul)}, {"Div", NAMED(divide)}, {"Neg", NAMED(negate)},
		{"Abs", NAMED(absolute)}, {"Reciprocal", NAMED(reciprocal)}, {"Min", NAMED(minimum)}, {"Max", NAMED(maximum)},
		{"Relu", NAMED(relu)}, {"Sign", NAMED(sign)}, OTHERS
	},
};

#undef LOOP
#undef EXTREME
#undef TARGET
#undef NAMED
#undef OTHERS
