/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Where an inference's time goes: the time of each step of a plan, and what share of the machine's
 * peak it reaches, the peak measured in the same process (engine/peak.h). */
#ifndef EDY_PROFILE_H
#define EDY_PROFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/timer.h"
#include "engine/peak.h"
#include "engine/plan.h"

enum { EDY_PROFILE_FEWEST_RUNS = 10, EDY_PROFILE_MOST_RUNS = 1000 };

/* X(name, key, text): kinds of layers that speed is judged by. */
#define EDY_LAYER_CLASS_MAP(X)                                                                     \
    X(POINTWISE, "pointwise", "pointwise 1x1") /* Conv 1x1, one group */                           \
    X(WINDOW, "window", "kxk")                 /* other Conv, with groups too */                   \
    X(DEPTHWISE, "depthwise", "depthwise")                                                         \
    X(FIRST, "first", "first layer") /* Conv of 1 to 4 input channels, one group */                \
    X(DENSE, "dense", "fully connected")                                                           \
    X(REST, "rest", "rest")

typedef enum edy_layer_class {
#define EDY_CLASS_ENUM(name, key, text) EDY_LAYER_##name,
    EDY_LAYER_CLASS_MAP(EDY_CLASS_ENUM)
#undef EDY_CLASS_ENUM
        EDY_LAYER_CLASSES
} edy_layer_class;
const char *edy_layer_class_key(edy_layer_class c);  /* for JSON */
const char *edy_layer_class_text(edy_layer_class c); /* for people */
edy_layer_class edy_layer_class_of(const edy_graph *g, const edy_node *n);

/* Peak of one core in operations a second; [0] fp32, [1] int8. NULL and NAN where the build has no
 * loop for it. */
typedef struct edy_peaks {
    const edy_peak_loop *loop[2];
    double ops[2];
} edy_peaks;
/* Measures both, some 40 ms. */
edy_peaks edy_peaks_measure(const edy_backend *backend, const edy_clock *clock);

/* What a time, of a step or of many, amounts to. */
typedef struct edy_profile_rate {
    double ns;
    double share;   /* of all steps' time, 0..1 */
    uint64_t macs;  /* of the batch, or of one of its groups (edy_plan_groups) */
    double gops;    /* 2 * macs / ns; NAN where there are no macs */
    double of_peak; /* of one core's peak times the threads, 0..1; NAN where unknown. Winograd may
                       exceed 1: it does fewer products than the direct way, which is counted */
} edy_profile_rate;

typedef struct edy_profile {
    const edy_plan *plan; /* borrowed */
    edy_peaks peaks;
    unsigned threads;
    size_t runs;
    int32_t n;                              /* steps */
    edy_profile_rate *step;                 /* [n]: ns is the median over the runs */
    edy_profile_rate all;                   /* their sum */
    edy_profile_rate by[EDY_LAYER_CLASSES]; /* summed by class */
    int32_t steps_by[EDY_LAYER_CLASSES];
    double whole_ns;   /* median of edy_plan_run, all groups, which copies inputs and outputs too */
    double reading_ns; /* what reading the clock adds to each step; NAN where unknown */
} edy_profile;

typedef struct edy_profile_options {
    const edy_clock *clock;
    edy_peaks peaks;
    unsigned threads; /* of the plan's pool */
    size_t runs;      /* 0: for about a second, FEWEST..MOST; else exactly so many, same bounds */
    uint64_t seed;    /* of the inputs */
} edy_profile_options;

/* Runs the plan as a whole and step by step, in turn. EDY_NO_MEMORY. */
edy_status edy_profile_measure(edy_plan *plan, const edy_profile_options *options,
                               edy_profile **profile, edy_error *err);
void edy_profile_destroy(edy_profile *profile); /* NULL is allowed */

/* Fills all that follows from n, step[].ns, whole_ns and the peaks. Pure. */
void edy_profile_sum(edy_profile *profile);

/* A table of 80 columns: a line a step, the sum beside the time of a whole run, a line a class.
 * title: "resnet8/fp32". */
void edy_profile_print(const edy_profile *profile, const char *title, FILE *out);

/* As JSON: {"kind": "profile", "schema_version", "cases": [{"workload", "variant", ...}]}. Opaque
 * here, a cJSON object. NULL on no memory. */
typedef struct edy_profile_file edy_profile_file;
edy_profile_file *edy_profile_file_create(void);
bool edy_profile_file_add(edy_profile_file *file, const edy_profile *profile, const char *workload,
                          const char *variant);
/* EDY_IO where it cannot be written; nothing half-written is left. */
edy_status edy_profile_file_write(const edy_profile_file *file, const char *path, edy_error *err);
void edy_profile_file_destroy(edy_profile_file *file); /* NULL is allowed */

/* What the scoreboard reads of such a file: the pointwise layers of a case. */
enum { EDY_PROFILE_NAME_BYTES = 128 };
typedef struct edy_profile_share {
    char workload[EDY_PROFILE_NAME_BYTES], variant[EDY_PROFILE_NAME_BYTES];
    char backend[EDY_PROFILE_NAME_BYTES];
    unsigned threads;
    bool known;     /* false: no such layer, or no peak */
    double of_peak; /* 0..1 */
} edy_profile_share;
/* Fills n <= most. EDY_IO; EDY_BAD_FILE for a file that is no profile; EDY_LIMIT. */
edy_status edy_profile_read_shares(const char *path, edy_profile_share *shares, size_t most,
                                   size_t *n, edy_error *err);

#endif
