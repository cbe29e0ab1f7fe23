/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "workloads/model_load.h"

#include <string.h>

#include "engine/compress/quantize.h"
#include "engine/compress/ranges_file.h"
#include "engine/import/onnx_import.h"
#include "engine/import/text_import.h"
#include "engine/import/tflite_import.h"

bool edy_is_text_net(const char *path) {
    const size_t n = strlen(path);
    return n > 4 && (strcmp(path + n - 4, ".net") == 0 || strcmp(path + n - 4, ".txt") == 0);
}

/* *graph becomes its quantized form, which keeps what it shares with the float one. */
static edy_status quantize(const edy_variant *variant, edy_graph **graph, edy_error *err) {
    edy_calibration *calibration = NULL;
    edy_graph *quantized = NULL;
    edy_error inner;
    edy_status status =
        edy_ranges_read(variant->ranges_path, *graph, variant->limits, &calibration, err);
    if (!status) {
        status = edy_quantize(*graph, calibration, &quantized, &inner);
        if (status)
            edy_fail(err, status, "%.200s: %s", variant->ranges_path, inner.message);
    }
    edy_calibration_destroy(calibration);
    if (status)
        return status;
    edy_graph_adopt(quantized, *graph);
    *graph = quantized;
    return EDY_OK;
}

static bool is_tflite_path(const char *path) {
    const size_t n = strlen(path);
    return n > 7 && strcmp(path + n - 7, ".tflite") == 0;
}

edy_status edy_variant_load(const edy_variant *variant, edy_graph **graph, edy_error *err) {
    *graph = NULL;
    const char *path = variant->model_path;
    const edy_limits *limits = variant->limits;
    edy_status status = edy_is_text_net(path)  ? edy_text_import(path, limits, graph, err)
                        : is_tflite_path(path) ? edy_tflite_import(path, limits, graph, err)
                                               : edy_onnx_import(path, limits, graph, err);
    if (!status && variant->ranges_path)
        status = quantize(variant, graph, err);
    if (status) {
        edy_graph_destroy(*graph);
        *graph = NULL;
    }
    return status;
}
