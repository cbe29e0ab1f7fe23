/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Operators of one family: the node's kind is the family's, its `sub` comes from the name. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_lift.h"
#include "engine/import/onnx_ops.h"

#define EDY_SUB_NAME(name, text) text,
static const char *const unary_names[] = {EDY_UNARY_MAP(EDY_SUB_NAME)};
#undef EDY_SUB_NAME

/* Which of the family's names the node at hand has; the table of operators holds no other. */
static int32_t sub_of(const edy_onnx_context *c, const char *const *names, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        if (strcmp(names[i], c->node->op_type) == 0)
            return i;
    return -1;
}

/* ---- One operand ----------------------------------------------------------------------------- */

/* Attributes alpha and beta (Selu: gamma) where they are not given. */
static void unary_defaults(edy_unary sub, float *alpha, float *beta) {
    *alpha = sub == EDY_UNARY_HARDSIGMOID ? 0.2f : sub == EDY_UNARY_SELU ? 1.67326319f : 1.0f;
    *beta = sub == EDY_UNARY_HARDSIGMOID ? 0.5f : sub == EDY_UNARY_SELU ? 1.05070102f : 1.0f;
}

edy_status edy_import_unary(edy_onnx_context *c) {
    const int32_t sub = sub_of(c, unary_names, EDY_UNARY_COUNT);
    float alpha, beta;
    unary_defaults((edy_unary)sub, &alpha, &beta);
    edy_status status = edy_onnx_attr_float(c, "alpha", alpha, &alpha);
    if (!status)
        status = edy_onnx_attr_float(c, sub == EDY_UNARY_SELU ? "gamma" : "beta", beta, &beta);
    edy_node *n;
    if (!status)
        status = edy_onnx_lift_begin_elementwise(c, EDY_OP_UNARY, 1, 1, &n);
    if (status)
        return status;
    n->sub = sub;
    n->alpha = alpha;
    n->beta = beta;
    return edy_onnx_lift_finish(c);
}
