/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What the check_*.c files share: one case from seed to verdict. */
#ifndef EDY_WALK_CHECK_CASE_H
#define EDY_WALK_CHECK_CASE_H

#include "bench/walk/guard.h"
#include "bench/walk/kernel_check.h"

typedef struct edy_case {
    const char *family;
    const edy_kernel_problem *problem;
    edy_kernel_verdict *verdict;
    uint64_t random;
    edy_guard guard;
    bool failed, called;
} edy_case;

edy_case edy_case_begin(const char *family, const edy_kernel_problem *p, edy_kernel_verdict *v);
/* Checks that nothing was written outside a block, frees them; true where nothing failed. */
bool edy_case_end(edy_case *c);
/* Notes the first failure, in one sentence. */
void edy_case_fail(edy_case *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Around the kernel's call: while (edy_case_again(&c)) kernel(...); Once, or as often as timing it
 * takes. */
bool edy_case_again(edy_case *c);

/* Guarded blocks; a failed allocation ends the program. Sides are drawn from the seed. */
void *edy_case_bytes(edy_case *c, size_t bytes); /* canaries */
float *edy_case_f32(edy_case *c, size_t n, int32_t reach);
int8_t *edy_case_s8(edy_case *c, size_t n);

/* None, Relu, Relu6 or a narrow band. */
edy_f32_clamp edy_case_clamp(edy_case *c);
edy_s8_output edy_case_s8_output(edy_case *c);
bool edy_case_chance(edy_case *c, size_t one_in);
/* Where an output lies: 0 apart, else 1..places-1 in place of an input. Timed calls are apart, so
 * that their inputs stay. */
size_t edy_case_place(edy_case *c, size_t places);

/* EXACT fill: the largest integer reach with which sums of k products stay exact in binary32. */
int32_t edy_exact_reach(size_t k);

/* What an fp32 output should be, and what its error may be measured by. */
typedef struct edy_expected {
    double value;     /* before the clamp */
    double magnitude; /* S: the sum of magnitudes of all terms */
    size_t roundings; /* k: most roundings that one term goes through */
} edy_expected;

/* Compares one fp32 output: within the hard bound k*u*S + k*FLT_MIN and within the expected one
 * 6*sqrt(k)*u*S + k*FLT_MIN (u = 2^-24); equal with EDY_FILL_EXACT. The clamp is applied to the
 * expectation here. */
void edy_case_near(edy_case *c, float got, edy_expected want, const edy_f32_clamp *clamp,
                   size_t row, size_t column);
/* The same without the demand of EDY_FILL_EXACT: for results that go through intermediate numbers
 * which are no integers. */
void edy_case_within(edy_case *c, float got, edy_expected want, const edy_f32_clamp *clamp,
                     size_t row, size_t column);
/* Same bits, except that any NaN equals any NaN. */
void edy_case_same_f32(edy_case *c, float got, float want, size_t row, size_t column);
void edy_case_same_int(edy_case *c, int got, int64_t want, size_t row, size_t column);
/* The gaps between rows of an output must still hold canaries. */
void edy_case_gaps(edy_case *c, const void *out, size_t rows, size_t row_bytes,
                   size_t stride_bytes);

/* Listed rows (kernel.h, "Pixels"): pointers into the first image of two, of which only the second,
 * a_offset bytes on, holds the data; some are `zero`. */
typedef struct edy_rows_f32 {
    const float **list, *zero;
    size_t a_offset;
} edy_rows_f32;
typedef struct edy_rows_s8 {
    const int8_t **list, *zero;
    size_t a_offset;
} edy_rows_s8;
edy_rows_f32 edy_case_rows_f32(edy_case *c, size_t count, size_t width, bool padding,
                               int32_t reach);
edy_rows_s8 edy_case_rows_s8(edy_case *c, size_t count, size_t width, bool padding);
/* The element a kernel must read. */
float edy_rows_f32_at(const edy_rows_f32 *rows, size_t index, size_t column);
int8_t edy_rows_s8_at(const edy_rows_s8 *rows, size_t index, size_t column);

/* Weights, bias and multipliers of an s8 problem, with their own oracle. */
edy_s8_weights edy_case_s8_weights(edy_case *c, edy_rule rule, size_t outputs, size_t depth);
int64_t edy_oracle_requant(const edy_s8_weights *w, size_t output, int64_t acc,
                           const edy_s8_output *o);
/* clamp(round to even(acc * m), low - z, high - z) + z, in double. */
int64_t edy_oracle_onnx(int64_t acc, float m, const edy_s8_output *o);

#endif
