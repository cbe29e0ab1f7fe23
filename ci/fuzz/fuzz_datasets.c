/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Data sets of one file. The first byte says which reader the rest is for: idx images, plain or
 * gzipped, the three forms of CIFAR, a list, a CSV table, a manifest. */
#include "ci/fuzz/fuzz.h"
#include "datasets/csv_table.h"
#include "datasets/manifest.h"
#include "datasets/source.h"

enum { IDX, CIFAR, LIST = CIFAR + 3, TABLE, MANIFEST, READERS };

static edy_status read_source(int reader, const char *path, edy_error *err) {
    edy_source source = {0};
    edy_image image = {0};
    edy_status st = EDY_OK;
    if (reader == IDX)
        st = edy_idx_read(path, NULL, &source, err);
    else if (reader < LIST)
        st = edy_cifar_read(path, (edy_cifar_kind)(reader - CIFAR), &source, err);
    else
        st = edy_csv_list_read(path, &source, err);
    if (!st && reader < LIST)
        st = edy_source_image(&source, source.count - 1, &image, err);
    edy_image_release(&image);
    edy_source_release(&source);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    edy_csv_table table = {0};
    edy_manifest manifest = {0};
    edy_error err = {0};
    if (size == 0)
        return 0;
    const int reader = data[0] % READERS;
    const char *path = edy_fuzz_file(data + 1, size - 1);
    if (reader < TABLE)
        edy_fuzz_check(read_source(reader, path, &err), &err);
    else if (reader == TABLE)
        edy_fuzz_check(edy_csv_table_read(path, &table, &err), &err);
    else
        edy_fuzz_check(edy_manifest_read(path, &manifest, &err), &err);
    edy_csv_table_release(&table);
    edy_manifest_release(&manifest);
    return 0;
}
