/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Goldens with a fault, for the reader of golden folders. */
#include <string.h>

#include "bench/golden.h"
#include "bench/selftest/selftest.h"
#include "datasets/sha256.h"

enum {
    TRUNCATED,
    FLIPPED,
    GONE,
    OTHER_MODEL,
    NO_SHA,
    OTHER_COUNT,
    ENDLESS_BUDGET,
    NO_BUDGET,
    CUT_JSON
};

enum { SAMPLES = 2, LOGITS = 5, JSON_BYTES = 2000 };

static void hash(const void *data, size_t bytes, char hex[65]) {
    edy_sha256 h;
    edy_sha256_begin(&h);
    edy_sha256_add(&h, data, bytes);
    edy_sha256_end(&h, hex);
}

static int write_json(int kind, const char *model_hash, const char *output_hash,
                      char json[JSON_BYTES]) {
    const char *budget = kind == ENDLESS_BUDGET ? "1e999" : kind == NO_BUDGET ? "0" : "1e-6";
    return snprintf(json, JSON_BYTES,
                    "{\"model_sha256\": \"%s\", \"dataset\": \"selftest\", \"first\": 0,"
                    " \"count\": %d, \"output\": {\"file\": \"output.bin\", \"dtype\": \"float64\","
                    " \"shape\": [%d, %d]%s%s%s},"
                    " \"reference_error\": {\"numpy_float32_max_abs\": %s}}",
                    model_hash, kind == OTHER_COUNT ? SAMPLES + 1 : SAMPLES, SAMPLES, LOGITS,
                    kind == NO_SHA ? "" : ", \"sha256\": \"", kind == NO_SHA ? "" : output_hash,
                    kind == NO_SHA ? "" : "\"", budget);
}

static void ask(const edy_fault *fault, const char *folder, bool harmed, edy_gate_answer *answer) {
    const int kind = harmed ? fault->kind : -1;
    double output[SAMPLES * LOGITS] = {0.5, 1, -2, 4, 0, 3, -1, 2, 0.25, 7};
    char path[EDY_FAULT_PATH], model[EDY_FAULT_PATH], model_hash[65], output_hash[65];
    char json[JSON_BYTES];
    const char *network = "a model file, as good as any to be hashed";
    edy_golden *golden = NULL;
    edy_error err;
    hash(network, strlen(network), model_hash);
    hash(output, sizeof output, output_hash);
    int json_bytes = write_json(kind, model_hash, output_hash, json);
    json_bytes = kind == CUT_JSON ? json_bytes / 2 : json_bytes;
    if (kind == OTHER_MODEL)
        network = "a model file that was trained again later";
    if (kind == FLIPPED)
        output[7] += 1e-9;
    edy_fault_write(answer, edy_fault_path(folder, "model.onnx", model), network, strlen(network));
    edy_fault_write(answer, edy_fault_path(folder, "golden.json", path), json, (size_t)json_bytes);
    if (kind != GONE)
        edy_fault_write(answer, edy_fault_path(folder, "output.bin", path), output,
                        kind == TRUNCATED ? sizeof output - 8 : sizeof output);
    if (edy_golden_read(folder, model, &golden, &err))
        edy_gate_fires(answer, "%s", err.message + strlen(folder) + 1);
    edy_golden_destroy(golden);
}

#define GOLDEN "golden reader"
const edy_fault edy_faults_golden[] = {
    {"truncated-golden", GOLDEN, "holds less than the 80 bytes", ask, TRUNCATED, NULL},
    {"golden-bit-flipped", GOLDEN, "output.bin: sha256 is", ask, FLIPPED, NULL},
    {"golden-file-gone", GOLDEN, "output.bin: cannot be opened", ask, GONE, NULL},
    {"golden-of-another-model", GOLDEN, "made for a model with sha256", ask, OTHER_MODEL, NULL},
    {"golden-without-hash", GOLDEN, "has no sha256", ask, NO_SHA, NULL},
    {"golden-of-another-count", GOLDEN, "\"output.shape\"", ask, OTHER_COUNT, NULL},
    {"budget-without-end", GOLDEN, "a number above 0", ask, ENDLESS_BUDGET, NULL},
    {"budget-of-nothing", GOLDEN, "a number above 0", ask, NO_BUDGET, NULL},
    {"golden-json-cut", GOLDEN, "golden.json", ask, CUT_JSON, NULL},
    {.name = NULL}};
