/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno conform --onnx-tests: the backend tests of the ONNX project. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/suite/onnx_tests.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verb_conform.h"

static void show_test(void *context, const char *name) {
    (void)context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K%s", name);
}

static edy_status read_profile(const edy_args *args, edy_onnx_profile **profile, edy_error *err) {
    char share[EDY_PATH_MAX], path[EDY_PATH_MAX + 32];
    const char *given = edy_args_string(args, "profile");
    if (given)
        return edy_onnx_profile_read(given, profile, err);
    const edy_status st = edy_share_from_environment(share, err);
    snprintf(path, sizeof path, "%s/workloads/onnx_profile.txt", st ? "" : share);
    return st ? st : edy_onnx_profile_read(path, profile, err);
}

static edy_status check_arguments(const edy_args *args, edy_error *err) {
    static const char *const others[] = {"variant", "threads", "batch", "images", "full"};
    if (edy_args_operand_count(args))
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "--onnx-tests runs the cases of a folder, not the model \"%.100s\"",
                        edy_args_operand(args, 0));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (edy_args_given(args, others[i]))
            return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s has no meaning with --onnx-tests",
                            others[i]);
    return EDY_OK;
}

edy_status edy_verb_conform_refuse_onnx_options(const edy_args *args, edy_error *err) {
    static const char *const ours[][2] = {{"case", "--onnx-tests or --mlperf-tiny"},
                                          {"profile", "--onnx-tests"},
                                          {"cifar10", "--mlperf-tiny"}};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (edy_args_given(args, ours[i][0]))
            return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s needs %s", ours[i][0], ours[i][1]);
    return EDY_OK;
}

static int print(const edy_args *args, const edy_onnx_table *table) {
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    if (strcmp(edy_args_enum(args, "format"), "console") == 0)
        edy_onnx_tests_print(table, stdout);
    else if (!edy_onnx_tests_print_json(table, stdout))
        return EDY_EXIT_USAGE;
    const int code = edy_onnx_tests_exit_code(table);
    if (code == EDY_EXIT_NOTHING_RAN)
        fprintf(stderr, "edyno conform: no case was judged\n");
    return code;
}

int edy_verb_conform_onnx(const edy_args *args) {
    const edy_backend *backends[EDY_MAX_BACKENDS];
    edy_onnx_options options = {.backend = backends,
                                .pattern = edy_args_string(args, "case"),
                                .in_process = edy_args_flag(args, "in-process"),
                                .on_begin = show_test};
    edy_onnx_tests tests = {.test = NULL};
    edy_onnx_table table = {.row = NULL};
    edy_onnx_profile *profile = NULL;
    edy_error err;
    int code = EDY_EXIT_USAGE;
    edy_status st = check_arguments(args, &err);
    st = st ? st : edy_verb_backends(args, backends, &options.n_backends, &err);
    st = st ? st : read_profile(args, &profile, &err);
    st = st ? st : edy_onnx_tests_find(edy_args_string(args, "onnx-tests"), &tests, &err);
    options.profile = profile;
    st = st ? st : edy_onnx_tests_run(&tests, &options, &table, &err);
    if (st)
        edy_verb_fail(args, &err);
    else
        code = print(args, &table);
    edy_onnx_table_free(&table);
    edy_onnx_tests_free(&tests);
    edy_onnx_profile_destroy(profile);
    return code;
}
