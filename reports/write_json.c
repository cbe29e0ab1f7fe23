/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* results.json: what bench/record.c makes; a report directory holds the data it was made from. */
#include "reports/writers.h"

static edy_status write_files(const edy_results *results, const char *directory, edy_error *err) {
    char path[4096];
    const int n = snprintf(path, sizeof path, "%s/results.json", directory);
    if (n < 0 || (size_t)n >= sizeof path)
        return edy_fail(err, EDY_IO, "%.200s: path is too long", directory);
    return edy_results_write_json(results, path, err);
}

const edy_report_writer edy_writer_json = {"json", "results.json", write_files,
                                           edy_results_print_json};
