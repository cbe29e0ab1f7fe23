/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Labels of a data set that names its classes, in the order of the model's classes.
 *
 * Folders and lists count their classes in byte order, models in the order of their training: the
 * same names can stand for other numbers, and then a right answer counts as wrong. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/dataset_internal.h"

/* Bytes of other alphabets count as letters. */
static unsigned char next_letter(const char **text) {
    while (**text && !isalnum((unsigned char)**text) && (unsigned char)**text < 128)
        ++*text;
    return **text ? (unsigned char)tolower((unsigned char)*(*text)++) : 0;
}

/* Letters and digits alone, without case: a folder cannot be called "T-shirt/top". */
static bool same_class(const char *a, const char *b) {
    if (strcmp(a, b) == 0)
        return true;
    bool any = false;
    for (;;) {
        const unsigned char x = next_letter(&a), y = next_letter(&b);
        if (x != y || !x)
            return x == y && any;
        any = true;
    }
}

static int32_t find_class(const char *name, const char *const *class_name, size_t n_classes) {
    for (size_t i = 0; i < n_classes; i++)
        if (same_class(name, class_name[i]))
            return (int32_t)i;
    return -1;
}

/* "0", "007"; -1 where it is no number or above the limit. */
static int32_t number_of(const char *name) {
    int32_t value = 0;
    for (const char *p = name; *p; p++) {
        if (*p < '0' || *p > '9' || value > EDY_DATASET_MAX_LABEL / 10)
            return -1;
        value = 10 * value + (*p - '0');
    }
    return *name && value <= EDY_DATASET_MAX_LABEL ? value : -1;
}

/* How names of the data became classes of the model. */
typedef enum placing { BY_NAME, BY_NUMBER, BY_ORDER } placing;

/* The model's class of each name of the data into place[n_names]. */
static edy_status place_names(const edy_dataset *dataset, const char *const *class_name,
                              size_t n_classes, int32_t *place, placing *how, edy_error *err) {
    const edy_source *source = &dataset->source;
    int32_t found = 0, missing = -1, numbers = 0;
    for (int32_t i = 0; i < source->n_names; i++) {
        place[i] = find_class(source->class_name[i], class_name, n_classes);
        found += place[i] >= 0;
        missing = place[i] < 0 && missing < 0 ? i : missing;
        numbers += number_of(source->class_name[i]) >= 0;
    }
    *how = found == source->n_names ? BY_NAME : numbers == source->n_names ? BY_NUMBER : BY_ORDER;
    for (int32_t i = 0; i < source->n_names && *how != BY_NAME; i++)
        place[i] = *how == BY_NUMBER ? number_of(source->class_name[i]) : i;
    if (*how != BY_ORDER || n_classes == 0 || (found == 0 && n_classes == (size_t)source->n_names))
        return EDY_OK;
    return edy_fail(
        err, EDY_BAD_FILE, "%s: class \"%.60s\" is none of the model's %zu (\"%.60s\", ...)",
        edy_dataset_name(dataset), source->class_name[missing], n_classes, class_name[0]);
}

static void drop_names(edy_source *source) {
    for (int32_t i = 0; i < source->n_names; i++)
        free(source->class_name[i]);
    free(source->class_name);
    source->class_name = NULL;
    source->n_names = 0;
}

edy_status edy_dataset_match_classes(edy_dataset *dataset, const char *const *class_name,
                                     size_t n_classes, edy_error *err) {
    edy_source *source = &dataset->source;
    if (!source->label || source->n_names == 0)
        return EDY_OK;
    int32_t *place = malloc((size_t)source->n_names * sizeof *place);
    if (!place)
        return edy_fail(err, EDY_NO_MEMORY, "%s: no memory for %d classes",
                        edy_dataset_name(dataset), source->n_names);
    placing how;
    edy_status status = place_names(dataset, class_name, n_classes, place, &how, err);
    for (int64_t i = 0; i < source->count && !status; i++)
        if (source->label[i] < source->n_names) /* a label file may hold more than has names */
            source->label[i] = place[source->label[i]];
    free(place);
    if (status || how == BY_ORDER)
        return status;
    drop_names(source);
    if (how == BY_NAME)
        status = edy_source_set_names(source, class_name, (int32_t)n_classes, err);
    edy_source_count_classes(source);
    return status;
}
