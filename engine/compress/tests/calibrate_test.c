/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/compress/calibrate.h"
#include "engine/passes/tests/build_graph.h"

/* Images of four elements, one after the other; asked counts the calls. */
typedef struct images {
    const float (*x)[4];
    uint64_t asked, fail_at;
} images;

static edy_status next_image(void *context, uint64_t index, float *out, edy_error *err) {
    images *im = context;
    assert_int_equal(index, im->asked++);
    if (index == im->fail_at)
        return edy_fail(err, EDY_IO, "image %d is torn", (int)index);
    memcpy(out, im->x[index], sizeof im->x[0]);
    return EDY_OK;
}

static edy_value_id conv1(edy_graph *g, edy_value_id x, float weight) {
    return bg_conv(g, x, bg_f32(g, SHAPE(1, 1, 1, 1), &weight), EDY_NO_VALUE, 0, 1, 1);
}

/* x -> Conv by 2 -> Relu -> output; *conv is the Conv's own result. */
static edy_graph *small_net(edy_value_id *x, edy_value_id *conv, edy_value_id *relu) {
    edy_graph *g = bg_new();
    *x = bg_input(g, SHAPE(1, 1, 2, 2));
    *conv = conv1(g, *x, 2.0f);
    *relu = bg_clip(g, *conv, 0.0f, INFINITY);
    bg_output(g, *relu);
    bg_infer(g);
    return g;
}

static const float two_images[2][4] = {{1, -2, 3, 0}, {0, -4, 1, 2}};

static void ranges_cover_all_images_and_tensors(void **state) {
    (void)state;
    edy_value_id x, conv, relu;
    edy_graph *g = small_net(&x, &conv, &relu);
    images im = {two_images, 0, 99};
    const edy_calibration_source source = {.next_image = next_image, .context = &im, .images = 2};
    edy_calibration *c;
    edy_error err = {0};
    assert_int_equal(edy_calibrate(g, &source, &c, &err), EDY_OK);
    assert_int_equal(edy_calibration_images(c), 2);
    edy_range r = edy_calibration_range(c, x);
    assert_float_equal(r.low, -4, 0);
    assert_float_equal(r.high, 3, 0);
    r = edy_calibration_range(c, conv);
    assert_float_equal(r.low, -8, 0);
    assert_float_equal(r.high, 6, 0);
    r = edy_calibration_range(c, relu);
    assert_float_equal(r.low, 0, 0);
    assert_float_equal(r.high, 6, 0);
    r = edy_calibration_range(c, 12345);
    assert_true(r.low > r.high);
    assert_int_equal(g->n_nodes, 2); /* the caller's graph is as it was */
    edy_calibration_destroy(c);
    edy_calibration_destroy(NULL);
    edy_graph_destroy(g);
}

/* Calibrates g with these images; returns the status, the message in err. */
static edy_status refusal(const edy_graph *g, const float (*x)[4], uint64_t n, uint64_t fail_at,
                          edy_error *err) {
    images im = {x, 0, fail_at};
    const edy_calibration_source source = {.next_image = next_image, .context = &im, .images = n};
    edy_calibration *c = (edy_calibration *)&im; /* must be cleared */
    const edy_status status = edy_calibrate(g, &source, &c, err);
    assert_null(c);
    return status;
}

static void refuses_nan_and_infinity(void **state) {
    (void)state;
    edy_value_id x, conv, relu;
    edy_graph *g = small_net(&x, &conv, &relu);
    edy_error err = {0};
    const float nan_input[2][4] = {{0}, {0, NAN}};
    assert_int_equal(refusal(g, nan_input, 2, 99, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "\"x\" holds nan at element 1 on calibration image 1"));
    const float overflow[1][4] = {{0, 0, 3e38f, 0}};
    assert_int_equal(refusal(g, overflow, 1, 99, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "\"Conv_0\" holds inf"));
    edy_graph_destroy(g);
}

static void refuses_no_images_and_passes_errors_on(void **state) {
    (void)state;
    edy_value_id x, conv, relu;
    edy_graph *g = small_net(&x, &conv, &relu);
    edy_error err = {0};
    assert_int_equal(refusal(g, two_images, 0, 99, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "no images"));
    assert_int_equal(refusal(g, two_images, 2, 1, &err), EDY_IO);
    assert_string_equal(err.message, "image 1 is torn");
    edy_graph_destroy(g);
}

static void refuses_networks_that_it_cannot_calibrate(void **state) {
    (void)state;
    edy_error err = {0};
    edy_graph *g = bg_new();
    bg_output(g, bg_qdq(g, bg_input(g, SHAPE(1, 1, 2, 2)), 0.5f, 3, EDY_U8));
    bg_infer(g);
    assert_int_equal(refusal(g, two_images, 2, 99, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "quantized already"));
    edy_graph_destroy(g);

    g = bg_new();
    const edy_value_id a = bg_input(g, SHAPE(1, 1, 2, 2)), b = bg_input(g, SHAPE(1, 1, 2, 2));
    bg_output(g, bg_node(g, EDY_OP_ADD, a, b, EDY_NO_VALUE));
    bg_infer(g);
    assert_int_equal(refusal(g, two_images, 2, 99, &err), EDY_UNSUPPORTED);
    assert_non_null(strstr(err.message, "2 inputs"));
    edy_graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_cover_all_images_and_tensors),
        cmocka_unit_test(refuses_nan_and_infinity),
        cmocka_unit_test(refuses_no_images_and_passes_errors_on),
        cmocka_unit_test(refuses_networks_that_it_cannot_calibrate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
