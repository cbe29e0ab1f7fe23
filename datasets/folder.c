/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A folder of class folders with images: classes are the folders in byte order of their names,
 * images in byte order within each. Or a folder of images, without labels. Names that begin with a
 * dot, and files without an image's suffix, are passed over. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "datasets/image_file.h"
#include "datasets/source.h"

enum { PATH_BYTES = 4096 };

typedef struct listing {
    struct dirent **entry;
    int n;
} listing;

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void listing_release(listing *list) {
    for (int i = 0; i < list->n; i++)
        free(list->entry[i]);
    free(list->entry);
}

static edy_status list_folder(const char *path, listing *list, edy_error *err) {
    list->n = scandir(path, &list->entry, not_hidden, by_name);
    if (list->n < 0) {
        *list = (listing){0};
        return edy_fail(err, EDY_IO, "%s: %s", path, strerror(errno));
    }
    return EDY_OK;
}

static edy_status join(char out[PATH_BYTES], const char *folder, const char *name, edy_error *err) {
    if (snprintf(out, PATH_BYTES, "%s/%s", folder, name) >= PATH_BYTES)
        return edy_fail(err, EDY_LIMIT, "%s: a path below it is too long", folder);
    return EDY_OK;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Adds the images of one folder under one label. prefix goes before each name in provenance. */
static edy_status add_images(const char *folder, const char *prefix, int32_t label,
                             edy_source *source, size_t *capacity, edy_error *err) {
    listing list;
    edy_status status = list_folder(folder, &list, err);
    for (int i = 0; status == EDY_OK && i < list.n; i++) {
        char path[PATH_BYTES], name[PATH_BYTES];
        const char *file = list.entry[i]->d_name;
        if (!edy_image_has_suffix(file) || (status = join(path, folder, file, err)) ||
            is_folder(path))
            continue;
        snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] ? "/" : "", file);
        status = edy_source_add_file(source, capacity, path, name, label, err);
    }
    listing_release(&list);
    return status;
}

/* The class folders of path: their names, in order, in a list of capacity list->n. */
static edy_status find_classes(const char *path, const listing *list, const char **class_name,
                               int32_t *n_classes, edy_error *err) {
    *n_classes = 0;
    for (int i = 0; i < list->n; i++) {
        char below[PATH_BYTES];
        const edy_status status = join(below, path, list->entry[i]->d_name, err);
        if (status)
            return status;
        if (is_folder(below))
            class_name[(*n_classes)++] = list->entry[i]->d_name;
    }
    return EDY_OK;
}

static edy_status read_classes(const char *path, const char *const *class_name, int32_t n_classes,
                               edy_source *source, edy_error *err) {
    size_t capacity = 0;
    edy_status status = EDY_OK;
    for (int32_t c = 0; status == EDY_OK && c < n_classes; c++) {
        char below[PATH_BYTES];
        if ((status = join(below, path, class_name[c], err)) == EDY_OK)
            status = add_images(below, class_name[c], c, source, &capacity, err);
    }
    if (status == EDY_OK)
        status = edy_source_set_names(source, class_name, n_classes, err);
    return status;
}

edy_status edy_folder_read(const char *path, edy_source *source, edy_error *err) {
    listing list;
    const char **class_name = NULL;
    edy_status status = list_folder(path, &list, err);
    if (status)
        goto fail;
    class_name = malloc(((size_t)list.n + 1) * sizeof *class_name);
    if (!class_name) {
        status = edy_fail(err, EDY_NO_MEMORY, "%s: no memory for its list", path);
        goto fail;
    }
    int32_t n_classes;
    if ((status = find_classes(path, &list, class_name, &n_classes, err)))
        goto fail;
    if (n_classes > EDY_DATASET_MAX_LABEL) {
        status = edy_fail(err, EDY_LIMIT, "%s: %d class folders, the limit is %d", path, n_classes,
                          EDY_DATASET_MAX_LABEL);
        goto fail;
    }
    size_t capacity = 0;
    if (n_classes > 0) {
        status = read_classes(path, class_name, n_classes, source, err);
    } else {
        status = add_images(path, "", -1, source, &capacity, err);
        free(source->label);
        source->label = NULL;
    }
    if (status)
        goto fail;
    if (source->count == 0) {
        status = edy_fail(err, EDY_BAD_FILE,
                          "%s: no image in it (.png .jpg .jpeg .pgm .ppm .pnm, or folders of such)",
                          path);
        goto fail;
    }
    edy_source_count_classes(source);
    free(class_name);
    listing_release(&list);
    return EDY_OK;
fail:
    free(class_name);
    listing_release(&list);
    edy_source_release(source);
    return status;
}
