/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/verbs/verb_common.h"

#include <stdio.h>
#include <string.h>

static bool only_paths(const edy_args *args) {
    const size_t n = edy_args_operand_count(args);
    for (size_t i = 0; i < n; i++)
        if (!edy_workload_is_path(edy_args_operand(args, i)))
            return false;
    return n > 0;
}

edy_limits edy_verb_limits(const edy_args *args) {
    return (edy_limits){.model_bytes = (uint64_t)edy_args_integer(args, "max-model-bytes"),
                        .tensor_bytes = (uint64_t)edy_args_integer(args, "max-tensor-bytes"),
                        .nodes = (uint32_t)edy_args_integer(args, "max-nodes")};
}

static edy_status open_folder(const edy_args *args, edy_catalog *catalog, edy_error *err) {
    memset(catalog, 0, sizeof *catalog);
    const char *dir = edy_args_string(args, "workloads-dir");
    edy_status st = edy_share_from_environment(catalog->share, err);
    if (st)
        catalog->share[0] = '\0';
    if (dir)
        return edy_workloads_open(dir, &catalog->workloads, err);
    if (st && only_paths(args))
        return edy_workloads_open(NULL, &catalog->workloads, err);
    if (st)
        return st;
    char folder[EDY_PATH_MAX + 16];
    snprintf(folder, sizeof folder, "%s/workloads", catalog->share);
    return edy_workloads_open(folder, &catalog->workloads, err);
}

edy_status edy_catalog_open(const edy_args *args, edy_catalog *catalog, edy_error *err) {
    const edy_status st = open_folder(args, catalog, err);
    if (!st && edy_args_has(args, "max-nodes")) {
        const edy_limits limits = edy_verb_limits(args);
        edy_workloads_limit(catalog->workloads, &limits);
    }
    return st;
}

void edy_catalog_close(edy_catalog *catalog) {
    edy_workloads_close(catalog->workloads);
    catalog->workloads = NULL;
}

static bool listed(const edy_backend *const *list, size_t n, const edy_backend *b) {
    for (size_t i = 0; i < n; i++)
        if (list[i] == b)
            return true;
    return false;
}

edy_status edy_verb_backends(const edy_args *args, const edy_backend *out[EDY_MAX_BACKENDS],
                             size_t *count, edy_error *err) {
    const char *const *names;
    const size_t n = edy_args_list(args, "backend", &names);
    *count = 0;
    if (n == 1 && strcmp(names[0], "all") == 0) {
        for (size_t i = 0; i < edy_backend_count() && *count < EDY_MAX_BACKENDS; i++)
            if (edy_backend_runs_here(edy_backend_at(i)))
                out[(*count)++] = edy_backend_at(i);
        return EDY_OK;
    }
    for (size_t i = 0; i < n; i++) {
        const edy_backend *b = NULL;
        edy_status st = edy_backend_find(names[i], &b, err);
        if (st)
            return st;
        if (!listed(out, *count, b) && *count < EDY_MAX_BACKENDS)
            out[(*count)++] = b;
    }
    return EDY_OK;
}

edy_status edy_verb_backend(const edy_args *args, const edy_backend **out, edy_error *err) {
    const char *name = edy_args_string(args, "backend");
    if (strcmp(name, "best") == 0) {
        *out = edy_backend_best();
        return EDY_OK;
    }
    return edy_backend_find(name, out, err);
}
