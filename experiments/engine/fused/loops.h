#ifndef FLOWSWEEP_LOOPS_H
#define FLOWSWEEP_LOOPS_H

#include <stddef.h>

// A loop applies an operation of up to three operands to n numbers.
typedef void (*loop)(float *restrict out, const float *a, const float *b, const float *c, size_t n);

// fused_loop returns the loop of a named operation, or NULL.
loop fused_loop(const char *name, size_t letters);

// fused_name returns the name of the i-th operation, or NULL after the last.
const char *fused_name(size_t i);

// fused_accumulate adds n numbers, of which the first is in the given column, to the sums of their columns.
void fused_accumulate(float *restrict sums, const float *a, size_t column, size_t columns, size_t n);

#endif
