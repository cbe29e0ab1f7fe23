/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno report: results that a run left, made into tables, a page and plots. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/report_writer.h"
#include "bench/run_output.h"
#include "bench/verbs/verbs.h"

enum { PATH_BYTES = 4096 };

static const char *const usage[] = {
    "RESULTS.json|RESULTS.jsonl|DIR [-o DIR]",
    "RESULTS.json|RESULTS.jsonl|DIR --format FORMAT",
    NULL,
};

static const edy_opt opts[] = {
    {.name = "output",
     .letter = 'o',
     .kind = EDY_OPT_STRING,
     .argument = "DIR",
     .help = "folder to write the whole report to; made if missing"},
    {.name = "format",
     .letter = 'f',
     .kind = EDY_OPT_ENUM,
     .argument = "console|json|csv|markdown|html",
     .fallback = "console",
     .choices = "console|json|csv|markdown|html",
     .help = "what to print on stdout where there is no -o"},
    {.name = NULL},
};

static bool is_directory(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

static bool exists(const char *path) {
    struct stat s;
    return stat(path, &s) == 0;
}

/* The operand, or in a folder its results.json, or the journal of a run that did not come so
 * far. */
static edy_status find_results(const char *operand, char *path, size_t size, edy_error *err) {
    static const char *const names[] = {"results.json", "results.jsonl"};
    if (!is_directory(operand)) {
        const int n = snprintf(path, size, "%s", operand);
        return n > 0 && (size_t)n < size
                   ? EDY_OK
                   : edy_fail(err, EDY_BAD_ARGUMENT, "%.200s: not a path", operand);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const int n = snprintf(path, size, "%s/%s", operand, names[i]);
        if (n > 0 && (size_t)n < size && exists(path))
            return EDY_OK;
    }
    return edy_fail(err, EDY_IO, "%.300s: has neither results.json nor results.jsonl", operand);
}

/* The plots writer says there why it drew none. */
static void print_missing(const char *directory) {
    char path[PATH_BYTES], line[512];
    const int n = snprintf(path, sizeof path, "%s/plots/missing.txt", directory);
    FILE *stream = n > 0 && (size_t)n < sizeof path ? fopen(path, "r") : NULL;
    if (!stream)
        return;
    if (fgets(line, sizeof line, stream))
        fputs(line, stderr);
    fclose(stream);
}

static edy_status write_report(const edy_results *results, const char *directory, edy_error *err) {
    edy_status status = edy_output_make_folder(directory, err);
    status = status ? status : edy_output_write(results, directory, err);
    if (status != EDY_OK)
        return status;
    print_missing(directory);
    for (size_t i = 0; i < edy_report_writer_count; i++) {
        const char *file = edy_report_writers[i]->file;
        char path[PATH_BYTES];
        if (file && snprintf(path, sizeof path, "%s/%s", directory, file) < PATH_BYTES &&
            exists(path))
            puts(path);
    }
    return EDY_OK;
}

static int run(const edy_args *args) {
    char path[PATH_BYTES];
    edy_error err;
    edy_results *results = NULL;
    const char *directory = edy_args_string(args, "output");
    if (directory && edy_args_given(args, "format")) {
        edy_fail(&err, EDY_BAD_ARGUMENT,
                 "--format prints one format, -o writes all: give one of them");
        return edy_verb_fail(args, &err);
    }
    edy_status status = find_results(edy_args_operand(args, 0), path, sizeof path, &err);
    if (status == EDY_OK)
        status = edy_results_read(path, &results, &err);
    if (status == EDY_OK)
        status = directory ? write_report(results, directory, &err)
                           : edy_output_print(results, edy_args_enum(args, "format"), stdout, &err);
    const bool nothing_ran = status == EDY_OK && results->n == 0;
    edy_results_destroy(results);
    if (status != EDY_OK)
        return edy_verb_fail(args, &err);
    return nothing_ran ? EDY_EXIT_NOTHING_RAN : EDY_EXIT_OK;
}

const edy_verb edy_verb_report = {
    .name = "report",
    .summary = "make tables, a page and plots of results",
    .usage = usage,
    .example = {"edyno report results/quick", "edyno report results/quick -o report",
                "edyno report results/quick/results.jsonl --format markdown"},
    .opts = opts,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
