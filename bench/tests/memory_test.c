/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Peak memory of a fresh process; every way in which that process can fail is a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/env.h"
#include "bench/memory.h"

static char self[4096];

static edy_status measure(const char *const *argv, double seconds, int64_t *base, int64_t *peak,
                          edy_error *err) {
    *base = *peak = -7;
    return edy_peak_rss_of(argv, seconds, base, peak, err);
}

/* This process takes 64 MiB; its fresh child, which takes 16, must not be said to have 64. */
static void child_does_not_inherit_the_peak(void **state) {
    (void)state;
    if (edy_peak_rss_bytes() < 0 || edy_env_emulated("", NULL, 0))
        skip(); /* no /proc, or an emulator's memory */
    const size_t large = (size_t)64 << 20;
    char *p = malloc(large);
    assert_non_null(p);
    memset(p, 1, large);
    assert_true(edy_peak_rss_bytes() >= (int64_t)large);
    const char *const argv[] = {self, "child", "16", NULL};
    int64_t base, peak;
    edy_error err;
    if (measure(argv, 30, &base, &peak, &err))
        fail_msg("%s", err.message);
    assert_true(base > 0 && base < INT64_C(24) << 20);
    assert_true(peak - base >= INT64_C(15) << 20 && peak - base < INT64_C(24) << 20);
    assert_true(p[large - 1] == 1);
    free(p);
}

static void failures_are_sentences(void **state) {
    (void)state;
    static const struct {
        const char *argv[4], *word;
    } cases[] = {
        {{"/no/such/program"}, "/no/such/program"},
        {{"/bin/sh", "-c", "exit 3"}, "code 3"},
        {{"/bin/sh", "-c", "kill -9 $$"}, "signal 9"},
        {{"/bin/sh", "-c", "echo hello"}, "no figure"},
        {{"/bin/sh", "-c", "echo peak-rss base 5 peak 4"}, "no figure"},
        {{"/bin/sh", "-c", "exec sleep 20"}, "longer than 0.2 s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t base, peak;
        edy_error err = {EDY_OK, ""};
        assert_int_equal(measure(cases[i].argv, i == 5 ? 0.2 : 20, &base, &peak, &err), EDY_IO);
        assert_true(base == -7 && peak == -7);
        if (!strstr(err.message, cases[i].word))
            fail_msg("\"%s\" does not say %s", err.message, cases[i].word);
    }
}

static void endless_output_is_cut(void **state) {
    (void)state;
    const char *const argv[] = {"/bin/sh", "-c", "head -c 300000 /dev/zero; exit 0", NULL};
    int64_t base, peak;
    assert_int_equal(measure(argv, 20, &base, &peak, NULL), EDY_IO);
}

static int child(int mib) {
    const int64_t base = edy_peak_rss_bytes();
    const size_t bytes = (size_t)mib << 20;
    char *p = malloc(bytes);
    if (!p)
        return 1;
    memset(p, 1, bytes);
    edy_peak_rss_print(base, edy_peak_rss_bytes() + (p[bytes / 2] - 1));
    free(p);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return child(atoi(argv[2]));
    snprintf(self, sizeof self, "%s", argv[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_does_not_inherit_the_peak),
        cmocka_unit_test(failures_are_sentences),
        cmocka_unit_test(endless_output_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
