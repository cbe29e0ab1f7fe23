/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* From names on the command line to workloads, variants and a graph. */
#include <stdio.h>
#include <string.h>

#include "bench/verbs/verb_common.h"
#include "workloads/model_load.h"

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
    return edy_variant_load(*chosen, graph, err);
}

static bool in_group(const edy_args *args, const edy_workload *w) {
    const char *group = edy_args_enum(args, "group");
    return strcmp(group, "all") == 0 ||
           (strcmp(group, "nets") == 0) == (w->group == EDY_GROUP_NETS);
}

size_t edy_catalog_chosen_count(const edy_args *args, const edy_catalog *catalog) {
    size_t n = edy_args_operand_count(args);
    for (size_t i = 0; !edy_args_operand_count(args) && i < edy_workloads_count(catalog->workloads);
         i++)
        n += in_group(args, edy_workloads_at(catalog->workloads, i));
    return n;
}

edy_status edy_catalog_chosen(const edy_args *args, const edy_catalog *catalog, size_t index,
                              const edy_workload **workload, edy_error *err) {
    if (edy_args_operand_count(args) > 0)
        return edy_workloads_resolve(catalog->workloads, edy_args_operand(args, index), workload,
                                     err);
    for (size_t i = 0; i < edy_workloads_count(catalog->workloads); i++) {
        *workload = edy_workloads_at(catalog->workloads, i);
        if (in_group(args, *workload) && index-- == 0)
            break;
    }
    return EDY_OK;
}

/* A user's .onnx has one variant and no choice. */
static bool takes_all(const edy_workload *w) {
    return w->own_model && w->group != EDY_GROUP_NETS;
}

bool edy_verb_wants_variant(const edy_args *args, const edy_workload *workload,
                            const char *variant) {
    if (takes_all(workload))
        return true;
    const char *const *names;
    const size_t n = edy_args_list(args, "variant", &names);
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], "all") == 0 || strcmp(names[i], variant) == 0)
            return true;
    return false;
}

edy_status edy_catalog_check_variants(const edy_args *args, const edy_catalog *catalog,
                                      edy_error *err) {
    const char *const *names;
    const size_t n = edy_args_list(args, "variant", &names);
    for (size_t i = 0; i < n; i++) {
        bool found = strcmp(names[i], "all") == 0;
        char known[200] = "";
        size_t at = 0;
        for (size_t w = 0; w < edy_catalog_chosen_count(args, catalog) && !found; w++) {
            const edy_workload *workload = NULL;
            const edy_status status = edy_catalog_chosen(args, catalog, w, &workload, err);
            if (status)
                return status;
            found = takes_all(workload) || edy_workload_variant(workload, names[i]);
            for (size_t v = 0; v < workload->n_variants && at < sizeof known; v++)
                at += (size_t)snprintf(known + at, sizeof known - at, "%s%s/%s", at ? ", " : "",
                                       workload->name, workload->variant[v].name);
        }
        if (!found)
            return edy_fail(err, EDY_BAD_ARGUMENT, "no variant \"%.60s\"; there are %s", names[i],
                            known);
    }
    return EDY_OK;
}
