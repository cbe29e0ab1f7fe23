/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "bench/tests/temp_dir.h"
#include "bench/walk/problem.h"

static edy_problem parsed(const char *line) {
    edy_problem p;
    edy_error err;
    if (edy_problem_parse("test", 0, line, &p, &err))
        fail_msg("%s", err.message);
    return p;
}

static void reads_layers(void **state) {
    (void)state;
    const edy_problem p = parsed("conv in=2x8x9x12 out=6 kernel=3x5 stride=2x1 dilation=1x2 "
                                 "pads=0,1,2,3 groups=3 act=relu6 residual=1 fill=extreme seed=9");
    const edy_layer *l = &p.layer;
    assert_true(p.is_layer && p.has_seed && l->residual);
    assert_int_equal(l->in[0], 2);
    assert_int_equal(l->in[2], 9);
    assert_int_equal(l->in[3], 12);
    assert_int_equal(l->kernel[1], 5);
    assert_int_equal(l->pad[3], 3);
    assert_int_equal(l->groups, 3);
    assert_int_equal(l->act, EDY_ACT_RELU6);
    assert_int_equal(p.fill, EDY_FILL_EXTREME);
    assert_int_equal(p.dtype, -1);
    assert_int_equal(p.seed, 9);
    assert_int_equal(edy_layer_places(l, 0), 4); /* (8 + 0 + 2 - 3) / 2 + 1 */
    assert_int_equal(edy_layer_places(l, 1), 5); /* 9 + 1 + 3 - 9 + 1 */
    assert_true(edy_layer_macs(l) == 2.0 * 4 * 5 * 6 * 15 * 4);
}

static void reads_rows(void **state) {
    (void)state;
    const edy_problem p = parsed("any rows=1..mr channels=tile+1..2tile+1 taps=7");
    const edy_kernel_limits limits = {.max_rows = 6, .tile = 16}, loose = {.tile = 8};
    assert_false(p.is_layer);
    assert_null(p.family);
    assert_int_equal(edy_extent_value(&p.rows.last, &limits), 6);
    assert_int_equal(edy_extent_value(&p.rows.last, &loose), 5);
    assert_int_equal(edy_extent_value(&p.channels.first, &limits), 17);
    assert_int_equal(edy_extent_value(&p.channels.last, &limits), 33);
    assert_int_equal(edy_extent_value(&p.depth.last, &limits), 1);
    assert_int_equal(edy_extent_value(&p.taps.first, &limits), 7);
    assert_string_equal(parsed("s8_add channels=3").family->name, "s8_add");
}

static void printed_cases_parse_to_themselves(void **state) {
    (void)state;
    char text[EDY_PROBLEM_TEXT], again[EDY_PROBLEM_TEXT];
    static const char *const lines[] = {
        "conv in=1x8x8x6 out=8 kernel=3x3 stride=2x2 dilation=2x1 pads=1,0,2,3 groups=2 act=relu "
        "residual=1 dtype=f32 fill=exact seed=18446744073709551615",
        "dwconv in=1x8x8x6 kernel=3x3 act=relu6 dtype=s8_tflite fill=extreme seed=0",
        "gemm in=5x7 out=3 dtype=s8_onnx fill=realistic seed=1",
        "maxpool in=1x8x8x6 kernel=2x2 stride=2x2 pads=0,0,1,1 dtype=s8_onnx fill=one-signed "
        "seed=1",
        "mean in=2x8x8x6 dtype=f32 fill=exact seed=7"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const edy_problem p = parsed(lines[i]);
        edy_layer_case_text(&p.layer, (edy_layer_dtype)p.dtype, (edy_fill)p.fill, p.seed, text);
        assert_string_equal(text, lines[i]);
    }
    const edy_kernel_problem row = {3, 17, 40, 9, EDY_FILL_EXTREME, UINT64_MAX, NULL};
    edy_row_case_text(edy_kernel_family_find("s8_igemm_onnx"), &row, text);
    const edy_problem p = parsed(text);
    const edy_kernel_limits none = {.tile = 1};
    const edy_kernel_problem back = {(size_t)edy_extent_value(&p.rows.first, &none),
                                     (size_t)edy_extent_value(&p.channels.last, &none),
                                     (size_t)edy_extent_value(&p.depth.last, &none),
                                     (size_t)edy_extent_value(&p.taps.first, &none),
                                     (edy_fill)p.fill,
                                     p.seed,
                                     NULL};
    assert_string_equal(edy_row_case_text(p.family, &back, again), text);
}

static void longest_line_fits(void **state) {
    (void)state;
    char text[EDY_PROBLEM_TEXT];
    const int64_t m = EDY_MAX_EXTENT;
    const edy_layer l = {.kind = EDY_LAYER_DWCONV,
                         .in = {m, m, m, m},
                         .kernel = {m, m},
                         .stride = {m, m},
                         .dilation = {m, m},
                         .pad = {m, m, m, m},
                         .groups = m,
                         .act = EDY_ACT_RELU6,
                         .residual = true};
    edy_layer_case_text(&l, EDY_LAYER_S8_TFLITE, EDY_FILL_ONE_SIGNED, UINT64_MAX, text);
    assert_non_null(strstr(text, "seed=18446744073709551615"));
}

static void refused(const char *line, const char *field, const char *value) {
    edy_problem p;
    edy_error err;
    assert_int_equal(edy_problem_parse("bad.txt", 12, line, &p, &err), EDY_BAD_FILE);
    if (!strstr(err.message, field) || !strstr(err.message, value) ||
        strncmp(err.message, "bad.txt:12: ", 12) != 0)
        fail_msg("%s: %s", line, err.message);
}

static void refuses_bad_lines(void **state) {
    (void)state;
    char lengthy[600];
    memset(lengthy, 'a', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    refused(lengthy, "line", "longer");
    refused("convolve in=1x1x1x1", "kind", "\"convolve\"");
    refused("conv in=1x8x8x3 out=4", "field", "\"kernel\" is missing");
    refused("conv in=1x8x8 out=4 kernel=1x1", "in", "\"1x8x8\"");
    refused("conv in=1x8x8x3x4 out=4 kernel=1x1", "in", "\"1x8x8x3x4\"");
    refused("conv in=0x8x8x3 out=4 kernel=1x1", "in", "\"0x8x8x3\"");
    refused("conv in=1x8x8x-3 out=4 kernel=1x1", "in", "\"1x8x8x-3\"");
    refused("conv in=1x8x8x3 out=4 kernel=3x3 stride=0x1", "stride", "\"0x1\"");
    refused("conv in=1x8x8x3 out=99999999 kernel=1x1", "out", "\"99999999\"");
    refused("conv in=1x8x8x3 out=4 kernel=9x1", "window", "does not fit");
    refused("conv in=1x8x8x3 out=4 kernel=1x1 groups=2", "groups", "\"2\"");
    refused("conv in=1x8x8x3 out=4 kernel=1x1 groups=0", "groups", "\"0\"");
    refused("conv in=1x8x8x3 out=4 kernel=1x1 out=5", "\"out\"", "twice");
    refused("conv in=1x8x8x3 out=4 kernel=1x1 depth=5", "\"depth\"", "none");
    refused("conv in=1x8x8x3 out=4 kernel=1x1 relu", "word", "\"relu\"");
    refused("conv in=1x8x8x3 out=4 kernel=1x1 act=tanh", "act", "\"tanh\"");
    refused("conv in=1x8x8x3 out=4 kernel=1x1 fill=random", "fill", "\"random\"");
    refused("conv in=1x8x8x3 out=4 kernel=1x1 seed=-1", "seed", "\"-1\"");
    refused("conv in=1x8x8x3 out=4 kernel=1x1 seed=18446744073709551616", "seed", "1844");
    refused("add in=1x8x8x3 dtype=s8_onnx", "dtype", "\"s8_onnx\"");
    refused("maxpool in=1x2x2x3 kernel=2x2 pads=2,0,0,0", "window", "padding");
    refused("conv in=1000x1000x1000x3 out=4 kernel=1x1", "problem", "2^27");
    refused("gemm in=1x1x1x7 out=4", "in", "\"1x1x1x7\"");
    refused("any rows=2", "field", "\"channels\" is missing");
    refused("any channels=2..", "channels", "\"2..\"");
    refused("any channels=5..2", "range", "\"channels\"");
    refused("any channels=2mr", "channels", "\"2mr\"");
    refused("any channels=tile+", "channels", "\"tile+\"");
    refused("any channels=0", "channels", "\"0\"");
    refused("any channels=1..1000000 rows=1..1000", "ranges", "million");
    refused("any channels=1000 depth=1000 taps=100", "product", "65536");
    refused("any channels=1000000 depth=1000", "problem", "2^27");
}

static void reads_files(void **state) {
    (void)state;
    static const char text[] = "# a comment\n\n conv in=1x1x1x3 out=4 kernel=1x1 # behind\r\n"
                               "add in=1x1x1x1\n";
    static const char bad[] = "add in=1x1x1x1\n\nadd in=1x1x1\n", empty[] = "# nothing\n";
    char *dir = edy_temp_dir_create();
    edy_problems all = {.item = NULL};
    edy_error err;
    const char *path = edy_temp_path(dir, "shapes.txt");
    edy_temp_write(path, text, sizeof text - 1);
    assert_int_equal(edy_problems_read(path, &all, &err), EDY_OK);
    assert_int_equal(all.n, 2);
    assert_int_equal(all.item[0].line, 3);
    edy_temp_write(path, bad, sizeof bad - 1);
    assert_int_equal(edy_problems_read(path, &all, &err), EDY_BAD_FILE);
    assert_int_equal(all.n, 2); /* nothing of it was kept */
    assert_non_null(strstr(err.message, "shapes.txt:3: in \"1x1x1\""));
    edy_temp_write(path, empty, sizeof empty - 1);
    assert_int_equal(edy_problems_read(path, &all, &err), EDY_BAD_FILE);
    assert_int_equal(edy_problems_read(edy_temp_path(dir, "none.txt"), &all, &err), EDY_IO);
    edy_problems_free(&all);
    edy_temp_dir_remove(dir);
}

static void reads_the_workloads(void **state) {
    (void)state;
    edy_problems all = {.item = NULL};
    edy_error err;
    size_t files = 0;
    DIR *dir = opendir(EDYNO_SOURCE_DIR "/workloads");
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char path[600];
        if (strncmp(e->d_name, "shapes_", 7) != 0)
            continue;
        snprintf(path, sizeof path, "%s/workloads/%s", EDYNO_SOURCE_DIR, e->d_name);
        if (edy_problems_read(path, &all, &err))
            fail_msg("%s", err.message);
        files++;
    }
    closedir(dir);
    assert_true(files >= 1);
    assert_true(all.n > 100);
    edy_problems_free(&all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_layers),       cmocka_unit_test(reads_rows),
        cmocka_unit_test(longest_line_fits),  cmocka_unit_test(printed_cases_parse_to_themselves),
        cmocka_unit_test(refuses_bad_lines),  cmocka_unit_test(reads_files),
        cmocka_unit_test(reads_the_workloads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
