/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno selftest: can the gates fail? */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "bench/selftest/selftest.h"
#include "bench/verbs/verbs.h"

static const char *const usage[] = {"[OPTIONS]", NULL};

static const edy_opt opts[] = {
    {.name = "fault",
     .kind = EDY_OPT_LIST,
     .argument = "NAME,..",
     .help = "only faults of this name, * allowed"},
    {.name = "list", .kind = EDY_OPT_FLAG, .help = "name the faults and their gates; try none"},
    {.name = NULL},
};

static bool wanted(const edy_args *args, const char *name) {
    const char *const *pattern = NULL;
    const size_t n = edy_args_list(args, "fault", &pattern);
    for (size_t i = 0; i < n; i++)
        if (fnmatch(pattern[i], name, 0) == 0)
            return true;
    return n == 0;
}

/* A filter that matches nothing must not end as "0 of 0 caught". */
static bool every_pattern_matches(const edy_args *args) {
    const char *const *pattern = NULL;
    const size_t n = edy_args_list(args, "fault", &pattern);
    for (size_t i = 0; i < n; i++) {
        bool found = false;
        for (size_t k = 0; k < edy_fault_count() && !found; k++)
            found = fnmatch(pattern[i], edy_fault_at(k)->name, 0) == 0;
        if (!found) {
            fprintf(stderr, "edyno selftest: no fault is called \"%.100s\"; --list names them\n",
                    pattern[i]);
            return false;
        }
    }
    return true;
}

static int list(const edy_args *args) {
    size_t n = 0;
    for (size_t i = 0; i < edy_fault_count(); i++) {
        const edy_fault *f = edy_fault_at(i);
        if (!wanted(args, f->name))
            continue;
        printf("%-28s %s\n", f->name, f->gate);
        n++;
    }
    printf("%zu faults\n", n);
    return EDY_EXIT_OK;
}

static int run(const edy_args *args) {
    size_t n = 0, caught = 0;
    if (!every_pattern_matches(args))
        return EDY_EXIT_USAGE;
    if (edy_args_flag(args, "list"))
        return list(args);
    edy_fault_print_heading(stdout);
    for (size_t i = 0; i < edy_fault_count(); i++) {
        if (!wanted(args, edy_fault_at(i)->name))
            continue;
        const edy_fault_result r = edy_fault_try(edy_fault_at(i));
        edy_fault_print(&r, stdout);
        n++;
        caught += r.caught;
    }
    printf("%zu of %zu faults caught\n", caught, n);
    return n == 0 ? EDY_EXIT_NOTHING_RAN : caught == n ? EDY_EXIT_OK : EDY_EXIT_WRONG;
}

const edy_verb edy_verb_selftest = {
    .name = "selftest",
    .summary = "put faults in on purpose and see each gate catch them",
    .usage = usage,
    .example = {"edyno selftest", "edyno selftest --list",
                "edyno selftest --fault 'saturated-*,truncated-golden'"},
    .opts = opts,
    .run = run,
};
