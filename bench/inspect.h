/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What a plan is made of, as text of 80 columns or as JSON. */
#ifndef EDY_INSPECT_H
#define EDY_INSPECT_H

#include <stdbool.h>
#include <stdio.h>

#include "engine/plan.h"

typedef struct edy_inspection {
    const char *title; /* "resnet8/fp32" */
    const char *model_path;
    const edy_graph *graph; /* as imported */
    const edy_plan *plan;
} edy_inspection;

/* Ports, totals, one line a step with the kernel bound to it and why, transposes left, memory, and
 * the arena map. */
void edy_inspect_print(const edy_inspection *i, FILE *out);
/* The same facts. False on no memory. */
bool edy_inspect_print_json(const edy_inspection *i, FILE *out);

/* The arena as a drawing: a line a step, a column each 1/width of the arena; a letter for each
 * value that lies there during that step, '.' where nothing does, '*' where several share a column.
 * The legend names the letters with offset, bytes and steps. */
void edy_arena_map_print(const edy_plan *plan, int width, FILE *out);

/* What is fused into a step: " + Add + Relu", " + Clip(0, 6)"; "" for nothing. Returns text. */
const char *edy_fused_text(const edy_node *node, char *text, size_t size);

#endif
