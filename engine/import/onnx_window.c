/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_window.h"

#include <string.h>

#include "engine/import/onnx_attr.h"

edy_status edy_onnx_spatial_axes(edy_onnx_context *c, int32_t most, int32_t *axes) {
    edy_value_id x;
    const edy_status status = edy_onnx_input(c, 0, &x);
    if (status)
        return status;
    const int32_t rank = edy_onnx_value(c, x)->shape.rank;
    *axes = rank - 2;
    if (rank >= 3 && rank - 2 <= most)
        return EDY_OK;
    return edy_onnx_node_fail(c, EDY_UNSUPPORTED,
                              "an input of rank %d; 1-D to %d-D windows (rank 3 to %d) are "
                              "supported",
                              rank, most, most + 2);
}

/* `times` lists of one entry an axis, one after the other. */
static edy_status read_lists(edy_onnx_context *c, const char *name, int32_t axes, int32_t times,
                             int64_t *list, int32_t *n) {
    const edy_status status = edy_onnx_attr_ints(c, name, list, 2 * EDY_MAX_SPATIAL, n);
    if (!status && *n >= 0 && *n != axes * times)
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"%s\" has %d elements, not %d", name,
                                  *n, axes * times);
    return status;
}

edy_status edy_onnx_axis_list(edy_onnx_context *c, const char *name, int32_t axes, int64_t *out,
                              bool *present) {
    int64_t list[2 * EDY_MAX_SPATIAL];
    int32_t n;
    const edy_status status = read_lists(c, name, axes, 1, list, &n);
    *present = !status && n >= 0;
    if (*present)
        memcpy(out, list, (size_t)axes * sizeof *out);
    return status;
}

static edy_status read_pads(edy_onnx_context *c, edy_onnx_window *w) {
    int64_t list[2 * EDY_MAX_SPATIAL];
    int32_t n;
    const edy_status status = read_lists(c, "pads", w->axes, 2, list, &n);
    if (status || n < 0)
        return status;
    memcpy(w->begin, list, (size_t)w->axes * sizeof *list);
    memcpy(w->end, list + w->axes, (size_t)w->axes * sizeof *list);
    return EDY_OK;
}

static edy_status read_auto_pad(edy_onnx_context *c, edy_onnx_window *w) {
    char text[16];
    const edy_status status = edy_onnx_attr_text(c, "auto_pad", "NOTSET", text, sizeof text);
    if (status)
        return status;
    if (strcmp(text, "NOTSET") == 0)
        w->auto_pad = EDY_PAD_EXPLICIT;
    else if (strcmp(text, "SAME_UPPER") == 0)
        w->auto_pad = EDY_PAD_SAME_UPPER;
    else if (strcmp(text, "SAME_LOWER") == 0)
        w->auto_pad = EDY_PAD_SAME_LOWER;
    else if (strcmp(text, "VALID") == 0)
        w->auto_pad = EDY_PAD_VALID;
    else
        return edy_onnx_node_fail(c, EDY_BAD_FILE, "attribute \"auto_pad\" is \"%s\"", text);
    for (int32_t i = 0; i < w->axes && w->auto_pad != EDY_PAD_EXPLICIT; i++)
        if (w->begin[i] || w->end[i])
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "it has both \"auto_pad\" %s and \"pads\"",
                                      text);
    return EDY_OK;
}

edy_status edy_onnx_read_window(edy_onnx_context *c, edy_onnx_window *w) {
    bool present;
    for (int32_t i = 0; i < EDY_MAX_SPATIAL; i++) {
        w->kernel[i] = w->stride[i] = w->dilation[i] = 1;
        w->begin[i] = w->end[i] = 0;
    }
    edy_status status = edy_onnx_axis_list(c, "kernel_shape", w->axes, w->kernel, &w->has_kernel);
    if (!status)
        status = edy_onnx_axis_list(c, "strides", w->axes, w->stride, &present);
    if (!status)
        status = edy_onnx_axis_list(c, "dilations", w->axes, w->dilation, &present);
    if (!status)
        status = read_pads(c, w);
    return status ? status : read_auto_pad(c, w);
}

edy_window edy_onnx_window_2d(const edy_onnx_window *w, int32_t first) {
    edy_window out = {.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    for (int32_t i = first; i < w->axes; i++) {
        const int32_t to = 2 - (w->axes - i);
        out.kernel[to] = w->kernel[i];
        out.stride[to] = w->stride[i];
        out.dilation[to] = w->dilation[i];
        out.pad[to] = w->begin[i];
        out.pad[to + 2] = w->end[i];
    }
    out.auto_pad = w->auto_pad;
    return out;
}
