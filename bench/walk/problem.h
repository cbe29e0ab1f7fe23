/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Problems: what the kernel walk is given, one a line, in files and on the command line.
 *
 *     KIND key=value ...        '#' begins a comment; empty lines are nothing
 *
 * Rows. KIND is a kernel family (kernel_check.h: f32_igemm, s8_add, ...), or `any` for all of them;
 * a family ignores the keys that it has no use for.
 *     any rows=1..mr channels=1..2tile+1 depth=3 taps=2
 * A value is N, mr, tile, Ktile, or one of the latter two +N; A..B is every value from A to B. mr
 * and tile are what the backend's kernel does at once (edy_kernel_limits); mr is 5 where it has no
 * limit.
 *
 * Layers. Extents are N x H x W x C; a layer is planned and run as a whole (layer_check.h).
 *     conv    in=1x8x8x3 out=16 kernel=3x3 [stride=2x2] [dilation=1x1] [pads=T,L,B,R] [groups=1]
 *             [act=none|relu|relu6] [residual=1]
 *     dwconv  in=1x8x8x16 kernel=3x3 [stride] [dilation] [pads] [act]
 *     gemm    in=ROWSxDEPTH out=10 [act]
 *     maxpool, avgpool   in=1x8x8x3 kernel=2x2 [stride] [pads]     (padding is never counted)
 *     mean, add, mul     in=1x8x8x3 [act, not for mean]
 *
 * Any line may have dtype=f32|s8_onnx|s8_tflite (layers; otherwise all that the kind has),
 * fill=exact|one-signed|realistic|extreme (otherwise all four) and seed=N (otherwise derived from
 * the walk's seed and the place of the line). A line with all of them is one case: what a failure
 * prints to be run again. */
#ifndef EDY_WALK_PROBLEM_H
#define EDY_WALK_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/walk/kernel_check.h"
#include "engine/status.h"

/* number + tiles * tile + max_rows * mr, or a range of such. */
typedef struct edy_extent {
    int64_t number, tiles, max_rows;
} edy_extent;
typedef struct edy_extent_range {
    edy_extent first, last;
} edy_extent_range;

/* X(name, text) */
#define EDY_LAYER_MAP(X)                                                                           \
    X(CONV, "conv")                                                                                \
    X(DWCONV, "dwconv")                                                                            \
    X(GEMM, "gemm")                                                                                \
    X(MAXPOOL, "maxpool")                                                                          \
    X(AVGPOOL, "avgpool")                                                                          \
    X(MEAN, "mean")                                                                                \
    X(ADD, "add")                                                                                  \
    X(MUL, "mul")

typedef enum edy_layer_kind {
#define EDY_LAYER_ENUM(name, text) EDY_LAYER_##name,
    EDY_LAYER_MAP(EDY_LAYER_ENUM)
#undef EDY_LAYER_ENUM
        EDY_LAYER_COUNT
} edy_layer_kind;

typedef enum edy_layer_dtype {
    EDY_LAYER_F32,
    EDY_LAYER_S8_ONNX,
    EDY_LAYER_S8_TFLITE,
    EDY_LAYER_DTYPES
} edy_layer_dtype;

typedef enum edy_layer_act { EDY_ACT_NONE, EDY_ACT_RELU, EDY_ACT_RELU6, EDY_ACTS } edy_layer_act;

typedef struct edy_layer {
    edy_layer_kind kind;
    int64_t in[4];                             /* N, H, W, C; GEMM: rows, 1, 1, depth */
    int64_t out;                               /* output channels */
    int64_t kernel[2], stride[2], dilation[2]; /* {h, w} */
    int64_t pad[4];                            /* top, left, bottom, right */
    int64_t groups;
    edy_layer_act act;
    bool residual;
} edy_layer;

/* One line. */
typedef struct edy_problem {
    bool is_layer;
    edy_layer layer;
    const edy_kernel_family *family; /* rows; NULL: any */
    edy_extent_range rows, channels, depth, taps;
    int dtype, fill; /* -1: all */
    bool has_seed;
    uint64_t seed;
    size_t line; /* in its file, from 1; 0: not from a file */
} edy_problem;

typedef struct edy_problems {
    edy_problem *item;
    size_t n, capacity;
} edy_problems;

enum {
    EDY_MAX_EXTENT = 1 << 20,
    EDY_MAX_PROBLEMS = 20000,       /* in one file */
    EDY_MAX_TENSOR_ELEMS = 1 << 27, /* of any tensor of a problem */
    EDY_PROBLEM_TEXT = 240          /* bytes that edy_problem_text needs at most */
};

/* One line without comment. EDY_BAD_FILE with a sentence that begins with origin (and line, where
 * not 0) and names field and value. */
edy_status edy_problem_parse(const char *origin, size_t line, const char *text, edy_problem *p,
                             edy_error *err);

/* Appends all problems of a file. EDY_IO, EDY_LIMIT, EDY_BAD_FILE; nothing is appended then. */
edy_status edy_problems_read(const char *path, edy_problems *all, edy_error *err);
edy_status edy_problems_add(edy_problems *all, const edy_problem *p, edy_error *err);
void edy_problems_free(edy_problems *all); /* all-zero is allowed */

/* Of a window along axis 0 (H) or 1 (W): how many places it has; < 1: it does not fit. */
int64_t edy_layer_places(const edy_layer *l, int axis);
double edy_layer_macs(const edy_layer *l);
bool edy_layer_has_dtype(edy_layer_kind kind, edy_layer_dtype dtype);
const char *edy_layer_kind_text(edy_layer_kind kind);
const char *edy_layer_dtype_text(edy_layer_dtype dtype);

/* Value of a range's ends for a kernel. */
int64_t edy_extent_value(const edy_extent *e, const edy_kernel_limits *limits);

/* The line that parses to exactly this case; returns text. */
const char *edy_layer_case_text(const edy_layer *l, edy_layer_dtype dtype, edy_fill fill,
                                uint64_t seed, char text[EDY_PROBLEM_TEXT]);
const char *edy_row_case_text(const edy_kernel_family *family, const edy_kernel_problem *p,
                              char text[EDY_PROBLEM_TEXT]);

#endif
