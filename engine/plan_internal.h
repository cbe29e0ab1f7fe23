/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What a plan is made of; shared by plan.c (building and running) and plan_query.c (asking). */
#ifndef EDY_PLAN_INTERNAL_H
#define EDY_PLAN_INTERNAL_H

#include "engine/arena.h"
#include "engine/ops/op.h"
#include "engine/plan.h"

/* Where a value lies. root: the value whose memory it shares (itself mostly); block: index into the
 * arena's blocks, or -1 for constants and values nobody makes. */
typedef struct edy_placement {
    edy_value_id root;
    int32_t block;
    size_t offset, stride; /* inside the root: bytes, and elements from pixel to pixel (0: all) */
} edy_placement;

struct edy_plan {
    edy_graph *graph; /* own, lowered; payloads are the original graph's */
    const edy_backend *backend;
    edy_kernels kernels;
    edy_threads *threads;
    size_t groups;     /* the batch is run in so many equal parts, each of them the graph's batch */
    edy_region region; /* everything below but the arena */
    char *arena;
    edy_arena_block *blocks; /* n_blocks: values, then one scratch block a step that has one */
    size_t n_blocks, n_value_blocks;
    edy_placement *place; /* [graph values] */
    edy_step *steps;
    int32_t n_steps;
    edy_plan_port *inputs, *outputs;
    edy_plan_memory memory;
};

/* Images that go through the network together, a divisor of the batch. g has that batch and known
 * shapes. (plan_batch.c) */
int64_t edy_plan_group(const edy_graph *g, int64_t batch);

/* Address of a value: in the arena, or a constant's payload; NULL for a value that has neither. */
void *edy_plan_address(const edy_plan *plan, edy_value_id v);

/* Copies between a value's memory (its layout, S8) and the model's form (row-major axes; u8 where
 * flip is set). */
void edy_plan_copy_out(const edy_plan *plan, edy_value_id v, bool flip, void *out);
void edy_plan_copy_in(const edy_plan *plan, edy_value_id v, bool flip, const void *in);

#endif
