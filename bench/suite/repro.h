/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A failing case as a folder that replays it anywhere.
 *
 * repro-<hash>/ holds
 *   model.onnx         the first diverging node with its constants; or the whole model, where no
 *                      node alone shows the failure
 *   test_data_set_0/   input_K.pb, and output_K.pb: what the node should have given
 *   repro.json         backend, threads, batch, what was found, CPU features, command line
 *   README             one line for people: how to replay it
 * The hash is of model, inputs and backend: the same failure found twice is one folder. It appears
 * under its name only when it is complete. */
#ifndef EDY_REPRO_H
#define EDY_REPRO_H

#include "bench/conform.h"

/* The failing case. */
typedef struct edy_repro_case {
    const char *dir;          /* where the folder is to be made; "." or a path */
    const edy_graph *graph;   /* as imported */
    const edy_golden *golden; /* with inputs */
    const edy_backend *backend;
    int64_t threads, batch;
    const edy_conform_case *found;
} edy_repro_case;

/* The first diverging node, taken out of a plan while it holds all values. */
typedef struct edy_repro_part {
    edy_graph *slice; /* NULL: there is none */
    void *input[EDY_GOLDEN_PORTS], *output;
} edy_repro_part;

/* For edy_judge_nodes_watched: fills *part; leaves it empty where the step is no part of the model
 * alone (suite/slice.h). */
void edy_repro_take(edy_repro_part *part, const edy_graph *graph, const edy_plan *plan,
                    int32_t step, const double *expected, size_t elems);
void edy_repro_part_free(edy_repro_part *part); /* all-zero is allowed */

/* Writes the folder; its path goes to path[size]. part, which may be empty, is used where it shows
 * the failure by itself, which is tried out; else the whole model is written. Nothing is left
 * behind where it fails. */
edy_status edy_repro_write(const edy_repro_case *c, const edy_repro_part *part, char *path,
                           size_t size, edy_error *err);

/* ---- Replaying ------------------------------------------------------------------------------- */

/* What repro.json says. */
typedef struct edy_repro {
    char backend[64], verdict[16];
    int64_t threads, batch;
} edy_repro;

/* Is this a folder with a repro.json? */
bool edy_repro_is(const char *path);
/* EDY_IO, EDY_BAD_FILE with file, field and value. */
edy_status edy_repro_read(const char *path, edy_repro *repro, edy_error *err);

#endif
