/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A calibration as a file: what comes back, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/compress/quantize.h"
#include "engine/compress/ranges_file.h"
#include "engine/import/text_import.h"

static char path[] = "/tmp/edyno-ranges-XXXXXX";
static edy_graph *g;

static int set_up(void **state) {
    (void)state;
    static const char text[] = "net small\ninput 1x4x4\nx = conv 2 3x3 relu\nconv 2 3x3\nadd x\n"
                               "relu6\ndense 3\n";
    const int fd = mkstemp(path);
    edy_error err;
    return fd < 0 || close(fd) || edy_text_import_memory("n", text, strlen(text), NULL, &g, &err)
               ? -1
               : 0;
}

static int tear_down(void **state) {
    (void)state;
    edy_graph_destroy(g);
    return unlink(path);
}

static edy_value_id value(const char *name) {
    for (edy_value_id v = 0; v < g->n_values; v++)
        if (strcmp(g->value[v].name, name) == 0)
            return v;
    fail_msg("no value %s", name);
    return -1;
}

static edy_status two_images(void *context, uint64_t index, float *out, edy_error *err) {
    (void)context, (void)err;
    for (int i = 0; i < 16; i++)
        out[i] = (float)(i * (index ? 1 : -3)) / 7.0f;
    return EDY_OK;
}

static void what_is_written_is_read_back(void **state) {
    (void)state;
    edy_error err;
    edy_calibration *c, *back;
    const edy_calibration_source source = {.next_image = two_images, .images = 2};
    assert_int_equal(edy_calibrate(g, &source, &c, &err), EDY_OK);
    assert_int_equal(edy_ranges_write(path, g, c, &err), EDY_OK);
    if (edy_ranges_read(path, g, NULL, &back, &err))
        fail_msg("%s", err.message);
    assert_int_equal(edy_calibration_images(back), 2);
    const char *const kept[] = {"input", "conv_1.relu", "conv_2", "relu6_4.relu6", "output"};
    for (int i = 0; i < 5; i++) {
        const edy_range a = edy_calibration_range(c, value(kept[i]));
        const edy_range b = edy_calibration_range(back, value(kept[i]));
        assert_true(b.low <= a.low && b.high >= a.high); /* rounded away from zero */
        assert_true(fabsf(b.low - a.low) <= 0.00101f * fabsf(a.low));
        assert_true(fabsf(b.high - a.high) <= 0.00101f * fabsf(a.high));
    }
    const edy_range before = edy_calibration_range(back, value("conv_1"));
    assert_true(before.low > before.high); /* only its Relu reads it */
    edy_graph *q;
    if (edy_quantize(g, back, &q, &err))
        fail_msg("%s", err.message);
    edy_graph_destroy(q);
    edy_calibration_destroy(c);
    edy_calibration_destroy(back);
}

static edy_status read_text(const char *text, edy_calibration **c, edy_error *err) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
    return edy_ranges_read(path, g, NULL, c, err);
}

static void bad_files_are_refused_by_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"\n", ":1: is without ranges"},
        {"input 0 1\n", ":1: must be \"ranges NAME IMAGES\", not \"input 0 1\""},
        {"ranges other 8\n", ":1: these are the ranges of another network, \"other\""},
        {"ranges small 0\n", ":1: the number of images is \"0\""},
        {"ranges small -8\n", ":1: the number of images is \"-8\""},
        {"ranges small 8\ninput 0\n", ":2: must be \"TENSOR LOW HIGH\", not \"input 0\""},
        {"ranges small 8\ninput 0 1 2\n", ":2: not a number: \"1 2\""},
        {"ranges small 8\ninput nan 1\n", ":2: not a number: \"nan\""},
        {"ranges small 8\ninput 0 1e99\n", ":2: not a number: \"1e99\""},
        {"ranges small 8\ninput 2 1\n", ":2: the range holds nothing: \"input\""},
        {"ranges small 8\n# x\noutput 0 1\ninput 0 1\n", ":4: the network has no such tensor"},
        {"ranges small 8\nconv_9 0 1\n", ":2: the network has no such tensor"},
        {"ranges small 8\n\a 0 1\n", "\"?\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        edy_calibration *c;
        edy_error err;
        assert_int_equal(read_text(cases[i].text, &c, &err), EDY_BAD_FILE);
        assert_null(c);
        if (!strstr(err.message, cases[i].message))
            fail_msg("%s\ngives \"%s\"", cases[i].text, err.message);
    }
}

static void missing_ranges_stop_quantization_by_name(void **state) {
    (void)state;
    edy_calibration *c;
    edy_graph *q;
    edy_error err;
    assert_int_equal(read_text("ranges small 8 \ninput -1 1 # real images\n", &c, &err), EDY_OK);
    assert_int_equal(edy_quantize(g, c, &q, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "\"conv_1.relu\""));
    edy_calibration_destroy(c);
    assert_int_equal(edy_ranges_read("no/such.ranges", g, NULL, &c, &err), EDY_IO);
    edy_error write_err;
    assert_int_equal(edy_ranges_read(path, g, NULL, &c, &err), EDY_OK);
    assert_int_equal(edy_ranges_write("no/such.ranges", g, c, &write_err), EDY_IO);
    assert_non_null(strstr(write_err.message, "no/such.ranges: cannot create"));
    edy_calibration_destroy(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(bad_files_are_refused_by_line),
        cmocka_unit_test(missing_ranges_stop_quantization_by_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
