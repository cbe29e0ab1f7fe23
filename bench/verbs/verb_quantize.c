/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno quantize: a float model and calibration images in, an int8 model out, or what a text net's
 * int8 form is made from. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/verbs/verb_common.h"
#include "bench/verbs/verbs.h"
#include "datasets/dataset.h"
#include "datasets/manifest.h"
#include "engine/compress/quantize.h"
#include "engine/compress/ranges_file.h"
#include "engine/export/onnx_export.h"

static const char *const usage[] = {
    "MODEL|WORKLOAD -o OUT.onnx|OUT.ranges --calib DATASET [OPTIONS]", NULL};

static const edy_opt opts[] = {
    {.name = "output",
     .letter = 'o',
     .kind = EDY_OPT_STRING,
     .argument = "OUT.onnx",
     .help = "file to write: QDQ, opset 13; OUT.ranges: the ranges alone"},
    {.name = "calib",
     .kind = EDY_OPT_STRING,
     .argument = "DATASET",
     .help = "images: NAME (its training images), NAME:SPLIT or PATH"},
    {.name = "images",
     .letter = 'n',
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .fallback = "256",
     .low = 1,
     .high = 1000000,
     .help = "how many of them, spread evenly over the dataset"},
    {.name = "preprocess",
     .kind = EDY_OPT_STRING,
     .argument = "K=V,..|FILE",
     .help = "changes to the sidecar, e.g. pad=2; or a .json file"},
    {.name = "threads",
     .letter = 't',
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .fallback = "1",
     .low = 1,
     .high = EDY_MAX_THREADS,
     .help = "threads to run the float model with"},
    {.name = "backend",
     .letter = 'b',
     .kind = EDY_OPT_STRING,
     .argument = "B",
     .fallback = "scalar",
     .help = "the same for backend; scalar: one result on all machines"},
    EDY_ROW_LIMITS,
    EDY_ROW_WORKLOADS_DIR,
    {.name = NULL},
};

typedef struct job {
    edy_catalog catalog;
    const edy_workload *workload;
    const edy_variant *variant;
    edy_graph *graph, *quantized;
    edy_dataset *data;
    edy_threads *pool;
    const edy_backend *backend;
    edy_calibration *calibration;
    uint64_t images;
} job;

static void release(job *j) {
    edy_calibration_destroy(j->calibration);
    edy_graph_destroy(j->quantized);
    edy_dataset_destroy(j->data);
    edy_threads_destroy(j->pool);
    edy_graph_destroy(j->graph);
    edy_catalog_close(&j->catalog);
}

/* "cannot" instead of overwriting the model by its quantized form. */
static edy_status check_output(const edy_args *args, const job *j, edy_error *err) {
    const char *out = edy_args_string(args, "output");
    struct stat a, b;
    if (stat(out, &b) == 0 && stat(j->variant->model_path, &a) == 0 && a.st_dev == b.st_dev &&
        a.st_ino == b.st_ino)
        return edy_fail(err, EDY_BAD_ARGUMENT, "--output %.300s is the model itself", out);
    return EDY_OK;
}

static edy_status read_preprocess(const edy_args *args, const job *j, edy_preprocess *pre,
                                  edy_error *err) {
    const char *given = edy_args_string(args, "preprocess");
    const size_t n = given ? strlen(given) : 0;
    *pre = edy_preprocess_default();
    if (n > 5 && strcmp(given + n - 5, ".json") == 0)
        return edy_preprocess_load(given, pre, err);
    edy_status st = EDY_OK;
    if (j->workload->has_preprocess)
        st = edy_preprocess_load(j->workload->sidecar_path, pre, err);
    return st || !given ? st : edy_preprocess_parse(given, pre, err);
}

/* True where the manifest has training images under that name. */
static bool has_training_split(const char *home, const char *name) {
    char path[EDY_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/manifest.csv", home);
    edy_manifest m;
    if (edy_manifest_read(path, &m, NULL))
        return false;
    bool found = false;
    for (size_t i = 0; i < m.n_rows; i++)
        found = found || (strcmp(m.row[i].name, name) == 0 && strcmp(m.row[i].split, "train") == 0);
    edy_manifest_release(&m);
    return found;
}

/* A dataset's bare name means its training images: a model that is calibrated on test images is
 * judged on what it was fitted to. */
static edy_status open_data(const edy_args *args, job *j, edy_error *err) {
    const char *spec = edy_args_string(args, "calib");
    char home[EDY_PATH_MAX + 16], training[300];
    snprintf(home, sizeof home, "%s/datasets", j->catalog.share);
    snprintf(training, sizeof training, "%.250s:train", spec);
    edy_preprocess pre;
    edy_status st = read_preprocess(args, j, &pre, err);
    if (st)
        return st;
    const edy_dataset_options options = {.preprocess = &pre,
                                         .input_shape = j->graph->value[j->graph->input[0]].shape,
                                         .input_dtype = EDY_F32,
                                         .home_dir = j->catalog.share[0] ? home : NULL};
    if (!j->catalog.share[0] || !has_training_split(home, spec))
        return edy_dataset_open(spec, &options, &j->data, err);
    edy_error inner;
    st = edy_dataset_open(training, &options, &j->data, &inner);
    return st ? edy_fail(err, st,
                         "--calib %s means its training images, and %.260s; --calib NAME:SPLIT or "
                         "a path takes others",
                         spec, inner.message)
              : EDY_OK;
}

static edy_status count_images(const edy_args *args, job *j, edy_error *err) {
    const int64_t have = edy_dataset_count(j->data), want = edy_args_integer(args, "images");
    if (want > have && edy_args_given(args, "images"))
        return edy_fail(err, EDY_BAD_ARGUMENT, "--images %" PRId64 ", but %.200s has only %" PRId64,
                        want, edy_dataset_name(j->data), have);
    j->images = (uint64_t)(want < have ? want : have);
    return EDY_OK;
}

/* Image i of n, evenly over the dataset: folders come sorted by class. */
static edy_status next_image(void *context, uint64_t index, float *out, edy_error *err) {
    const job *j = context;
    const uint64_t count = (uint64_t)edy_dataset_count(j->data);
    return edy_dataset_image(j->data, (int64_t)(index * count / j->images), out, err);
}

static edy_status prepare(const edy_args *args, job *j, edy_error *err) {
    const char *missing = !edy_args_string(args, "output")  ? "--output"
                          : !edy_args_string(args, "calib") ? "--calib"
                                                            : NULL;
    if (missing)
        return edy_fail(err, EDY_BAD_ARGUMENT, "%s is missing", missing);
    edy_status st = edy_verb_backend(args, &j->backend, err);
    st = st ? st : edy_catalog_open(args, &j->catalog, err);
    st = st ? st
            : edy_catalog_graph(&j->catalog, edy_args_operand(args, 0), NULL, &j->workload,
                                &j->variant, &j->graph, err);
    st = st ? st : check_output(args, j, err);
    if (!st && j->graph->n_inputs != 1)
        st = edy_fail(err, EDY_UNSUPPORTED, "%.300s has %d inputs; one can be calibrated",
                      j->variant->model_path, j->graph->n_inputs);
    st = st ? st : open_data(args, j, err);
    st = st ? st : count_images(args, j, err);
    return st ? st
              : edy_threads_create((unsigned)edy_args_integer(args, "threads"), NULL, NULL,
                                   &j->pool, err);
}

static bool is_ranges(const char *path) {
    const size_t n = strlen(path);
    return n > 7 && strcmp(path + n - 7, ".ranges") == 0;
}

static edy_status write_output(const job *j, const char *out, edy_error *err) {
    return is_ranges(out) ? edy_ranges_write(out, j->graph, j->calibration, err)
                          : edy_onnx_export(j->quantized, out, err);
}

static edy_status quantize(job *j, edy_error *err) {
    const edy_calibration_source source = {.next_image = next_image,
                                           .context = j,
                                           .images = j->images,
                                           .threads = j->pool,
                                           .backend = j->backend};
    edy_error inner;
    edy_status st = edy_calibrate(j->graph, &source, &j->calibration, &inner);
    st = st ? st : edy_quantize(j->graph, j->calibration, &j->quantized, &inner);
    return st ? edy_fail(err, st, "%.120s: %.270s", j->variant->model_path, inner.message) : EDY_OK;
}

static long long file_bytes(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 ? (long long)s.st_size : 0;
}

static int run(const edy_args *args) {
    const char *out = edy_args_string(args, "output");
    edy_error err;
    job j = {0};
    edy_status st = prepare(args, &j, &err);
    st = st ? st : quantize(&j, &err);
    st = st ? st : write_output(&j, out, &err);
    if (!st) {
        if (edy_dataset_is_synthetic(j.data))
            fprintf(stderr, "edyno quantize: calibrated with synthetic data; ranges of real images "
                            "will differ\n");
        printf("%s: %lld bytes, from %lld, calibrated with %" PRIu64 " images of %s\n", out,
               file_bytes(out), file_bytes(j.variant->model_path), j.images,
               edy_dataset_name(j.data));
    }
    release(&j);
    return st ? edy_verb_fail(args, &err) : EDY_EXIT_OK;
}

const edy_verb edy_verb_quantize = {
    .name = "quantize",
    .summary = "make an int8 model from a float one and calibration images",
    .usage = usage,
    .example = {"edyno quantize simplecnn -o simplecnn.int8.onnx --calib fashion-mnist:1000",
                "edyno quantize simplecnn -o int8.onnx --calib fashion-mnist:1000 --images 64",
                "edyno quantize ds_cnn_49x10 -o ds_cnn.ranges --calib synthetic --images 4"},
    .opts = opts,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
