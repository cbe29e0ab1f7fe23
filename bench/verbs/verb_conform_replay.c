/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno conform repro-<hash>: a failure once more, as it was. */
#include <stdio.h>
#include <string.h>

#include "bench/suite/repro.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verb_conform.h"

static edy_status run_again(const edy_args *args, const char *folder, const edy_repro *repro,
                            edy_conform_table *table, edy_error *err) {
    char path[EDY_PATH_MAX];
    const edy_backend *backends[EDY_MAX_BACKENDS];
    edy_conform_options options = {.backend = backends,
                                   .n_backends = 1,
                                   .threads = &repro->threads,
                                   .n_threads = 1,
                                   .batch = &repro->batch,
                                   .n_batches = 1,
                                   .share = "",
                                   .in_process = edy_args_flag(args, "in-process")};
    edy_workloads *all = NULL;
    const edy_workload *w = NULL;
    edy_status st = EDY_OK;
    if (edy_args_given(args, "backend"))
        st = edy_verb_backends(args, backends, &options.n_backends, err);
    else
        st = edy_backend_find(repro->backend, &backends[0], err);
    if (!st && snprintf(path, sizeof path, "%s/model.onnx", folder) >= (int)sizeof path)
        st = edy_fail(err, EDY_LIMIT, "%.200s: the path is too long", folder);
    st = st ? st : edy_workloads_open(NULL, &all, err);
    st = st ? st : edy_workloads_resolve(all, path, &w, err);
    st = st ? st : edy_conform_variant(w, &w->variant[0], &options, table, err);
    edy_workloads_close(all);
    return st;
}

/* "Recorded: FAIL; now: FAIL, the same." */
static void print_comparison(const edy_repro *repro, const edy_conform_table *table) {
    for (size_t i = 0; i < table->n; i++) {
        const char *now = edy_verdict_text(table->row[i].result.verdict);
        printf("recorded %s, now %s: %s\n", repro->verdict, now,
               strcmp(now, repro->verdict) == 0 ? "the same verdict" : "another verdict");
    }
}

bool edy_verb_conform_is_replay(const edy_args *args) {
    return edy_args_operand_count(args) == 1 && edy_repro_is(edy_args_operand(args, 0));
}

int edy_verb_conform_replay(const edy_args *args) {
    static const char *const others[] = {"variant", "group", "threads", "batch", "images", "full"};
    edy_repro repro;
    edy_error err;
    edy_conform_table table = {.row = NULL};
    edy_status st = EDY_OK;
    for (size_t i = 0; i < sizeof others / sizeof others[0] && !st; i++)
        if (edy_args_given(args, others[i]))
            st = edy_fail(&err, EDY_BAD_ARGUMENT, "option --%s: a replay has its own", others[i]);
    const char *folder = edy_args_operand(args, 0);
    st = st ? st : edy_repro_read(folder, &repro, &err);
    st = st ? st : run_again(args, folder, &repro, &table, &err);
    int code = EDY_EXIT_USAGE;
    if (st)
        return edy_verb_fail(args, &err);
    if (strcmp(edy_args_enum(args, "format"), "json") == 0) {
        if (edy_conform_print_json(&table, stdout))
            code = edy_conform_exit_code(&table);
    } else {
        edy_conform_print(&table, stdout);
        print_comparison(&repro, &table);
        code = edy_conform_exit_code(&table);
    }
    edy_conform_table_free(&table);
    return code;
}
