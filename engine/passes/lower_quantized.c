/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* QuantizeLinear/DequantizeLinear graphs, and QLinearConv, to integer nodes.
 *
 * Which groups become integer follows ONNX Runtime 1.30 at optimisation level 99 (core/optimizer/
 * qdq_transformer), since its answers are the golden ones: there, too, operands and result of one
 * group must have the same signedness. Two deliberate differences: a clamp that the output range
 * does not imply stays part of the integer node here (ORT then computes the group in float), and
 * float weights stay float (ORT 1.30 quantizes them on its own). */
#include "engine/passes/lower.h"
#include "engine/passes/passes.h"

/* TFLite's graphs are imported as integer nodes; what is float in them is meant to be. */
static bool is_lowered(const edy_graph *g) {
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (g->node[i].rule == EDY_RULE_TFLITE)
            return true;
    return false;
}

edy_status edy_pass_lower_quantized(edy_graph *g, edy_error *err) {
    if (is_lowered(g))
        return edy_graph_infer(g, err);
    edy_status status = edy_lower_move_quantizers(g, err);
    if (!status)
        status = edy_lower_values(g, err);
    if (!status)
        status = edy_lower_groups(g, err);
    if (!status)
        status = edy_lower_float_constants(g, err);
    if (!status)
        status = edy_graph_remove_dead(g, err);
    return status ? status : edy_graph_infer(g, err);
}
