/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The binary version of CIFAR-10 and CIFAR-100 (cs.toronto.edu/~kriz/cifar.html): records of one
 * label byte, or a coarse and a fine one, and 3 planes of 32x32 bytes: red, green, blue. */
#include <stdlib.h>

#include "datasets/source.h"

enum { SIDE = 32, PIXEL_BYTES = 3 * SIDE * SIDE };

static const char *const cifar10_classes[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                              "dog",      "frog",       "horse", "ship", "truck"};

edy_status edy_cifar_read(const char *path, edy_cifar_kind kind, edy_source *source,
                          edy_error *err) {
    const size_t record = kind == EDY_CIFAR100 ? EDY_CIFAR100_RECORD : EDY_CIFAR10_RECORD;
    const int32_t classes = kind == EDY_CIFAR100 ? 100 : 10;
    size_t size = 0;
    edy_status status = edy_read_file(path, EDY_DATASET_MAX_BYTES, &source->bytes, &size, err);
    if (status)
        goto fail;
    if (size == 0 || size % record != 0) {
        status = edy_fail(err, EDY_BAD_FILE, "%s: %zu bytes are not whole records of %zu", path,
                          size, record);
        goto fail;
    }
    source->count = (int64_t)(size / record);
    source->record_bytes = record;
    source->pixel_offset = record - PIXEL_BYTES;
    source->width = source->height = SIDE;
    source->channels = 3;
    source->planar = kind != EDY_CIFAR10_HWC;
    source->label = malloc((size_t)source->count * sizeof *source->label);
    if (!source->label) {
        status = edy_fail(err, EDY_NO_MEMORY, "%s: no memory for its labels", path);
        goto fail;
    }
    for (int64_t i = 0; i < source->count; i++) {
        const uint8_t label = source->bytes[(size_t)i * record + source->pixel_offset - 1];
        if (label >= classes) {
            status = edy_fail(err, EDY_BAD_FILE, "%s: label of record %lld is %u, must be 0..%d",
                              path, (long long)i, label, classes - 1);
            goto fail;
        }
        source->label[i] = label;
    }
    if (kind != EDY_CIFAR100 &&
        (status = edy_source_set_names(source, cifar10_classes, classes, err)))
        goto fail;
    edy_source_count_classes(source);
    return EDY_OK;
fail:
    edy_source_release(source);
    return status;
}
