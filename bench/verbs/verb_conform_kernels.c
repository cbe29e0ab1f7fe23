/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno conform --kernels: the kernel walk. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/env.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verb_conform.h"
#include "bench/walk/detect.h"
#include "bench/walk/walk.h"

/* Layers over this are left to --full, unless their file is named: they take seconds each. */
static const double quick_macs = 1e6;

/* ---- Which problems -------------------------------------------------------------------------- */

static int is_shapes(const struct dirent *entry) {
    const size_t n = strlen(entry->d_name);
    return strncmp(entry->d_name, "shapes_", 7) == 0 && n > 11 &&
           strcmp(entry->d_name + n - 4, ".txt") == 0;
}

/* All workloads/shapes_*.txt, by name. */
static edy_status read_all(const char *share, edy_problems *all, edy_error *err) {
    char folder[EDY_PATH_MAX + 16], path[2 * EDY_PATH_MAX];
    struct dirent **entry = NULL;
    snprintf(folder, sizeof folder, "%s/workloads", share);
    const int n = scandir(folder, &entry, is_shapes, alphasort);
    edy_status st = EDY_OK;
    if (n <= 0)
        st = edy_fail(err, EDY_IO, "%.300s: holds no shapes_*.txt", folder);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
        st = st ? st : edy_problems_read(path, all, err);
        free(entry[i]);
    }
    free(entry);
    return st;
}

/* A path, or the NAME of workloads/shapes_NAME.txt. */
static edy_status read_named(const char *name, edy_problems *all, edy_error *err) {
    char share[EDY_PATH_MAX], path[2 * EDY_PATH_MAX];
    if (strchr(name, '/') || access(name, R_OK) == 0)
        return edy_problems_read(name, all, err);
    const edy_status st = edy_share_from_environment(share, err);
    if (st)
        return st;
    snprintf(path, sizeof path, "%s/workloads/shapes_%.200s.txt", share, name);
    if (access(path, R_OK) != 0)
        return edy_fail(err, EDY_IO,
                        "--shapes: \"%.200s\" is neither a file nor has the data folder "
                        "workloads/shapes_%.100s.txt",
                        name, name);
    return edy_problems_read(path, all, err);
}

static edy_status read_problems(const edy_args *args, edy_problems *all, edy_error *err) {
    char share[EDY_PATH_MAX];
    edy_problem one;
    const char *const *files;
    /* What --bench times where nothing is named: enough work to be at full speed. */
    static const char usual[] = "any rows=mr channels=4tile depth=256 taps=9 fill=realistic";
    const char *text = edy_args_string(args, "problem");
    edy_status st = EDY_OK;
    if (!text && edy_args_flag(args, "bench") && !edy_args_given(args, "shapes"))
        text = usual;
    if (text) {
        st = edy_problem_parse("--problem", 0, text, &one, err);
        return st ? st : edy_problems_add(all, &one, err);
    }
    const size_t n = edy_args_list(args, "shapes", &files);
    for (size_t i = 0; i < n && !st; i++)
        st = read_named(files[i], all, err);
    if (n)
        return st;
    st = edy_share_from_environment(share, err);
    return st ? st : read_all(share, all, err);
}

/* ---- The walk -------------------------------------------------------------------------------- */

static void show_begin(void *context, const char *backend, const char *family) {
    (void)context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K%s %s", backend, family);
}

static void show_row(void *context, const edy_walk_row *row) {
    (void)context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    edy_walk_print_row(row, stdout);
    fflush(stdout);
}

static int fill_of(const char *name) {
    for (int fill = 0; fill < EDY_FILL_COUNT; fill++)
        if (strcmp(name, edy_fill_text((edy_fill)fill)) == 0)
            return fill;
    return -1;
}

/* "avx512: SKIP (this CPU lacks avx512f)": the name need not be said twice. */
static void print_skip(const char *name, const char *message) {
    const char *lacks = strstr(message, "lacks ");
    printf("%s: SKIP (%s%s)\n", name, lacks ? "this CPU " : "", lacks ? lacks : message);
}

/* One line a backend; those that cannot run here are named with the reason. */
static void print_closing(const edy_args *args, const edy_walk_options *o,
                          const edy_walk_table *table) {
    char text[200];
    const char *const *names;
    for (size_t i = 0; i < o->n_backends; i++) {
        edy_walk_closing_line(table, o->backend[i]->name, text, sizeof text);
        printf("%s\n", text);
    }
    edy_args_list(args, "backend", &names);
    if (strcmp(names[0], "all") != 0)
        return;
    for (size_t i = 0; i < edy_backend_count(); i++) {
        const edy_backend *backend = NULL;
        edy_error err;
        if (edy_backend_find(edy_backend_at(i)->name, &backend, &err))
            print_skip(edy_backend_at(i)->name, err.message);
    }
}

static edy_status check_arguments(const edy_args *args, edy_error *err) {
    static const char *const others[] = {"variant", "threads", "batch", "images", "format"};
    if (edy_args_operand_count(args))
        return edy_fail(err, EDY_BAD_ARGUMENT, "--kernels walks kernels, not the model \"%.100s\"",
                        edy_args_operand(args, 0));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (edy_args_given(args, others[i]))
            return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s has no meaning with --kernels",
                            others[i]);
    if (edy_args_given(args, "problem") && edy_args_given(args, "shapes"))
        return edy_fail(err, EDY_BAD_ARGUMENT, "--problem and --shapes exclude each other");
    return EDY_OK;
}

edy_status edy_verb_conform_refuse_kernel_options(const edy_args *args, edy_error *err) {
    static const char *const ours[] = {"kernel", "shapes",    "problem", "fill",
                                       "cases",  "inherited", "bench",   "detect"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (edy_args_given(args, ours[i]))
            return edy_fail(err, EDY_BAD_ARGUMENT, "option --%s needs --kernels", ours[i]);
    return EDY_OK;
}

/* Everything but backends and problems. how: room for what emulates this CPU. */
static edy_walk_options options_of(const edy_args *args, char how[32]) {
    const bool named = edy_args_given(args, "problem") || edy_args_given(args, "shapes");
    const bool bench = edy_args_flag(args, "bench"), narrow = named || bench;
    edy_walk_options o = {.pattern = edy_args_string(args, "kernel"),
                          .fill = fill_of(edy_args_enum(args, "fill")),
                          .seed = (uint64_t)edy_args_integer(args, "seed"),
                          .random = (size_t)edy_args_integer(args, "cases"),
                          .max_macs = narrow || edy_args_flag(args, "full") ? 0 : quick_macs,
                          .inherited =
                              edy_args_flag(args, "inherited") || edy_args_given(args, "problem"),
                          .in_process = edy_args_flag(args, "in-process"),
                          .on_begin = show_begin,
                          .on_row = show_row};
    if (narrow && !edy_args_given(args, "cases"))
        o.random = 0;
    o.bench = bench && !edy_env_emulated("", how, 32);
    return o;
}

/* Faults in place of kernels: proves that the walk can fail. */
static int detect(const edy_args *args) {
    edy_detect_table table;
    edy_error err;
    if (check_arguments(args, &err))
        return edy_verb_fail(args, &err);
    const size_t cases = (size_t)edy_args_integer(args, "cases");
    edy_detect_run(cases, (uint64_t)edy_args_integer(args, "seed"), &table);
    edy_detect_print(&table, cases, stdout);
    return edy_detect_holds(&table) ? EDY_EXIT_OK : EDY_EXIT_WRONG;
}

int edy_verb_conform_kernels(const edy_args *args) {
    if (edy_args_flag(args, "detect"))
        return detect(args);
    const edy_backend *backends[EDY_MAX_BACKENDS];
    edy_problems problems = {.item = NULL};
    edy_walk_table table = {.row = NULL};
    edy_error err;
    char how[32] = "";
    int code = EDY_EXIT_USAGE;
    edy_walk_options o = options_of(args, how);
    edy_status st = check_arguments(args, &err);
    st = st ? st : edy_verb_backends(args, backends, &o.n_backends, &err);
    st = st ? st : read_problems(args, &problems, &err);
    if (!st) {
        o.backend = backends;
        o.problem = problems.item;
        o.n_problems = problems.n;
        edy_walk_print_heading(stdout);
        st = edy_walk_run(&o, &table, &err);
    }
    if (st) {
        edy_verb_fail(args, &err);
    } else {
        print_closing(args, &o, &table);
        code = edy_walk_exit_code(&table);
    }
    if (how[0] && !st)
        printf("no times: this is an emulated CPU (%s)\n", how);
    if (code == EDY_EXIT_NOTHING_RAN)
        fprintf(stderr, "edyno conform: no case was walked; is there a kernel of that name?\n");
    edy_walk_free(&table);
    edy_problems_free(&problems);
    return code;
}
