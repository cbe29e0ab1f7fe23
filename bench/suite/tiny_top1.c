/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Top-1 on images of CIFAR-10. */
#include <stdlib.h>
#include <string.h>

#include "bench/suite/tiny_job.h"
#include "engine/import/tflite_import.h"

enum { PIXELS = 32 * 32 * 3, RECORD = 1 + PIXELS, BATCH = 10, CLASSES = 10 };

/* What TensorFlow Lite Micro's reference kernels count on test1000.bin, images that come from JPEG
 * copies: below what the originals give. The target is MLPerf Tiny's, for 200 originals. */
static const struct {
    const char *model;
    size_t right;
    const char *target;
} expectation[] = {
    {"pretrainedResnet.tflite", 762, "85 %"},
    {"pretrainedResnet_quant.tflite", 764, "85 %"},
    {"pretrainedResnet_large_float.tflite", 801, ""},
    {"pretrainedResnet_large_int8.tflite", 802, ""},
};

bool edy_tiny_top1_expected(const char *model, size_t *expected, const char **target) {
    for (size_t i = 0; i < sizeof expectation / sizeof expectation[0]; i++)
        if (strcmp(model, expectation[i].model) == 0) {
            *expected = expectation[i].right;
            *target = expectation[i].target;
            return true;
        }
    return false;
}

static void load(const uint8_t *pixels, edy_dtype dtype, size_t image, void *input) {
    for (size_t i = 0; i < PIXELS; i++)
        if (dtype == EDY_F32)
            ((float *)input)[image * PIXELS + i] = (float)pixels[i];
        else
            ((int8_t *)input)[image * PIXELS + i] = (int8_t)(pixels[i] - 128);
}

static edy_status check_ports(const edy_plan *plan, const char *path, edy_error *err) {
    const edy_plan_port *in = edy_plan_input(plan, 0), *out = edy_plan_output(plan, 0);
    if (edy_shape_count(&in->shape) == BATCH * PIXELS &&
        edy_shape_count(&out->shape) == BATCH * CLASSES &&
        (in->dtype == EDY_F32 || in->dtype == EDY_S8) && out->dtype == in->dtype)
        return EDY_OK;
    return edy_fail(err, EDY_BAD_FILE, "%.300s: is no classifier of 32x32 pixels", path);
}

static void classify(edy_plan *plan, const uint8_t *records, size_t n, void *in, void *out,
                     edy_tiny_top1 *t) {
    const edy_dtype dtype = edy_plan_output(plan, 0)->dtype;
    for (size_t first = 0; first < n; first += BATCH) {
        const size_t count = n - first < BATCH ? n - first : BATCH;
        for (size_t i = 0; i < count; i++)
            load(records + (first + i) * RECORD + 1, dtype, i, in);
        edy_plan_run(plan, (const void *[]){in}, (void *[]){out});
        for (size_t i = 0; i < count; i++)
            t->right += edy_argmax(dtype, (const char *)out + i * CLASSES * edy_dtype_bytes(dtype),
                                   CLASSES) == records[(first + i) * RECORD];
    }
    t->images = n;
}

edy_status edy_tiny_top1_run(const char *path, const char *cifar, edy_tiny_top1 *t,
                             edy_error *err) {
    edy_graph *g = NULL;
    edy_plan *plan = NULL;
    void *records = NULL, *in = NULL, *out = NULL;
    size_t size = 0;
    edy_status st = edy_tiny_read_file(cifar, "", &records, &size, err);
    if (!st && size % RECORD != 0)
        st = edy_fail(err, EDY_BAD_FILE, "%.300s: has %zu bytes, no multiple of %d", cifar, size,
                      RECORD);
    if (!st)
        st = edy_tflite_import(path, NULL, &g, err);
    const edy_plan_options options = {.backend = t->backend, .batch = BATCH};
    if (!st)
        st = edy_plan_create(g, &options, &plan, err);
    if (!st)
        st = check_ports(plan, path, err);
    if (!st) {
        in = calloc(1, edy_plan_input(plan, 0)->bytes);
        out = calloc(1, edy_plan_output(plan, 0)->bytes);
        if (!in || !out)
            st = edy_fail(err, EDY_NO_MEMORY, "out of memory for a batch");
        else
            classify(plan, records, size / RECORD, in, out, t);
    }
    free(in);
    free(out);
    free(records);
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
    return st;
}
