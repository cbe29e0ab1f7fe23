/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno conform --mlperf-tiny: the reference models of MLPerf Tiny. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/suite/mlperf_tiny.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verb_conform.h"

static void show_case(void *context, const char *name) {
    (void)context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K%s", name);
}

static edy_status check_arguments(const edy_args *args, edy_error *err) {
    static const char *const others[] = {"variant", "threads", "batch", "images", "profile"};
    if (edy_args_operand_count(args))
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "--mlperf-tiny runs the cases of a folder, not the model \"%.100s\"",
                        edy_args_operand(args, 0));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (edy_args_given(args, others[i]))
            return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s has no meaning with --mlperf-tiny",
                            others[i]);
    return EDY_OK;
}

/* The images: as given, or beside DIR where they are there. */
static const char *find_images(const edy_args *args, const char *dir, char *path, size_t size) {
    const char *given = edy_args_string(args, "cifar10");
    if (given)
        return given;
    snprintf(path, size, "%s/../cifar10/test1000.bin", dir);
    return access(path, R_OK) == 0 ? path : NULL;
}

static int print(const edy_args *args, const edy_tiny_table *table) {
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    if (strcmp(edy_args_enum(args, "format"), "console") == 0)
        edy_tiny_print(table, stdout);
    else if (!edy_tiny_print_json(table, stdout))
        return EDY_EXIT_USAGE;
    const int code = edy_tiny_exit_code(table);
    if (code == EDY_EXIT_NOTHING_RAN)
        fprintf(stderr, "edyno conform: no case was judged\n");
    return code;
}

int edy_verb_conform_tiny(const edy_args *args) {
    const edy_backend *backends[EDY_MAX_BACKENDS];
    char images[EDY_TINY_PATH + 32];
    edy_tiny_options options = {.backend = backends,
                                .pattern = edy_args_string(args, "case"),
                                .in_process = edy_args_flag(args, "in-process"),
                                .every_backend = edy_args_flag(args, "full"),
                                .on_begin = show_case};
    edy_tiny_cases cases = {.n = 0};
    edy_tiny_table table = {.row = NULL};
    edy_error err;
    int code = EDY_EXIT_USAGE;
    edy_status st = check_arguments(args, &err);
    st = st ? st : edy_verb_backends(args, backends, &options.n_backends, &err);
    st = st ? st : edy_tiny_cases_read(edy_args_string(args, "mlperf-tiny"), &cases, &err);
    if (!st)
        options.cifar = find_images(args, cases.dir, images, sizeof images);
    st = st ? st : edy_tiny_run(&cases, &options, &table, &err);
    if (st)
        edy_verb_fail(args, &err);
    else
        code = print(args, &table);
    edy_tiny_table_free(&table);
    edy_tiny_cases_free(&cases);
    return code;
}
