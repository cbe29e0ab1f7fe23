/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/op.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

const edy_value *edy_node_in(const edy_graph *g, const edy_node *n, int32_t i) {
    if (i >= n->n_inputs || n->input[i] == EDY_NO_VALUE)
        return NULL;
    return &g->value[n->input[i]];
}

int32_t edy_overwrites_first(const edy_graph *g, const edy_node *n) {
    (void)g;
    (void)n;
    return 0;
}

edy_value *edy_node_out(edy_graph *g, const edy_node *n, int32_t i) {
    assert(i < n->n_outputs);
    return &g->value[n->output[i]];
}

void *edy_planner_packed(edy_planner *p, edy_step *step, size_t bytes) {
    p->packed_bytes += bytes;
    step->packed_bytes += bytes;
    return edy_region_alloc(p->region, bytes);
}

void *edy_planner_indirection(edy_planner *p, size_t bytes) {
    p->indirection_bytes += bytes;
    return edy_region_alloc(p->region, bytes);
}

const char *edy_planner_name(edy_planner *p, const char *family, bool inherited) {
    char name[64];
    snprintf(name, sizeof name, "%s__%s", family, inherited ? "scalar" : p->backend);
    return edy_region_string(p->region, name);
}

/* Where a bound of the activation falls on the output's integer grid; infinite bounds saturate. */
static int32_t quantize_bound(float bound, float scale, int32_t zero_point, edy_rule rule) {
    const float q = bound / scale + (float)zero_point;
    if (!(q > -128.0f))
        return -128;
    if (q > 127.0f)
        return 127;
    if (rule == EDY_RULE_TFLITE)
        return (int32_t)roundf(bound / scale) + zero_point;
    return edy_rne(bound / scale) + zero_point;
}

void edy_node_s8_output(const edy_graph *g, const edy_node *n, int32_t *zero_point, int32_t *low,
                        int32_t *high) {
    const edy_quant *q = &g->value[n->output[0]].quant;
    assert(q->count == 1);
    *zero_point = q->zero_point[0];
    *low = edy_clamp_s32(quantize_bound(n->act_min, q->scale[0], *zero_point, n->rule), -128, 127);
    *high = edy_clamp_s32(quantize_bound(n->act_max, q->scale[0], *zero_point, n->rule), -128, 127);
    if (*low > *high)
        *low = *high;
}

/* ONNX: SAME pads so that out = ceil(in / stride), the odd one at the end (UPPER) or start (LOWER).
 */
static void same_pad(const edy_window *w, int axis, int64_t in, int64_t *begin, int64_t *end) {
    const int64_t out = (in + w->stride[axis] - 1) / w->stride[axis];
    const int64_t span = (w->kernel[axis] - 1) * w->dilation[axis] + 1;
    int64_t total = (out - 1) * w->stride[axis] + span - in;
    total = total > 0 ? total : 0;
    *begin = w->auto_pad == EDY_PAD_SAME_UPPER ? total / 2 : total - total / 2;
    *end = total - *begin;
}

static edy_status check_window(const edy_window *w, edy_error *err) {
    const int64_t most = 1 << 20;
    for (int i = 0; i < 2; i++) {
        if (w->kernel[i] < 1 || w->kernel[i] > most)
            return edy_fail(err, EDY_BAD_FILE, "kernel extent %" PRId64 " is not in 1..%" PRId64,
                            w->kernel[i], most);
        if (w->stride[i] < 1 || w->stride[i] > most)
            return edy_fail(err, EDY_BAD_FILE, "stride %" PRId64 " is not in 1..%" PRId64,
                            w->stride[i], most);
        if (w->dilation[i] < 1 || w->dilation[i] > most)
            return edy_fail(err, EDY_BAD_FILE, "dilation %" PRId64 " is not in 1..%" PRId64,
                            w->dilation[i], most);
    }
    for (int i = 0; i < 4; i++)
        if (w->pad[i] < 0 || w->pad[i] > most)
            return edy_fail(err, EDY_BAD_FILE, "pad %" PRId64 " is not in 0..%" PRId64, w->pad[i],
                            most);
    return EDY_OK;
}

/* ONNX's ConvTranspose: pads that give a wanted size are split with the odd one at the end for
 * SAME_UPPER, else at the start; a size that no padding gives has more outputs at the end. */
static edy_status resolve_transposed(edy_window *w, int i, int64_t in, int64_t *out,
                                     edy_error *err) {
    const int64_t most = 1 << 20, span = (w->kernel[i] - 1) * w->dilation[i] + 1;
    if (w->output_pad[i] < 0 || w->output_pad[i] > most)
        return edy_fail(err, EDY_BAD_FILE, "output padding %" PRId64 " is not in 0..%" PRId64,
                        w->output_pad[i], most);
    if (in < 1 || in > INT32_MAX || w->output_size[i] < 0 || w->output_size[i] > INT32_MAX)
        return edy_fail(err, EDY_BAD_FILE, "%" PRId64 " outputs of %" PRId64 " inputs",
                        w->output_size[i], in);
    const int64_t whole = w->stride[i] * (in - 1) + span + w->output_pad[i];
    const bool same = w->auto_pad == EDY_PAD_SAME_UPPER || w->auto_pad == EDY_PAD_SAME_LOWER;
    *out = w->output_size[i] ? w->output_size[i] : same ? in * w->stride[i] : 0;
    if (*out) {
        const int64_t total = whole > *out ? whole - *out : 0;
        w->pad[i] = w->auto_pad == EDY_PAD_SAME_UPPER ? total / 2 : total - total / 2;
        w->pad[i + 2] = total - w->pad[i];
        return EDY_OK;
    }
    if (w->auto_pad == EDY_PAD_VALID)
        w->pad[i] = w->pad[i + 2] = 0;
    *out = whole - w->pad[i] - w->pad[i + 2];
    if (*out < 1)
        return edy_fail(err, EDY_BAD_FILE, "pads of %" PRId64 " and %" PRId64 " leave no output",
                        w->pad[i], w->pad[i + 2]);
    return EDY_OK;
}

edy_status edy_window_resolve(edy_window *w, int64_t in_h, int64_t in_w, int64_t *out_h,
                              int64_t *out_w, edy_error *err) {
    const edy_status status = check_window(w, err);
    if (status)
        return status;
    const int64_t in[2] = {in_h, in_w};
    int64_t out[2];
    for (int i = 0; i < 2; i++) {
        if (w->transposed) {
            const edy_status transposed = resolve_transposed(w, i, in[i], &out[i], err);
            if (transposed)
                return transposed;
            continue;
        }
        if (w->auto_pad == EDY_PAD_VALID)
            w->pad[i] = w->pad[i + 2] = 0;
        else if (w->auto_pad != EDY_PAD_EXPLICIT)
            same_pad(w, i, in[i], &w->pad[i], &w->pad[i + 2]);
        const int64_t span = (w->kernel[i] - 1) * w->dilation[i] + 1;
        const int64_t padded = in[i] + w->pad[i] + w->pad[i + 2];
        if (in[i] < 1 || padded < span)
            return edy_fail(err, EDY_BAD_FILE,
                            "window of %" PRId64 " does not fit the padded input extent %" PRId64,
                            span, padded);
        const int64_t slack = padded - span;
        out[i] = slack / w->stride[i] + 1;
        /* ceil_mode adds a window only if it begins inside the input or the padding before it. */
        if (w->ceil_mode && slack % w->stride[i] != 0 && out[i] * w->stride[i] < in[i] + w->pad[i])
            out[i]++;
    }
    *out_h = out[0];
    *out_w = out[1];
    return EDY_OK;
}
