//go:build !windows

#include "loops.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct {
	void (*accumulate)(float *restrict sums, const float *a, size_t column, size_t columns, size_t n);
	struct {
		const char *name;
		loop run;
	} named[16];
} loops;

static void root(float *restrict out, const float *a, const float *b, const float *c, size_t n) {
	(void)b, (void)c;
	for (size_t i = 0; i < n; i++) out[i] = sqrtf(a[i]);
}

#define TARGET
#define NAMED(name) name##_any
#define OTHERS {"Sqrt", root},
#include "kernels.h"

#ifdef __x86_64__

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

// Compilers make no vectors of roots, which may set errno.
TARGET static void roots(float *restrict out, const float *a, const float *b, const float *c, size_t n) {
	size_t i = 0;
	for (; i + 8 <= n; i += 8) _mm256_storeu_ps(out + i, _mm256_sqrt_ps(_mm256_loadu_ps(a + i)));
	root(out + i, a + i, b, c, n - i);
}

// elu8 is x for x >= 0 and e^x - 1 below, with the exponential that onnxruntime has from Eigen, without fused
// multiply-adds: 2^m e^r, where r = x - m ln 2 and e^r is a polynomial.
TARGET static inline __m256 elu8(__m256 x) {
#define NUMBER(c) _mm256_set1_ps(c)
#define PLUS _mm256_add_ps
#define TIMES _mm256_mul_ps
	__m256 low = _mm256_max_ps(NUMBER(-87.0f), x); // e^-87 - 1 is -1; NaN stays
	__m256 m = _mm256_floor_ps(PLUS(TIMES(low, NUMBER(0x1.715476p+0f)), NUMBER(0.5f)));
	__m256 r = PLUS(low, TIMES(m, NUMBER(-0.693359375f)));
	r = PLUS(r, TIMES(m, NUMBER(0x1.bd0106p-13f)));
	__m256 square = TIMES(r, r);
	__m256 odd = TIMES(PLUS(TIMES(square, NUMBER(0x1.123bccp-7f)), NUMBER(0x1.55548ep-3f)), r);
	__m256 even = PLUS(TIMES(square, NUMBER(0x1.6850e4p-10f)), NUMBER(0x1.555b98p-5f));
	even = PLUS(TIMES(even, square), NUMBER(0x1.fffff8p-2f));
	__m256 e = PLUS(TIMES(PLUS(even, odd), square), PLUS(r, NUMBER(1.0f)));
	__m256i scale = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvttps_epi32(m), _mm256_set1_epi32(127)), 23);
	e = PLUS(TIMES(e, _mm256_castsi256_ps(scale)), NUMBER(-1.0f));
	return _mm256_blendv_ps(e, x, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GE_OQ));
#undef NUMBER
#undef PLUS
#undef TIMES
}

// elu takes the exponentials after the last four numbers from the mathematical library, as onnxruntime does.
TARGET static void elu(float *restrict out, const float *a, const float *b, const float *c, size_t n) {
	(void)b, (void)c;
	size_t i = 0;
	for (; i + 8 <= n; i += 8) _mm256_storeu_ps(out + i, elu8(_mm256_loadu_ps(a + i)));
	if (i + 4 <= n) {
		__m256 four = _mm256_insertf128_ps(_mm256_setzero_ps(), _mm_loadu_ps(a + i), 0);
		_mm_storeu_ps(out + i, _mm256_castps256_ps128(elu8(four)));
		i += 4;
	}
	for (; i < n; i++) out[i] = a[i] >= 0 ? a[i] : expf(a[i]) - 1.0f;
}

#define NAMED(name) name##_avx2
#define OTHERS {"Sqrt", roots}, {"Elu", elu},
#include "kernels.h"

static const loops *chosen(void) { return __builtin_cpu_supports("avx2") ? &loops_avx2 : &loops_any; }

#else

static const loops *chosen(void) { return &loops_any; }

#endif

const char *fused_name(size_t i) { return chosen()->named[i].name; }

loop fused_loop(const char *name, size_t letters) {
	const loops *l = chosen();
	for (size_t i = 0; l->named[i].name; i++)
		if (strlen(l->named[i].name) == letters && memcmp(l->named[i].name, name, letters) == 0) return l->named[i].run;
	return NULL;
}

void fused_accumulate(float *restrict sums, const float *a, size_t column, size_t columns, size_t n) {
	chosen()->accumulate(sums, a, column, columns, n);
}
