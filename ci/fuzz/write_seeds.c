/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Writes ci/fuzz/corpus: small files of every kind that the fuzz targets read, made by edyno's own
 * writers or by hand. write_seeds FOLDER, in which a folder for each target exists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/record.h"
#include "engine/compress/quantize.h"
#include "engine/compress/ranges_file.h"
#include "engine/export/onnx_export.h"
#include "engine/import/tests/tflite_builder.h"
#include "engine/import/text_import.h"

static const char *root;

static const char *path_of(const char *name) {
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

/* A file of a leading byte, where there is one (>= 0), and the rest. */
static void write(const char *name, int first, const void *data, size_t bytes) {
    FILE *f = fopen(path_of(name), "wb");
    if (!f || (first >= 0 && fputc(first, f) == EOF) || fwrite(data, 1, bytes, f) != bytes ||
        fclose(f)) {
        fprintf(stderr, "cannot write %s\n", path_of(name));
        exit(2);
    }
}

static void write_text(const char *name, int first, const char *text) {
    write(name, first, text, strlen(text));
}

static void must(edy_status status, const edy_error *err) {
    if (!status)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(2);
}

/* ---- Models ---------------------------------------------------------------------------------- */

static const char residual[] = "net residual\nseed 3\ninput 2x6x6\n"
                               "block twice channels\n  conv $channels 3x3 relu\n"
                               "  conv $channels 3x3 gain=0.5\n  add in relu\nend\n"
                               "conv 2 1x1\nrepeat 2 twice 2\nglobalavgpool\ndense 3\nsoftmax\n";
static const char branches[] =
    "net branches\ninput 3x8x8\na = conv 4 3x3 stride=2 pad=same leaky=0.1\n"
    "b = depthwise 3x3 relu6\nfrom a\nc = maxpool 3x3 stride=1 pad=1\n"
    "concat b c\navgpool 2x2\ndense 4 relu\n";
static const char ranged[] = "net ranged\ninput 2x6x6\nconv 3 3x3 relu\nmaxpool 2x2\ndense 4\n";

static edy_graph *net(const char *text) {
    edy_graph *graph = NULL;
    edy_error err;
    must(edy_text_import_memory("seed.net", text, strlen(text), NULL, &graph, &err), &err);
    return graph;
}

static edy_status next_image(void *context, uint64_t index, float *out, edy_error *err) {
    (void)context, (void)err;
    for (int i = 0; i < 2 * 6 * 6; i++)
        out[i] = (float)((i * 7 + (int)index * 3) % 11) / 5.0f - 1.0f;
    return EDY_OK;
}

static void write_models(void) {
    edy_graph *a = net(residual), *b = net(branches), *c = net(ranged), *quantized = NULL;
    edy_calibration *calibration = NULL;
    edy_error err;
    const edy_calibration_source source = {
        .next_image = next_image, .images = 2, .backend = edy_backend_at(edy_backend_count() - 1)};
    write_text("text/residual.net", -1, residual);
    write_text("text/branches.net", -1, branches);
    must(edy_onnx_export(a, path_of("onnx/residual.onnx"), &err), &err);
    must(edy_onnx_export(b, path_of("onnx/branches.onnx"), &err), &err);
    must(edy_calibrate(c, &source, &calibration, &err), &err);
    must(edy_ranges_write(path_of("ranges/ranged.ranges"), c, calibration, &err), &err);
    must(edy_quantize(c, calibration, &quantized, &err), &err);
    must(edy_onnx_export(quantized, path_of("onnx/int8.onnx"), &err), &err);
    edy_calibration_destroy(calibration);
    edy_graph_destroy(quantized);
    edy_graph_destroy(a);
    edy_graph_destroy(b);
    edy_graph_destroy(c);
}

/* Dense layer and Softmax, of floats or of int8. */
static void write_tflite(const char *name, bool integer) {
    static const float scale[] = {0.05f, 0.01f, 0.0005f, 0.1f, 1.0f / 256};
    static const int64_t zero[] = {-3, 0, 0, 5, -128};
    static const float real[] = {0.5f, -1, 2, 0.25f, 1, -0.5f, 3, 1, -2, 1, 0, 4};
    static const int8_t whole[] = {5, -10, 20, 2, 10, -5, 30, 10, -20, 10, 0, 40};
    static const int32_t bias[] = {7, -9, 100};
    static uint8_t bytes[8192];
    const int type = integer ? TB_INT8 : TB_FLOAT, wide = integer ? TB_INT32 : TB_FLOAT;
    tb_model m = {0};
    tb_tensor all[] = {
        {.name = "x", .type = type, .rank = 2, .dim = {1, 4}},
        {.name = "w", .type = type, .rank = 2, .dim = {3, 4}, .data = real, .bytes = sizeof real},
        {.name = "b", .type = wide, .rank = 1, .dim = {3}, .data = real, .bytes = sizeof bias},
        {.name = "y", .type = type, .rank = 2, .dim = {1, 3}},
        {.name = "p", .type = type, .rank = 2, .dim = {1, 3}}};
    for (int i = 0; i < 5; i++) {
        if (integer) {
            all[i].n_scales = 1;
            all[i].scale = &scale[i];
            all[i].zero = &zero[i];
        }
        if (integer && i == 1) {
            all[i].data = whole;
            all[i].bytes = sizeof whole;
        }
        if (integer && i == 2)
            all[i].data = bias;
        tb_add_tensor(&m, all[i]);
    }
    tb_op *dense = tb_add_op(&m, TB_DENSE, 8);
    *dense =
        (tb_op){.code = TB_DENSE, .in = {0, 1, 2}, .n_in = 3, .out = {3}, .n_out = 1, .options = 8};
    tb_op *softmax = tb_add_op(&m, TB_SOFTMAX, 9);
    *softmax = (tb_op){.code = TB_SOFTMAX,
                       .in = {3},
                       .n_in = 1,
                       .out = {4},
                       .n_out = 1,
                       .options = 9,
                       .field = {{0, 4, tb_bits(1.0f)}},
                       .n_fields = 1};
    m.in[0] = 0;
    m.out[0] = 4;
    m.n_in = m.n_out = 1;
    write(name, -1, bytes, tb_write(&m, bytes, sizeof bytes));
}

/* ---- Data ------------------------------------------------------------------------------------ */

/* sha256 of 80 zero bytes: what fuzz_goldens.c puts beside the golden. */
#define OF_ZEROS "5b6fb58e61fa475939767d68a446f97f1bff02c0e5935a3ea8bb51e6515783d8"

static void write_data(void) {
    static const uint8_t idx[16 + 2 * 9] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, 9, 200};
    static uint8_t cifar[2 + 3072] = {7, 3, 200};
    write("datasets/images-idx3", 0, idx, sizeof idx);
    write("datasets/cifar10", 1, cifar, 1 + 3072);
    write("datasets/cifar100", 3, cifar, sizeof cifar);
    write_text("datasets/list", 4, "path,label\na.png,3\n\"b, c.png\",0\n");
    write_text("datasets/table", 5, "name,value\none,\"1, 2\"\n");
    write_text("images/gray.pgm", -1, "P2\n3 3\n255\n0 1 2 3 4 5 6 7 255\n");
    write_text("images/colour.ppm", -1, "P6\n2 2\n255\nabcdefghijkl");
    write_text("goldens/golden.json", 0,
               "{\"model_sha256\": \"" OF_ZEROS "\", \"dataset\": \"d\", \"first\": 0, "
               "\"count\": 2, \"output\": {\"file\": \"output.bin\", \"dtype\": \"float64\", "
               "\"shape\": [2, 5], \"sha256\": \"" OF_ZEROS "\"}, "
               "\"reference_error\": {\"numpy_float32_max_abs\": 1e-6}}");
    write_text("goldens/sidecar.json", 1,
               "{\"input_shape\": [1, 28, 28], \"dataset\": \"d\", \"classes\": [\"a\", \"b\"], "
               "\"preprocess\": {\"resize\": [32, 32], \"scale\": 255, \"mean\": [0.5]}}");
    write_text("goldens/preprocess.json", 2,
               "{\"pad\": 2, \"crop\": \"30x30\", \"std\": 0.5, \"channel_order\": \"gray\"}");
    write("goldens/tensor.pb", 3, "\x08\x02\x10\x01\x42\x01x\x4a\x08\0\0\x80?\0\0\0@", 17);
    write_text("goldens/problems.txt", 4,
               "any rows=1..mr channels=1..2tile+1 depth=3 taps=2\n"
               "conv in=1x8x8x3 out=16 kernel=3x3 stride=2x2 pads=1,1,1,1 act=relu6 fill=exact "
               "seed=7 # last\n");
}

static void write_results(void) {
    edy_results *results = NULL;
    edy_record r;
    edy_error err;
    edy_record_init(&r);
    snprintf(r.workload, sizeof r.workload, "seed");
    snprintf(r.variant, sizeof r.variant, "int8");
    snprintf(r.backend, sizeof r.backend, "scalar");
    r.threads = r.batch = 1;
    r.seed = 1;
    r.verdict = EDY_VERDICT_PASS;
    edy_record_set_name(&r);
    edy_record_doubt(&r, "load", "the load average is 3; stop other work");
    must(edy_results_create(&results, &err), &err);
    must(edy_results_add(results, &r, &err), &err);
    results->complete = true;
    FILE *f = fopen(path_of("results/results.json"), "wb");
    if (!f || fputc(0, f) == EOF)
        exit(2);
    must(edy_results_print_json(results, f, &err), &err);
    fclose(f);
    edy_record_clear(&r);
    edy_results_destroy(results);
    write_text("results/ab.json", 1, "{\"kind\": \"ab\", \"schema_version\": 1, \"rows\": []}");
    write_text("results/profile.json", 2, "{\"kind\": \"profile\", \"profiles\": []}");
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    root = argv[1];
    write_models();
    write_tflite("tflite/float.tflite", false);
    write_tflite("tflite/int8.tflite", true);
    write_data();
    write_results();
    return 0;
}
