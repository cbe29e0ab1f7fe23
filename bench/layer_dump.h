/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Every layer's values as files, for comparing with other software.
 *
 * The folder holds NNN.bin a layer, raw in the model's axes, samples end to end, and index.json: an
 * array in the order of the run of {"file", "name", "operator", "node", "dtype", "shape" (of one
 * sample), and for integer layers "scale", "zero_point", "was_u8"}. Integer layers are stored s8; a
 * layer that is u8 in the model holds q - 128 and has was_u8 true. What only reorders memory or
 * renames a value is left out. */
#ifndef EDY_LAYER_DUMP_H
#define EDY_LAYER_DUMP_H

#include "engine/plan.h"

typedef struct edy_layer_dump edy_layer_dump;

/* The plan must have been made with keep_values. EDY_IO where dir exists or cannot be made; it
 * appears under its name only when finished. */
edy_status edy_layer_dump_open(const edy_plan *plan, const char *dir, edy_layer_dump **dump,
                               edy_error *err);
/* Appends the first `samples` of the batch that the plan just ran. */
edy_status edy_layer_dump_add(edy_layer_dump *dump, size_t samples, edy_error *err);
edy_status edy_layer_dump_finish(edy_layer_dump *dump, edy_error *err);
/* Frees; removes the folder where it was not finished. NULL is allowed. */
void edy_layer_dump_discard(edy_layer_dump *dump);

#endif
