/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/dataset.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/dataset_internal.h"
#include "datasets/sha256.h"

void edy_dataset_destroy(edy_dataset *dataset) {
    if (!dataset)
        return;
    edy_source_release(&dataset->source);
    edy_manifest_release(&dataset->manifest);
    free(dataset->name);
    free(dataset->path);
    free(dataset->labels_path);
    free(dataset);
}

int64_t edy_dataset_count(const edy_dataset *dataset) {
    return dataset->synthetic ? dataset->synthetic_count : dataset->source.count;
}

const char *edy_dataset_name(const edy_dataset *dataset) {
    return dataset->name;
}

const char *edy_dataset_source(const edy_dataset *dataset) {
    return dataset->path ? dataset->path : "";
}

bool edy_dataset_is_synthetic(const edy_dataset *dataset) {
    return dataset->synthetic;
}

bool edy_dataset_has_labels(const edy_dataset *dataset) {
    return dataset->source.label != NULL;
}

int32_t edy_dataset_class_count(const edy_dataset *dataset) {
    return dataset->source.n_classes;
}

const char *edy_dataset_class_name(const edy_dataset *dataset, int32_t index) {
    return index >= 0 && index < dataset->source.n_names ? dataset->source.class_name[index] : NULL;
}

int32_t edy_dataset_label(const edy_dataset *dataset, int64_t index) {
    assert(index >= 0 && index < edy_dataset_count(dataset));
    return dataset->source.label ? dataset->source.label[index] : -1;
}

size_t edy_dataset_input_bytes(const edy_dataset *dataset) {
    return dataset->input_elems * edy_dtype_bytes(dataset->input_dtype);
}

/* [H][W][C] bytes to [C][H][W], of u8 or of s8: xor 0x80 is minus 128. */
static void put_bytes(const edy_image *image, uint8_t flip, uint8_t *out) {
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    for (int32_t c = 0; c < image->channels; c++)
        for (size_t i = 0; i < pixels; i++)
            *out++ = image->pixel[i * (size_t)image->channels + (size_t)c] ^ flip;
}

/* What messages about image `index` begin with: its file, or the data set and the number. */
static void describe(const edy_dataset *dataset, int64_t index, char text[EDY_DESCRIBE_MAX]) {
    if (dataset->source.path)
        snprintf(text, EDY_DESCRIBE_MAX, "%s", dataset->source.path[index]);
    else
        snprintf(text, EDY_DESCRIBE_MAX, "%s: image %" PRId64, dataset->name, index);
}

edy_status edy_dataset_input(edy_dataset *dataset, int64_t index, void *out, edy_error *err) {
    assert(index >= 0 && index < edy_dataset_count(dataset));
    if (dataset->synthetic) {
        edy_synthetic_fill(dataset->seed, 0, (uint64_t)index, dataset->distribution,
                           dataset->input_dtype, dataset->input_elems, out);
        return EDY_OK;
    }
    edy_image raw = {0}, fitted = {0};
    char where[EDY_DESCRIBE_MAX];
    describe(dataset, index, where);
    edy_status status = edy_source_image(&dataset->source, index, &raw, err);
    if (status)
        return status;
    status = edy_preprocess_check(&dataset->pre, raw.width, raw.height, dataset->c, dataset->h,
                                  dataset->w, where, err);
    if (status == EDY_OK)
        status = edy_preprocess_pixels(&dataset->pre, &raw, dataset->c, &fitted, err);
    edy_image_release(&raw);
    if (status)
        return status;
    if (dataset->input_dtype == EDY_F32)
        edy_preprocess_normalise(&dataset->pre, &fitted, out);
    else
        put_bytes(&fitted, dataset->input_dtype == EDY_S8 ? 0x80 : 0, out);
    edy_image_release(&fitted);
    return EDY_OK;
}

edy_status edy_dataset_image(edy_dataset *dataset, int64_t index, float *out, edy_error *err) {
    assert(dataset->input_dtype == EDY_F32);
    return edy_dataset_input(dataset, index, out, err);
}

edy_status edy_dataset_sha256(const edy_dataset *dataset, char hex[65], edy_error *err) {
    hex[0] = '\0';
    if (dataset->synthetic)
        return EDY_OK;
    const edy_source *source = &dataset->source;
    if (!source->path)
        return edy_sha256_file(dataset->path, hex, err);
    edy_sha256 all;
    edy_sha256_begin(&all);
    for (int64_t i = 0; i < source->count; i++) {
        char one[65];
        const edy_status status = edy_sha256_file(source->path[i], one, err);
        if (status)
            return status;
        edy_sha256_add(&all, one, 64);
        edy_sha256_add(&all, "  ", 2);
        edy_sha256_add(&all, source->name[i], strlen(source->name[i]));
        edy_sha256_add(&all, "\n", 1);
    }
    edy_sha256_end(&all, hex);
    return EDY_OK;
}

static edy_status verify_file(const char *path, const char *expected, edy_error *err) {
    char hex[65];
    const edy_status status = edy_sha256_file(path, hex, err);
    if (status)
        return status;
    if (strcmp(hex, expected) != 0)
        return edy_fail(err, EDY_BAD_FILE, "%s: sha256 is %s, the manifest has %s", path, hex,
                        expected);
    return EDY_OK;
}

edy_status edy_dataset_verify(const edy_dataset *dataset, edy_error *err) {
    const edy_manifest_row *row = dataset->row;
    if (!row)
        return edy_fail(err, EDY_BAD_ARGUMENT, "%s: has no row in the manifest", dataset->name);
    if (dataset->source.count != row->count)
        return edy_fail(err, EDY_BAD_FILE,
                        "%s: holds %" PRId64 " images, the manifest has %" PRId64, dataset->path,
                        dataset->source.count, row->count);
    const edy_status status = verify_file(dataset->path, row->images_sha256, err);
    return status ? status : verify_file(dataset->labels_path, row->labels_sha256, err);
}
