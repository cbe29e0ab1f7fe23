/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Integer nodes of EDY_RULE_TFLITE outside the kernel table: plain loops for every backend, since
 * their kernels need no speed (a table of 256, a row of logits) or have no faster form yet.
 * Convolutions, dense layers and MaxPool are in the table. Each step's operands are int8 with one
 * scale; the operator's infer has checked that. */
#ifndef EDY_TFLITE_RULE_H
#define EDY_TFLITE_RULE_H

#include "engine/ops/op.h"

/* a and b as spread to one shape (elementwise.h). */
edy_status edy_prepare_add_tflite(edy_planner *p, edy_step *step, const int8_t *a, const int8_t *b,
                                  edy_error *err);
edy_status edy_prepare_mul_tflite(edy_planner *p, edy_step *step, const int8_t *a, const int8_t *b,
                                  edy_error *err);
/* AVERAGE_POOL_2D, input and output of one scale; MEAN over H and W. */
edy_status edy_prepare_average_tflite(edy_planner *p, edy_step *step, edy_error *err);
edy_status edy_prepare_mean_tflite(edy_planner *p, edy_step *step, edy_error *err);
/* SOFTMAX over the last axis. The output's scale is 1/256 and its zero point -128. n->alpha: beta.
 */
edy_status edy_check_softmax_tflite(const edy_graph *g, const edy_node *n, edy_error *err);
edy_status edy_prepare_softmax_tflite(edy_planner *p, edy_step *step, edy_error *err);

/* Requantization of every byte from input 0's scale to the output's, then the node's clamp: RELU
 * and QUANTIZE of an integer. */
void edy_table_make_tflite(const edy_graph *g, const edy_node *n, int8_t table[256]);

#endif
