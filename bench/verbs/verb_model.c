/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* From a name on the command line to a graph. */
#include <stdio.h>

#include "bench/verbs/verb_common.h"
#include "engine/import/onnx_import.h"

static edy_status unknown_variant(const edy_workload *w, const char *name, edy_error *err) {
    char known[200] = "";
    size_t at = 0;
    for (size_t i = 0; i < w->n_variants && at < sizeof known; i++)
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "",
                               w->variant[i].name);
    return edy_fail(err, EDY_BAD_ARGUMENT, "%s has no variant \"%.60s\"; it has %s", w->name, name,
                    known);
}

edy_status edy_catalog_graph(edy_catalog *catalog, const char *name_or_path, const char *variant,
                             const edy_workload **workload, const edy_variant **chosen,
                             edy_graph **graph, edy_error *err) {
    *graph = NULL;
    edy_status st = edy_workloads_resolve(catalog->workloads, name_or_path, workload, err);
    if (st)
        return st;
    *chosen = variant ? edy_workload_variant(*workload, variant) : &(*workload)->variant[0];
    if (!*chosen)
        return unknown_variant(*workload, variant, err);
    return edy_onnx_import((*chosen)->model_path, NULL, graph, err);
}
