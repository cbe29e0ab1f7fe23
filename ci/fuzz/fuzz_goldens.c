/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What lies beside a model. The first byte says whether the rest is a golden.json (whose other
 * files are there), a sidecar, a preprocessing, a tensor of a test data set, or problem lines of
 * the kernel walk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/golden.h"
#include "bench/walk/problem.h"
#include "ci/fuzz/fuzz.h"
#include "datasets/preprocess.h"
#include "engine/import/onnx_tensor_file.h"
#include "workloads/sidecar.h"

enum { GOLDEN, SIDECAR, PREPROCESS, TENSOR, PROBLEMS, READERS };

static const char *const names[] = {"model.onnx", "output.bin", "classes.u8", "margins.f32",
                                    "golden.json"};
static char path[64];

static void remove_folder(void) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char file[100];
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        unlink(file);
    }
    rmdir(path);
}

/* A folder that lasts as long as the process, with files of 80 zero bytes. */
static const char *folder(void) {
    static const char zeros[80];
    if (path[0])
        return path;
    strcpy(path, "/tmp/edyno-fuzz-XXXXXX");
    if (!mkdtemp(path))
        abort();
    atexit(remove_folder);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char file[100];
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        FILE *f = fopen(file, "wb");
        if (!f || fwrite(zeros, 1, sizeof zeros, f) != sizeof zeros || fclose(f))
            abort();
    }
    return path;
}

static edy_status read_golden(const uint8_t *data, size_t size, edy_error *err) {
    char model[100], json[100];
    edy_golden *golden = NULL;
    snprintf(model, sizeof model, "%s/model.onnx", folder());
    snprintf(json, sizeof json, "%s/golden.json", folder());
    FILE *f = fopen(json, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f))
        abort();
    const edy_status st = edy_golden_read(folder(), model, &golden, err);
    edy_golden_destroy(golden);
    return st;
}

static edy_status read_tensor(const char *file, edy_error *err) {
    const edy_limits limits = edy_fuzz_limits();
    edy_file_tensor tensor = {0};
    const edy_status st = edy_onnx_tensor_read(file, &limits, &tensor, err);
    if (!st)
        edy_file_tensor_free(&tensor);
    return st;
}

static edy_status read_other(int reader, const char *file, edy_error *err) {
    edy_region region = {0};
    edy_workload workload = {.name = "fuzz"};
    edy_preprocess pre;
    edy_problems problems = {.item = NULL};
    edy_status st = EDY_OK;
    if (reader == SIDECAR)
        st = edy_sidecar_read(file, &region, &workload, err);
    else if (reader == PREPROCESS)
        st = edy_preprocess_load(file, &pre, err);
    else if (reader == TENSOR)
        st = read_tensor(file, err);
    else
        st = edy_problems_read(file, &problems, err);
    edy_problems_free(&problems);
    edy_region_free(&region);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    edy_error err = {0};
    if (size == 0)
        return 0;
    const int reader = data[0] % READERS;
    edy_fuzz_check(reader == GOLDEN ? read_golden(data + 1, size - 1, &err)
                                    : read_other(reader, edy_fuzz_file(data + 1, size - 1), &err),
                   &err);
    return 0;
}
