/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno compare: did it become faster or slower? */
#include <stdio.h>
#include <string.h>

#include "bench/compare.h"
#include "bench/verbs/verbs.h"

static const char *const usage[] = {"BASE.json NEW.json [OPTIONS]", NULL};

static const edy_opt opts[] = {
    {.name = "threshold",
     .kind = EDY_OPT_INTEGER,
     .argument = "PERCENT",
     .fallback = "5",
     .low = 0,
     .high = 1000,
     .help = "smallest change of median or memory that counts"},
    {.name = "seed",
     .kind = EDY_OPT_INTEGER,
     .argument = "S",
     .fallback = "1",
     .low = 0,
     .high = INT64_C(9007199254740992),
     .help = "of the bootstrap"},
    {.name = "format",
     .kind = EDY_OPT_ENUM,
     .choices = "console|json",
     .fallback = "console",
     .help = "how to print"},
    {.name = NULL},
};

static void warn_incomplete(const char *path, const edy_results *results) {
    if (!results->complete)
        fprintf(stderr, "edyno compare: %s is of a run that did not end\n", path);
}

static edy_status print(const edy_args *args, const edy_comparison_table *table, edy_error *err) {
    if (strcmp(edy_args_enum(args, "format"), "json") == 0)
        return edy_comparison_print_json(table, stdout, err);
    edy_comparison_print(table, stdout);
    return EDY_OK;
}

static int run(const edy_args *args) {
    edy_error err;
    edy_results *base = NULL, *now = NULL;
    edy_comparison_table *table = NULL;
    const double threshold = (double)edy_args_integer(args, "threshold") / 100;
    edy_status status = edy_results_read(edy_args_operand(args, 0), &base, &err);
    status = status ? status : edy_results_read(edy_args_operand(args, 1), &now, &err);
    if (!status) {
        warn_incomplete(edy_args_operand(args, 0), base);
        warn_incomplete(edy_args_operand(args, 1), now);
        status = edy_compare(base, now, threshold, (uint64_t)edy_args_integer(args, "seed"), &table,
                             &err);
    }
    status = status ? status : print(args, table, &err);
    const int code = status ? edy_verb_fail(args, &err) : edy_comparison_exit_code(table);
    edy_comparison_destroy(table);
    edy_results_destroy(base);
    edy_results_destroy(now);
    return code;
}

const edy_verb edy_verb_compare = {
    .name = "compare",
    .summary = "compare two results, case by case",
    .usage = usage,
    .example = {"edyno run dscnn --quick --out base && edyno run dscnn --quick --out new",
                "edyno compare base/results.json new/results.json",
                "edyno compare base/results.json new/results.json --threshold 2 --format json"},
    .opts = opts,
    .min_operands = 2,
    .max_operands = 2,
    .run = run,
};
