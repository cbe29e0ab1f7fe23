/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/problem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *edy_layer_kind_text(edy_layer_kind kind) {
    static const char *const text[] = {
#define EDY_LAYER_TEXT(name, text) text,
        EDY_LAYER_MAP(EDY_LAYER_TEXT)
#undef EDY_LAYER_TEXT
    };
    return kind < EDY_LAYER_COUNT ? text[kind] : "unknown";
}

const char *edy_layer_dtype_text(edy_layer_dtype dtype) {
    static const char *const text[] = {"f32", "s8_onnx", "s8_tflite"};
    return dtype < EDY_LAYER_DTYPES ? text[dtype] : "unknown";
}

bool edy_layer_has_dtype(edy_layer_kind kind, edy_layer_dtype dtype) {
    switch (kind) {
    case EDY_LAYER_CONV:
    case EDY_LAYER_DWCONV:
    case EDY_LAYER_GEMM:
        return true;
    case EDY_LAYER_MAXPOOL:
    case EDY_LAYER_MEAN:
        return dtype != EDY_LAYER_S8_TFLITE;
    default: /* integers of the others are walked as rows */
        return dtype == EDY_LAYER_F32;
    }
}

int64_t edy_layer_places(const edy_layer *l, int axis) {
    const int64_t reach = (l->kernel[axis] - 1) * l->dilation[axis] + 1;
    const int64_t room = l->in[1 + axis] + l->pad[axis] + l->pad[axis + 2] - reach;
    return room < 0 ? 0 : room / l->stride[axis] + 1;
}

double edy_layer_macs(const edy_layer *l) {
    const double pixels =
        (double)l->in[0] * (double)edy_layer_places(l, 0) * (double)edy_layer_places(l, 1);
    const double taps = (double)(l->kernel[0] * l->kernel[1]);
    switch (l->kind) {
    case EDY_LAYER_CONV:
    case EDY_LAYER_DWCONV:
    case EDY_LAYER_GEMM:
        return pixels * (double)l->out * taps * (double)(l->in[3] / l->groups);
    case EDY_LAYER_MAXPOOL:
    case EDY_LAYER_AVGPOOL:
        return pixels * taps * (double)l->in[3];
    default:
        return (double)l->in[0] * (double)l->in[1] * (double)l->in[2] * (double)l->in[3];
    }
}

int64_t edy_extent_value(const edy_extent *e, const edy_kernel_limits *limits) {
    const int64_t mr = limits->max_rows ? (int64_t)limits->max_rows : 5;
    return e->number + e->tiles * (int64_t)limits->tile + e->max_rows * mr;
}

/* Appends to a text that is known to be long enough. */
static void add(char text[EDY_PROBLEM_TEXT], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(char text[EDY_PROBLEM_TEXT], const char *format, ...) {
    const size_t n = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, EDY_PROBLEM_TEXT - n, format, args);
    va_end(args);
}

static bool is(const int64_t pair[2], int64_t value) {
    return pair[0] == value && pair[1] == value;
}

static void add_window(const edy_layer *l, char text[EDY_PROBLEM_TEXT]) {
    const int64_t *pad = l->pad;
    add(text, " kernel=%" PRId64 "x%" PRId64, l->kernel[0], l->kernel[1]);
    if (!is(l->stride, 1))
        add(text, " stride=%" PRId64 "x%" PRId64, l->stride[0], l->stride[1]);
    if (!is(l->dilation, 1))
        add(text, " dilation=%" PRId64 "x%" PRId64, l->dilation[0], l->dilation[1]);
    if (!is(pad, 0) || !is(pad + 2, 0))
        add(text, " pads=%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64, pad[0], pad[1], pad[2],
            pad[3]);
}

const char *edy_layer_case_text(const edy_layer *l, edy_layer_dtype dtype, edy_fill fill,
                                uint64_t seed, char text[EDY_PROBLEM_TEXT]) {
    static const char *const act[] = {"none", "relu", "relu6"};
    text[0] = '\0';
    add(text, "%s in=%" PRId64 "x", edy_layer_kind_text(l->kind), l->in[0]);
    if (l->kind != EDY_LAYER_GEMM)
        add(text, "%" PRId64 "x%" PRId64 "x", l->in[1], l->in[2]);
    add(text, "%" PRId64, l->in[3]);
    if (l->kind == EDY_LAYER_CONV || l->kind == EDY_LAYER_GEMM)
        add(text, " out=%" PRId64, l->out);
    if (l->kind == EDY_LAYER_CONV || l->kind == EDY_LAYER_DWCONV || l->kind == EDY_LAYER_MAXPOOL ||
        l->kind == EDY_LAYER_AVGPOOL)
        add_window(l, text);
    if (l->kind == EDY_LAYER_CONV && l->groups != 1)
        add(text, " groups=%" PRId64, l->groups);
    if (l->act)
        add(text, " act=%s", act[l->act]);
    if (l->residual)
        add(text, " residual=1");
    add(text, " dtype=%s fill=%s seed=%" PRIu64, edy_layer_dtype_text(dtype), edy_fill_text(fill),
        seed);
    return text;
}

const char *edy_row_case_text(const edy_kernel_family *family, const edy_kernel_problem *p,
                              char text[EDY_PROBLEM_TEXT]) {
    snprintf(text, EDY_PROBLEM_TEXT,
             "%s rows=%zu channels=%zu depth=%zu taps=%zu fill=%s seed=%" PRIu64, family->name,
             p->rows, p->channels, p->depth, p->taps, edy_fill_text(p->fill), p->seed);
    return text;
}

edy_status edy_problems_add(edy_problems *all, const edy_problem *p, edy_error *err) {
    if (all->n == all->capacity) {
        const size_t more = all->capacity ? 2 * all->capacity : 64;
        edy_problem *item = realloc(all->item, more * sizeof *item);
        if (!item)
            return edy_fail(err, EDY_NO_MEMORY, "out of memory for problems");
        all->item = item;
        all->capacity = more;
    }
    all->item[all->n++] = *p;
    return EDY_OK;
}

void edy_problems_free(edy_problems *all) {
    free(all->item);
    *all = (edy_problems){.item = NULL};
}
