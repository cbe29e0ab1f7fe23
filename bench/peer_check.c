/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/peer_check.h"

#include <string.h>

#include "bench/conform.h"

static bool is_quantized(const edy_graph *graph) {
    for (int32_t i = 0; i < graph->n_nodes; i++)
        if (graph->node[i].op == EDY_OP_QUANTIZE || graph->node[i].op == EDY_OP_DEQUANTIZE ||
            graph->node[i].op == EDY_OP_QLINEARCONV)
            return true;
    return false;
}

static bool same_port(const edy_peer_port *a, const edy_peer_port *b) {
    return a->dtype == b->dtype && a->bytes == b->bytes;
}

/* Both were filled by edy_peer_fill with one seed: the same bytes where the ports are the same. */
static edy_status check_inputs(const edy_peer *own, const edy_peer *other, edy_error *err) {
    const size_t n = edy_peer_input_count(own);
    if (n != edy_peer_input_count(other) ||
        edy_peer_output_count(own) != edy_peer_output_count(other))
        return edy_fail(err, EDY_BAD_FILE, "the engines see other inputs and outputs in the model");
    for (size_t i = 0; i < n; i++) {
        const edy_peer_port a = edy_peer_input(own, i), b = edy_peer_input(other, i);
        if (!same_port(&a, &b) || memcmp(a.data, b.data, a.bytes) != 0)
            return edy_fail(err, EDY_BAD_FILE, "the engines see other values in input \"%.80s\"",
                            a.name);
    }
    return EDY_OK;
}

static void compare_bytes(const edy_peer *own, const edy_peer *other, edy_peer_check *check) {
    size_t bytes = 0, wrong = 0;
    for (size_t o = 0; o < edy_peer_output_count(own); o++) {
        const edy_peer_port a = edy_peer_output(own, o), b = edy_peer_output(other, o);
        bytes += a.bytes;
        if (!same_port(&a, &b)) {
            wrong += a.bytes;
            continue;
        }
        for (size_t i = 0; i < a.bytes; i++)
            wrong += ((const char *)a.data)[i] != ((const char *)b.data)[i];
    }
    check->same = wrong == 0 && bytes > 0;
    snprintf(check->text, sizeof check->text, "%zu of %zu output bytes differ", wrong, bytes);
}

/* Share of the budget against the golden; the reason where it fails. */
static edy_judgement judge(const edy_golden *golden, const edy_peer *peer) {
    edy_result results[EDY_GOLDEN_PORTS];
    const size_t n = edy_peer_output_count(peer);
    for (size_t i = 0; i < n; i++) {
        const edy_peer_port port = edy_peer_output(peer, i);
        results[i] = (edy_result){port.data, port.dtype, port.bytes / edy_dtype_bytes(port.dtype)};
    }
    return edy_judge_output(golden, 0, 1, results, (int32_t)n);
}

static edy_status compare_floats(const edy_graph *graph, const edy_peer *own, const edy_peer *other,
                                 edy_peer_check *check, edy_error *err) {
    const void *inputs[EDY_PEER_PORTS];
    edy_golden *golden = NULL;
    if (edy_peer_output_count(own) > EDY_GOLDEN_PORTS ||
        edy_peer_input_count(own) > EDY_GOLDEN_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED, "the model has more than %d outputs",
                        EDY_GOLDEN_PORTS);
    for (size_t i = 0; i < edy_peer_input_count(own); i++) {
        const edy_peer_port port = edy_peer_input(own, i);
        if (port.shape.rank > 0 && port.shape.dim[0] != 1)
            return edy_fail(err, EDY_UNSUPPORTED, "floats are compared at batch 1 only");
        inputs[i] = port.data;
    }
    const edy_status st = edy_golden_from_oracle(graph, inputs, 1, &golden, err);
    if (st)
        return st;
    const edy_judgement a = judge(golden, own), b = judge(golden, other);
    check->same = a.verdict != EDY_VERDICT_FAIL && b.verdict != EDY_VERDICT_FAIL;
    if (check->same)
        snprintf(check->text, sizeof check->text,
                 "%zu values within the budget of the double run: ours %.2f of it, theirs %.2f",
                 a.compared, a.share, b.share);
    else
        snprintf(check->text, sizeof check->text, "%s: %s",
                 a.verdict == EDY_VERDICT_FAIL ? "ours" : "theirs",
                 a.verdict == EDY_VERDICT_FAIL ? a.reason : b.reason);
    edy_golden_destroy(golden);
    return EDY_OK;
}

edy_status edy_peer_compare(const edy_graph *graph, edy_peer *own, edy_peer *other,
                            edy_peer_check *check, edy_error *err) {
    edy_status st = check_inputs(own, other, err);
    st = st ? st : edy_peer_run(own, err);
    st = st ? st : edy_peer_run(other, err);
    if (st)
        return st;
    if (!is_quantized(graph))
        return compare_floats(graph, own, other, check, err);
    compare_bytes(own, other, check);
    return EDY_OK;
}
