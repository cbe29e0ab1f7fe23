/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Models that several tests of the TFLite importer begin with, and running one. */
#ifndef EDY_TFLITE_CASE_H
#define EDY_TFLITE_CASE_H

#include "engine/import/tests/tflite_builder.h"
#include "engine/plan.h"

/* int8 [1, 4, 4, 2] -> CONV_2D 3x3 SAME to 3 channels (scales per channel) -> MAX_POOL 2x2 ->
 * RESHAPE -> FULLY_CONNECTED to 4 -> SOFTMAX. Every kind of table that the reader knows. */
tb_model tb_int8_net(void);
/* float [1, 3, 3, 1] -> CONV_2D 2x2 VALID to 2 channels, weights 1 .. 8, bias {0.5, -100}, RELU.
 * Output [1, 2, 2, 2]. */
tb_model tb_float_conv(void);

/* Imports, or fails the test with the message. */
edy_graph *tb_import(const tb_model *m);
/* Imports and runs one inference of one input and one output on a backend (NULL: the best). */
void tb_run(const tb_model *m, const char *backend, const void *in, void *out, size_t out_bytes);
/* Import fails with this status and a message that has all these words (NULL at the end). */
void tb_refused(const tb_model *m, edy_status status, const char *a, const char *b);

#endif
