/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* plan = graph + backend + batch + threads: packed weights, arena map, bound kernels. After
 * edy_plan_create nothing is allocated; edy_plan_run only computes. */
#ifndef EDY_PLAN_H
#define EDY_PLAN_H

#include "engine/backend.h"
#include "engine/graph.h"
#include "engine/threads.h"

typedef struct edy_plan edy_plan;

typedef struct edy_plan_options {
    const edy_backend *backend; /* NULL: edy_backend_best() */
    edy_threads *threads; /* NULL: the caller's thread. Borrowed; must outlive the plan. The pool
                             decides who computes, never what: results do not depend on it. */
    int64_t batch;        /* 0: the graph's own */
    bool keep_values;     /* every value gets its own place, readable after a run (layer dumps) */
} edy_plan_options;

/* Clones the graph, runs the passes, places the arena, packs weights, binds kernels. The graph must
 * outlive the plan. */
edy_status edy_plan_create(const edy_graph *graph, const edy_plan_options *options, edy_plan **plan,
                           edy_error *err);
void edy_plan_destroy(edy_plan *plan); /* NULL is allowed */

/* One tensor of the plan's boundary, in the model's own layout and dtype (u8 stays u8). */
typedef struct edy_plan_port {
    const char *name;
    edy_dtype dtype;
    edy_shape shape; /* with the batch */
    size_t bytes;
} edy_plan_port;

int32_t edy_plan_input_count(const edy_plan *plan);
int32_t edy_plan_output_count(const edy_plan *plan);
const edy_plan_port *edy_plan_input(const edy_plan *plan, int32_t index);
const edy_plan_port *edy_plan_output(const edy_plan *plan, int32_t index);

/* One inference. inputs[i] and outputs[i] point at edy_plan_input(i)->bytes and ..output(i)->bytes,
 * row-major in the model's axes; any alignment. Not reentrant for one plan. */
void edy_plan_run(edy_plan *plan, const void *const *inputs, void *const *outputs);

/* What the plan holds, for reports. */
typedef struct edy_plan_memory {
    size_t weights_bytes;           /* constants as the model stores them (after lowering) */
    size_t packed_bytes;            /* weights as packed for this backend */
    size_t arena_bytes;             /* activations */
    size_t arena_lower_bound_bytes; /* largest sum of activations alive at one step */
    size_t indirection_bytes;       /* pointer lists and tables made at plan time */
    size_t scratch_bytes;           /* part of the arena that is not activations */
} edy_plan_memory;
edy_plan_memory edy_plan_memory_use(const edy_plan *plan);

/* A batch may be run in equal groups, one after the other, each through all steps. 1: all at once,
 * always so with keep_values. The plan's graph, its steps' MACs and edy_plan_run_step are those of
 * one group. */
size_t edy_plan_groups(const edy_plan *plan);

/* One bound step, in run order. */
typedef struct edy_plan_step {
    const edy_node *node; /* of the plan's own graph (edy_plan_graph) */
    const char *kernel;   /* "f32_igemm_6x16__avx2", "layout copy", ... never NULL */
    const char *reason;   /* why this kernel: a short phrase, never NULL */
    uint64_t macs;
    size_t packed_bytes;
    bool transposes;   /* a copy that only reorders memory */
    uint16_t winograd; /* outputs along a Winograd tile, which has its own budget; 0: direct */
    uint16_t tile[2];  /* rows and channels of the GEMM's register tile; 0: no GEMM */
    int32_t over;      /* the input whose memory output 0 takes; -1: none */
    bool inside;       /* output 0 is written where a Concat's output wants it */
} edy_plan_step;
int32_t edy_plan_step_count(const edy_plan *plan);
edy_plan_step edy_plan_step_at(const edy_plan *plan, int32_t index);
const edy_graph *edy_plan_graph(const edy_plan *plan); /* as lowered */
const edy_backend *edy_plan_backend(const edy_plan *plan);

/* Where a computed value lies in the arena: offset and bytes; false for constants and for values
 * that share another's memory. first and last are step indices. */
bool edy_plan_place(const edy_plan *plan, edy_value_id value, size_t *offset, size_t *bytes,
                    int32_t *first, int32_t *last);

/* Runs one step only, on the arena as it is (profiling, layer by layer conformance). */
void edy_plan_run_step(edy_plan *plan, int32_t index);
/* Copies a value out in the model's axes, row-major, as it is stored (S8 for integer values).
 * Meaningful right after the step that makes it, or after a run with keep_values. bytes must be
 * exact. */
edy_status edy_plan_read(const edy_plan *plan, edy_value_id value, void *out, size_t bytes,
                         edy_error *err);
/* Overwrites a value in the same form (feeding a node with an oracle's inputs). */
edy_status edy_plan_write(edy_plan *plan, edy_value_id value, const void *in, size_t bytes,
                          edy_error *err);

#endif
