/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* From the words of a spec to a source. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "datasets/dataset_internal.h"
#include "datasets/image_file.h"

enum { SYNTHETIC_COUNT = 1024, SYNTHETIC_MOST = 1000000000, KNOWN_MAX = 200 };

typedef enum kind {
    KIND_IDX,
    KIND_CIFAR10,
    KIND_CIFAR100,
    KIND_CIFAR_HWC,
    KIND_FOLDER,
    KIND_CSV,
    KIND_IMAGE,
    N_KINDS
} kind;

static const char *const kind_word[N_KINDS] = {"idx",    "cifar10", "cifar100", "cifar-hwc",
                                               "folder", "csv",     "image"};

/* "word:rest" -> rest; NULL where text does not begin so. */
static const char *after_word(const char *text, const char *word) {
    const size_t n = strlen(word);
    return strncmp(text, word, n) == 0 && text[n] == ':' ? text + n + 1 : NULL;
}

static edy_status no_memory(const char *spec, edy_error *err) {
    return edy_fail(err, EDY_NO_MEMORY, "%s: no memory to open it", spec);
}

/* The model's side: shape and dtype of one input. */
static edy_status take_input(const char *spec, const edy_dataset_options *options,
                             edy_dataset *dataset, edy_error *err) {
    edy_shape shape = options->input_shape;
    if (shape.rank > 0)
        shape.dim[0] = 1;
    dataset->input_dtype = options->input_dtype == EDY_NONE ? EDY_F32 : options->input_dtype;
    const edy_status status = edy_shape_elems(&shape, &dataset->input_elems, err);
    if (status || dataset->synthetic)
        return status;

    char text[100];
    edy_shape_text(&shape, text, sizeof text);
    if (shape.rank != 4 || shape.dim[1] > 3 || shape.dim[2] > EDY_IMAGE_MAX_SIDE ||
        shape.dim[3] > EDY_IMAGE_MAX_SIDE || dataset->input_elems == 0)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "%s: images need a model input of 1xCxHxW with C = 1 or 3, this one is %s",
                        spec, text);
    if (dataset->input_dtype != EDY_F32 && dataset->input_dtype != EDY_U8 &&
        dataset->input_dtype != EDY_S8)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "%s: images cannot feed a model input of %s, only of float32, uint8, int8",
                        spec, edy_dtype_text(dataset->input_dtype));
    dataset->c = (int32_t)shape.dim[1];
    dataset->h = (int32_t)shape.dim[2];
    dataset->w = (int32_t)shape.dim[3];
    return EDY_OK;
}

/* "synthetic", then in this order, each optional: ":uniform" or ":normal", ":N". */
static edy_status open_synthetic(const char *spec, edy_dataset *dataset, edy_error *err) {
    const char *at = spec + strlen("synthetic");
    const char *word = "uniform";
    dataset->synthetic_count = SYNTHETIC_COUNT;
    if (strncmp(at, ":normal", 7) == 0 && (at[7] == '\0' || at[7] == ':')) {
        dataset->distribution = EDY_NORMAL;
        word = "normal";
        at += 7;
    } else if (strncmp(at, ":uniform", 8) == 0 && (at[8] == '\0' || at[8] == ':')) {
        at += 8;
    }
    if (*at != '\0') {
        char *end;
        errno = 0;
        const long long n = at[1] >= '0' && at[1] <= '9' ? strtoll(at + 1, &end, 10) : 0;
        if (n < 1 || n > SYNTHETIC_MOST || *end != '\0')
            return edy_fail(err, EDY_BAD_ARGUMENT,
                            "%s: must be synthetic, synthetic:normal or synthetic:N with N in "
                            "1..1000000000",
                            spec);
        dataset->synthetic_count = n;
    }
    char name[40];
    snprintf(name, sizeof name, "synthetic:%s", word);
    dataset->name = strdup(name);
    return dataset->name ? EDY_OK : no_memory(spec, err);
}

/* Splits "a|b|c" into class names. */
static edy_status take_classes(const char *classes, edy_source *source, edy_error *err) {
    if (classes[0] == '\0')
        return EDY_OK;
    char *copy = strdup(classes);
    const char *name[256];
    int32_t n = 0;
    char *rest = NULL;
    for (char *word = copy ? strtok_r(copy, "|", &rest) : NULL; word && n < 256;
         word = strtok_r(NULL, "|", &rest))
        name[n++] = word;
    const edy_status status =
        copy ? edy_source_set_names(source, name, n, err) : no_memory(classes, err);
    free(copy);
    edy_source_count_classes(source);
    return status;
}

static edy_status open_row(const edy_manifest_row *row, const char *images, const char *labels,
                           edy_dataset *dataset, edy_error *err) {
    char name[KNOWN_MAX];
    snprintf(name, sizeof name, "%s:%s", row->name, row->split);
    dataset->name = strdup(name);
    dataset->path = strdup(images);
    dataset->labels_path = strdup(labels);
    if (!dataset->name || !dataset->path || !dataset->labels_path)
        return no_memory(name, err);
    dataset->row = row;
    const edy_status status = edy_idx_read(images, labels, &dataset->source, err);
    return status ? status : take_classes(row->classes, &dataset->source, err);
}

/* Tries the rows of the manifest that spec names. *known: whether there is any; where there is
 * none, words holds the names that there are. */
static edy_status open_named(const char *spec, const edy_dataset_options *options,
                             edy_dataset *dataset, bool *known, char words[KNOWN_MAX],
                             edy_error *err) {
    char path[EDY_MANIFEST_PATH_MAX], images[EDY_MANIFEST_PATH_MAX] = "";
    char labels[EDY_MANIFEST_PATH_MAX];
    *known = false;
    words[0] = '\0';
    if (!options->home_dir || strchr(spec, '/'))
        return EDY_OK;
    snprintf(path, sizeof path, "%s/manifest.csv", options->home_dir);
    edy_status status = edy_manifest_read(path, &dataset->manifest, err);
    if (status)
        return status;
    for (size_t i = 0; i < dataset->manifest.n_rows; i++) {
        const edy_manifest_row *row = &dataset->manifest.row[i];
        const char *split = after_word(spec, row->name);
        const size_t used = strlen(words);
        snprintf(words + used, KNOWN_MAX - used, "%s:%s, ", row->name, row->split);
        if (strcmp(spec, row->name) != 0 && !(split && strcmp(split, row->split) == 0))
            continue;
        *known = true;
        if (edy_manifest_find(row, row->images, options->data_dir, options->home_dir, images) &&
            edy_manifest_find(row, row->labels, options->data_dir, options->home_dir, labels))
            return open_row(row, images, labels, dataset, err);
    }
    if (*known)
        return edy_fail(err, EDY_IO, "%s: its files are not here; %s is the last place tried", spec,
                        images);
    return EDY_OK;
}

/* What a file is, by its name and first bytes. */
static edy_status detect(const char *path, const struct stat *info, kind *found, edy_error *err) {
    const char *dot = strrchr(path, '.');
    if (S_ISDIR(info->st_mode))
        return *found = KIND_FOLDER, EDY_OK;
    if (dot && strcasecmp(dot, ".csv") == 0)
        return *found = KIND_CSV, EDY_OK;
    if (edy_image_has_suffix(path))
        return *found = KIND_IMAGE, EDY_OK;
    FILE *file = fopen(path, "rb");
    uint8_t head[4] = {0};
    if (!file)
        return edy_fail(err, EDY_IO, "%s: %s", path, strerror(errno));
    const size_t n = fread(head, 1, sizeof head, file);
    fclose(file);
    static const uint8_t gzip[] = {0x1f, 0x8b}, idx[] = {0, 0, 8, 3};
    if (strstr(path, "idx") || (n >= 2 && memcmp(head, gzip, sizeof gzip) == 0) ||
        (n == 4 && memcmp(head, idx, sizeof idx) == 0))
        return *found = KIND_IDX, EDY_OK;
    const bool ten = info->st_size > 0 && info->st_size % EDY_CIFAR10_RECORD == 0;
    const bool hundred = info->st_size > 0 && info->st_size % EDY_CIFAR100_RECORD == 0;
    if (ten && hundred)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "%s: could be CIFAR-10 or CIFAR-100; write cifar10:%s or cifar100:%s", path,
                        path, path);
    if (!ten && !hundred)
        return edy_fail(err, EDY_BAD_FILE,
                        "%s: neither idx, CIFAR records, an image nor a .csv list; magic number is "
                        "%02x%02x%02x%02x",
                        path, head[0], head[1], head[2], head[3]);
    *found = ten ? KIND_CIFAR10 : KIND_CIFAR100;
    return EDY_OK;
}

static edy_status read_one_image(const char *path, edy_source *source, edy_error *err) {
    size_t capacity = 0;
    const char *slash = strrchr(path, '/');
    const edy_status status =
        edy_source_add_file(source, &capacity, path, slash ? slash + 1 : path, -1, err);
    free(source->label);
    source->label = NULL;
    return status;
}

static edy_status read_kind(kind what, const char *path, const char *labels, edy_source *source,
                            edy_error *err) {
    switch (what) {
    case KIND_IDX:
        return edy_idx_read(path, labels, source, err);
    case KIND_CIFAR10:
        return edy_cifar_read(path, EDY_CIFAR10, source, err);
    case KIND_CIFAR100:
        return edy_cifar_read(path, EDY_CIFAR100, source, err);
    case KIND_CIFAR_HWC:
        return edy_cifar_read(path, EDY_CIFAR10_HWC, source, err);
    case KIND_FOLDER:
        return edy_folder_read(path, source, err);
    case KIND_CSV:
        return edy_csv_list_read(path, source, err);
    case KIND_IMAGE:
        return read_one_image(path, source, err);
    case N_KINDS:
        break;
    }
    assert(!"no such kind");
    return EDY_BAD_ARGUMENT;
}

/* A path, with or without its kind before it. words: the known names, for the message. */
static edy_status open_path(const char *spec, const char *labels, const char *words,
                            edy_dataset *dataset, edy_error *err) {
    kind what = N_KINDS;
    const char *path = spec;
    for (int k = 0; k < N_KINDS; k++) {
        const char *rest = after_word(spec, kind_word[k]);
        if (rest) {
            what = (kind)k;
            path = rest;
        }
    }
    struct stat info;
    if (stat(path, &info) != 0) {
        if (path == spec && strchr(path, '/') == NULL && errno == ENOENT)
            return edy_fail(err, EDY_BAD_ARGUMENT,
                            "'%s' is neither a file or folder nor a known data set (%ssynthetic)",
                            spec, words);
        return edy_fail(err, EDY_IO, "%s: %s", path, strerror(errno));
    }
    edy_status status = what == N_KINDS ? detect(path, &info, &what, err) : EDY_OK;
    if (status)
        return status;
    if (labels && what != KIND_IDX)
        return edy_fail(err, EDY_BAD_ARGUMENT, "%s: a label file goes with idx files only", path);
    dataset->name = strdup(spec);
    dataset->path = strdup(path);
    if (!dataset->name || !dataset->path)
        return no_memory(spec, err);
    return read_kind(what, path, labels, &dataset->source, err);
}

edy_status edy_dataset_open(const char *spec, const edy_dataset_options *options,
                            edy_dataset **dataset, edy_error *err) {
    edy_dataset *d = calloc(1, sizeof *d);
    if (!d)
        return no_memory(spec, err);
    d->pre = options->preprocess ? *options->preprocess : edy_preprocess_default();
    d->seed = options->seed;
    d->synthetic = strcmp(spec, "synthetic") == 0 || after_word(spec, "synthetic");
    bool known = false;
    char words[KNOWN_MAX];
    edy_status status = take_input(spec, options, d, err);
    if (status)
        goto fail;
    if (d->synthetic) {
        status = open_synthetic(spec, d, err);
    } else {
        status = open_named(spec, options, d, &known, words, err);
        if (status == EDY_OK && !known)
            status = open_path(spec, options->labels, words, d, err);
        if (status == EDY_OK)
            status = edy_preprocess_check(&d->pre, d->source.width, d->source.height, d->c, d->h,
                                          d->w, d->name, err);
    }
    if (status)
        goto fail;
    *dataset = d;
    return EDY_OK;
fail:
    edy_dataset_destroy(d);
    return status;
}
