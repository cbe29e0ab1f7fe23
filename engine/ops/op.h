/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What an operator is: shape rule, cost, how the plan prepares it, how it runs. One file an
 * operator; op_table.c lists them in the order of EDY_OP_MAP. */
#ifndef EDY_OP_H
#define EDY_OP_H

#include "engine/graph.h"
#include "engine/kernel.h"
#include "engine/threads.h"

typedef struct edy_step edy_step;
typedef struct edy_planner edy_planner;

typedef struct edy_op {
    /* Validates inputs and attributes, sets shape and dtype of every output. Must check everything
     * that prepare and run rely on. Messages need not name the node: the caller adds it. */
    edy_status (*infer)(edy_graph *g, edy_node *n, edy_error *err);
    /* NULL: 0. Shapes are known. */
    uint64_t (*macs)(const edy_graph *g, const edy_node *n);
    /* Bytes of arena scratch that a run needs on so many threads. NULL: 0. */
    size_t (*scratch_bytes)(const edy_graph *g, const edy_node *n, const edy_kernels *k,
                            unsigned threads);
    /* Fills step->state, ->run, ->kernel, ->reason; packs weights. Memory comes from the planner.
     * Arena addresses are final. NULL for operators that lowering removes: planning one is an
     * error. */
    edy_status (*prepare)(edy_planner *p, edy_step *step, edy_error *err);
    /* Whether prepare can place the rows (pixels) of output 0 edy_step.y_stride apart. NULL: no. */
    bool (*spreads_rows)(const edy_graph *g, const edy_node *n, const edy_kernels *k);
    /* Whether rows of output 0, row elements long, hold those of input i unchanged from element *at
     * on: its maker may then write them there (Concat). Both are NHWC, a row a pixel. NULL: no. */
    bool (*holds_input)(const edy_graph *g, const edy_node *n, int32_t i, size_t *at, size_t *row);
    /* prepare aliases output 0 to input 0 (Reshape): no memory, no step. */
    bool aliases_input;
    /* Where all inputs are constants the importer evaluates the node (evaluate.h): prepare and run
     * work on plain layouts, with the scalar kernels, before any pass. */
    bool folds;
    /* The input whose memory output 0 may take, element for element, where nobody reads it later;
     * -1: none. NULL: none. */
    int32_t (*overwrites)(const edy_graph *g, const edy_node *n);
} edy_op;

struct edy_step {
    const edy_node *node;
    int32_t index;            /* of the node */
    void *in[EDY_MAX_INPUTS]; /* arena address or constant payload; NULL where absent */
    void *out[EDY_MAX_OUTPUTS];
    size_t y_stride; /* elements from row to row of output 0 inside another tensor; 0: adjacent */
    void *scratch;
    void *state; /* the operator's own, made by prepare */
    void (*run)(const edy_step *step, edy_threads *threads);
    const char *kernel, *reason;
    size_t packed_bytes;
    bool transposes;
    bool alone;        /* too little work to be shared: runs on the caller's thread */
    uint16_t winograd; /* outputs along a tile's edge; 0: direct */
    uint16_t tile[2];  /* rows and channels of the GEMM's register tile; 0: no GEMM */
};

/* What prepare may use. */
struct edy_planner {
    const edy_graph *graph; /* lowered, shapes known */
    const edy_kernels *kernels;
    const edy_kernels *scalar; /* to see which entries the backend inherits */
    const char *backend;       /* its name */
    unsigned threads;          /* that will run the plan: for memory, never for a choice */
    edy_region *region;        /* state, pointer lists: lives as long as the plan */
    size_t packed_bytes;       /* running totals of the plan */
    size_t indirection_bytes;
};

/* Zeroed, 64-byte aligned; counted as packed weights or as indirection. NULL on no memory. */
void *edy_planner_packed(edy_planner *p, edy_step *step, size_t bytes);
void *edy_planner_indirection(edy_planner *p, size_t bytes);

/* "family__isa" for an entry of the kernel table: the backend's name where it has its own, "scalar"
 * where it inherits. NULL on no memory. */
const char *edy_planner_name(edy_planner *p, const char *family, bool inherited);

const edy_op *edy_op_get(edy_op_kind kind);

/* Helpers that several operators share (op_common.c). */
const edy_value *edy_node_in(const edy_graph *g, const edy_node *n, int32_t i); /* NULL if absent */
int32_t edy_overwrites_first(const edy_graph *g, const edy_node *n); /* for edy_op.overwrites */
edy_value *edy_node_out(edy_graph *g, const edy_node *n, int32_t i);
/* Output range of an integer node: the dtype's range narrowed by act_min/act_max at the output's
 * scale, with q(bound) = z + round(bound / scale), ties to even (rule TFLite: away from zero). */
void edy_node_s8_output(const edy_graph *g, const edy_node *n, int32_t *zero_point, int32_t *low,
                        int32_t *high);
/* Weights [C][M/groups][...] and bias of a ConvTranspose against x [N][C][...], all float32. */
edy_status edy_check_transposed(const edy_value *x, const edy_value *w, const edy_value *b,
                                int64_t groups, edy_error *err);
/* Resolves auto_pad, checks, and gives the output extents of a window over h, w. */
edy_status edy_window_resolve(edy_window *w, int64_t in_h, int64_t in_w, int64_t *out_h,
                              int64_t *out_w, edy_error *err);

#endif
