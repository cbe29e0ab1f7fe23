/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reports/text.h"

static char out[EDY_TEXT_SHORT];

static void times_have_three_digits(void **state) {
    (void)state;
    assert_string_equal(edy_text_time(out, 0.0, EDY_ASCII), "0.00 ns");
    assert_string_equal(edy_text_time(out, 9.994, EDY_ASCII), "9.99 ns");
    assert_string_equal(edy_text_time(out, 9.995, EDY_ASCII), "10.0 ns");
    assert_string_equal(edy_text_time(out, 99.96, EDY_ASCII), "100 ns");
    assert_string_equal(edy_text_time(out, 999.4, EDY_ASCII), "999 ns");
    assert_string_equal(edy_text_time(out, 999.6, EDY_ASCII), "1.00 us");
    assert_string_equal(edy_text_time(out, 84123.0, EDY_ASCII), "84.1 us");
    assert_string_equal(edy_text_time(out, 84123.0, EDY_UTF8), "84.1 \xC2\xB5s");
    assert_string_equal(edy_text_time(out, 999.96e3, EDY_ASCII), "1.00 ms");
    assert_string_equal(edy_text_time(out, 1.5e9, EDY_ASCII), "1.50 s");
    assert_string_equal(edy_text_time(out, 12345e9, EDY_ASCII), "12345 s");
    assert_string_equal(edy_text_time(out, NAN, EDY_ASCII), "-");
    assert_string_equal(edy_text_time(out, INFINITY, EDY_ASCII), "-");
}

static void intervals_show_their_ends_apart(void **state) {
    (void)state;
    assert_string_equal(edy_text_interval(out, 1.22e6, 1.24e6, EDY_ASCII), "1.22 to 1.24 ms");
    assert_string_equal(edy_text_interval(out, 1.2281e6, 1.2364e6, EDY_ASCII), "1.228 to 1.236 ms");
    assert_string_equal(edy_text_interval(out, 900e3, 1.1e6, EDY_ASCII), "0.90 to 1.10 ms");
    assert_string_equal(edy_text_interval(out, 5e3, 5e3, EDY_ASCII), "5.00000 to 5.00000 us");
    assert_string_equal(edy_text_interval(out, NAN, 5e3, EDY_ASCII), "-");
    assert_string_equal(edy_text_half_width(out, 99.0, 100.0, 102.0, EDY_ASCII), "+-2.0%");
    assert_string_equal(edy_text_half_width(out, 99.99, 100.0, 100.01, EDY_ASCII), "<0.1%");
    assert_string_equal(edy_text_half_width(out, 80.0, 100.0, 102.0, EDY_UTF8), "\xC2\xB1"
                                                                                "20%");
    assert_string_equal(edy_text_half_width(out, 1.0, 100.0, 103.0, EDY_ASCII), "+-99%");
    assert_string_equal(edy_text_half_width(out, 99.0, 100.0, 900.0, EDY_ASCII), ">99%");
    assert_string_equal(edy_text_half_width(out, NAN, 100.0, 102.0, EDY_ASCII), "-");
    assert_string_equal(edy_text_half_width(out, 0.0, 0.0, 0.0, EDY_ASCII), "-");
}

static void other_numbers(void **state) {
    (void)state;
    assert_string_equal(edy_text_bytes(out, -1), "-");
    assert_string_equal(edy_text_bytes(out, 0), "0 B");
    assert_string_equal(edy_text_bytes(out, 1023), "1023 B");
    assert_string_equal(edy_text_bytes(out, 84 * 1024), "84.0 KiB");
    assert_string_equal(edy_text_bytes(out, INT64_MAX), "8388608 TiB");
    assert_string_equal(edy_text_count(out, 0), "0");
    assert_string_equal(edy_text_count(out, 999), "999");
    assert_string_equal(edy_text_count(out, 1000), "1,000");
    assert_string_equal(edy_text_count(out, INT64_MAX), "9,223,372,036,854,775,807");
    assert_string_equal(edy_text_count(out, -1), "-");
    assert_string_equal(edy_text_scaled(out, 12501632), "12.5 M");
    assert_string_equal(edy_text_scaled(out, 17), "17");
    assert_string_equal(edy_text_scaled(out, 49.36), "49.4");
    assert_string_equal(edy_text_scaled(out, NAN), "-");
    assert_string_equal(edy_text_percent(out, 0.9235), "92.3 %");
    assert_string_equal(edy_text_percent(out, NAN), "-");
    assert_string_equal(edy_text_percent_interval(out, 0.9064, 0.94), "90.6 to 94.0 %");
}

static void exact_reads_back(void **state) {
    (void)state;
    static const double values[] = {0.0,    1.0,           0.1,       1.0 / 3.0, 12345.678, 1e300,
                                    5e-324, 123456789.123, 0.1 + 0.2, 2.5e15,    1e-7};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        edy_text_exact(out, values[i]);
        assert_true(strtod(out, NULL) == values[i]);
    }
    assert_string_equal(edy_text_exact(out, 0.1), "0.1");
    assert_string_equal(edy_text_exact(out, NAN), "");
    assert_string_equal(edy_text_exact(out, -INFINITY), "");
}

static void cleaning(void **state) {
    (void)state;
    char text[64];
    edy_text_clean(text, sizeof text, "a\nb\tc\x1b[1m\x7f", 60, EDY_UTF8);
    assert_string_equal(text, "a b c [1m ");
    edy_text_clean(text, sizeof text, "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", 60, EDY_UTF8);
    assert_string_equal(text, "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
    edy_text_clean(text, sizeof text, "caf\xC3\xA9 \xE2\x82\xAC", 60, EDY_ASCII);
    assert_string_equal(text, "caf? ?");
    /* Cut off, alone, overlong, a surrogate, above U+10FFFF, a C1 control. */
    edy_text_clean(text, sizeof text, "\xC3", 60, EDY_UTF8);
    assert_string_equal(text, "?");
    edy_text_clean(text, sizeof text, "\x80\xC0\xAF", 60, EDY_UTF8);
    assert_string_equal(text, "???");
    edy_text_clean(text, sizeof text, "\xED\xA0\x80\xF4\x90\x80\x80\xE0\x80\xAF", 60, EDY_UTF8);
    assert_string_equal(text, "??????????");
    edy_text_clean(text, sizeof text,
                   "\xC2\x9B"
                   "31m",
                   60, EDY_UTF8);
    assert_string_equal(text, " 31m");
}

static void cutting(void **state) {
    (void)state;
    char text[64], tight[8];
    edy_text_clean(text, sizeof text, "abcdef", 4, EDY_ASCII);
    assert_string_equal(text, "abc~");
    edy_text_clean(text, sizeof text, "abcd", 4, EDY_ASCII);
    assert_string_equal(text, "abcd");
    edy_text_clean(text, sizeof text, "\xC3\xA9\xC3\xA9\xC3\xA9", 2, EDY_UTF8);
    assert_string_equal(text, "\xC3\xA9\xE2\x80\xA6");
    edy_text_clean(tight, sizeof tight, "abcdefghijkl", 60, EDY_ASCII);
    assert_true(strlen(tight) < sizeof tight && tight[strlen(tight) - 1] == '~');
    edy_text_shorten(text, sizeof text, "model_number_17.onnx", 11, EDY_ASCII);
    assert_string_equal(text, "model~.onnx");
    edy_text_shorten(text, sizeof text, "short", 11, EDY_ASCII);
    assert_string_equal(text, "short");
    edy_text_shorten(text, sizeof text, "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 3, EDY_UTF8);
    assert_string_equal(text, "\xC3\xA9\xE2\x80\xA6\xC3\xA9");
    assert_int_equal(edy_text_columns("\xC3\xA9\xE2\x80\xA6x"), 3);
}

static void wrapping(void **state) {
    (void)state;
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    edy_text_print_wrapped(memory, " a  ", "one two three four averyveryverylongwordindeed x", 25);
    fclose(memory);
    assert_string_equal(text, " a  one two three four\n"
                              "    averyveryverylongword\n"
                              "    indeed x\n");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_have_three_digits),
        cmocka_unit_test(intervals_show_their_ends_apart),
        cmocka_unit_test(other_numbers),
        cmocka_unit_test(exact_reads_back),
        cmocka_unit_test(cleaning),
        cmocka_unit_test(cutting),
        cmocka_unit_test(wrapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
