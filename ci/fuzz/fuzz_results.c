/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Results: results.json and its journal, compared with themselves, printed and written again. The
 * first byte says whether the rest is one of these, a result of ab, or a profile. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/ab.h"
#include "bench/compare.h"
#include "bench/profile.h"
#include "ci/fuzz/fuzz.h"

enum { RESULTS, AB, PROFILE, READERS };

static FILE *nowhere(void) {
    static FILE *f;
    if (!f && !(f = fopen("/dev/null", "w")))
        abort();
    return f;
}

static edy_status read_results(const char *path, edy_error *err) {
    edy_results *results = NULL;
    edy_comparison_table *table = NULL;
    edy_status st = edy_results_read(path, &results, err);
    st = st ? st : edy_compare(results, results, 0.05, 1, &table, err);
    if (!st) {
        edy_comparison_print(table, nowhere());
        st = edy_comparison_print_json(table, nowhere(), err);
    }
    st = st ? st : edy_results_print_json(results, nowhere(), err);
    edy_comparison_destroy(table);
    edy_results_destroy(results);
    return st;
}

static edy_status read_profile(const char *path, edy_error *err) {
    edy_profile_share shares[16];
    size_t n = 0;
    return edy_profile_read_shares(path, shares, 16, &n, err);
}

static edy_status read_ab(const char *path, edy_error *err) {
    edy_ab *ab = NULL;
    const edy_status st = edy_ab_read_json(path, &ab, err);
    edy_ab_destroy(ab);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    edy_error err = {0};
    if (size == 0)
        return 0;
    const int reader = data[0] % READERS;
    const char *path = edy_fuzz_file(data + 1, size - 1);
    edy_fuzz_check(reader == RESULTS ? read_results(path, &err)
                   : reader == AB    ? read_ab(path, &err)
                                     : read_profile(path, &err),
                   &err);
    return 0;
}
