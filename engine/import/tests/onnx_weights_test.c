/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Where weights may come from. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_case.h"

static void weights_must_be_constants(void **state) {
    (void)state;
    edy_ob *b = onnx_case_image(13);
    edy_ob_node(b, "Conv", "c", "x x", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "Conv (node \"c\"): input 1 \"x\" is not a constant");
}

/* Weights that went through QuantizeLinear in the file: per channel, ties to even, clamped. */
static void float_weights_are_quantized(void **state) {
    (void)state;
    const float w[6] = {0.5f, -1.5f, 300.0f, 1.0f, -3.0f, -300.0f}, ws[2] = {1.0f, 2.0f};
    const int8_t signed_zero[2] = {0, 1}, signed_q[6] = {0, -2, 127, 1, -1, -128};
    const uint8_t unsigned_zero[2] = {128, 3}, unsigned_q[6] = {128, 126, 255, 3, 1, 0};
    for (int u8 = 0; u8 < 2; u8++) {
        edy_ob *b = edy_ob_create(13);
        edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, 3));
        edy_ob_output(b, "y", EDY_F32);
        edy_ob_f32(b, "w", 2, DIMS(2, 3), w);
        edy_ob_f32(b, "ws", 1, DIMS(2), ws);
        edy_ob_tensor(b, "wz", u8 ? EDY_U8 : EDY_S8, 1, DIMS(2),
                      u8 ? (const void *)unsigned_zero : signed_zero);
        edy_ob_int(b, edy_ob_node(b, "QuantizeLinear", "q", "w ws wz", "wq"), "axis", 0);
        edy_ob_int(b, edy_ob_node(b, "DequantizeLinear", "d", "wq ws wz", "wd"), "axis", -2);
        edy_ob_int(b, edy_ob_node(b, "Gemm", "g", "x wd", "y"), "transB", 1);
        edy_graph *g = onnx_case_finish(b);
        assert_int_equal(g->n_nodes, 2);
        assert_memory_equal(edy_ob_value(g, "wq")->data, u8 ? (const void *)unsigned_q : signed_q,
                            6);
        edy_graph_destroy(g);
    }
}

/* What exporters make of clamp(x, max=6): a float64 constant, cast. */
static void casts_that_change_nothing(void **state) {
    (void)state;
    static const struct {
        int64_t to;
        const char *refused;
    } rows[] = {
        {1, NULL}, {10, "Cast (node \"k\"): from float32 to float16 is not supported"}, {11, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        edy_ob *b = onnx_case_vector(13);
        const double six = 6.0;
        edy_ob_tensor(b, "six", EDY_F64, 0, NULL, &six);
        edy_ob_int(b, edy_ob_node(b, "Cast", "k", "six", "high"), "to", rows[i].to);
        edy_ob_node(b, "Clip", "c", "x - high", "y");
        if (rows[i].refused) {
            edy_ob_refused(b, EDY_UNSUPPORTED, rows[i].refused);
            continue;
        }
        edy_graph *g = onnx_case_finish(b);
        assert_int_equal(g->n_nodes, 1);
        assert_true(g->node[0].act_max == 6.0f);
        edy_graph_destroy(g);
    }
}

/* A refused quantizer that is the first node of all. */
static void quantizer_of_a_bad_scale(void **state) {
    (void)state;
    edy_ob *b = onnx_case_vector(13);
    edy_ob_f32(b, "s", 1, DIMS(2), (const float[]){1.0f, 0.0f});
    edy_ob_node(b, "QuantizeLinear", "q", "x s", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "QuantizeLinear (node \"q\")");
    b = onnx_case_vector(13);
    edy_ob_f32(b, "s", 0, NULL, NULL)->raw_data.len = 3;
    edy_ob_node(b, "QuantizeLinear", "q", "x s", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "tensor \"s\" has 3 bytes of data");
}

/* Weights of a kilobyte and more stay in the file's bytes while the rest is unpacked; small and
 * large ones stand between each other here. */
static void large_weights_find_their_tensors(void **state) {
    (void)state;
    enum { LARGE = 40 * 40 };
    float a[LARGE], c[LARGE], small[40];
    for (int i = 0; i < LARGE; i++) {
        a[i] = (float)i;
        c[i] = (float)(2 * i + 1);
    }
    for (int i = 0; i < 40; i++)
        small[i] = (float)-i;
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, 40));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_f32(b, "b1", 1, DIMS(40), small);
    edy_ob_f32(b, "w1", 2, DIMS(40, 40), a);
    edy_ob_f32(b, "unread", 1, DIMS(1), small);
    edy_ob_f32(b, "w2", 2, DIMS(40, 40), c);
    edy_ob_node(b, "Gemm", "g1", "x w1 b1", "h");
    edy_ob_node(b, "Gemm", "g2", "h w2", "y");
    edy_graph *g = onnx_case_finish(b);
    assert_memory_equal(edy_ob_value(g, "w1")->data, a, sizeof a);
    assert_memory_equal(edy_ob_value(g, "w2")->data, c, sizeof c);
    assert_memory_equal(edy_ob_value(g, "b1")->data, small, sizeof small);
    edy_graph_destroy(g);
}

enum { CHAIN = 8, WIDTH = 20 };

/* CHAIN layers whose names, and so the places of whose weights in the file, differ in length. */
static void chain_name(int layer, char name[32]) {
    snprintf(name, 32, "w%.*s%d", layer, "-----------", layer);
}

static void check_chain(const edy_graph *g, float w[CHAIN][WIDTH * WIDTH]) {
    for (int i = 0; i < CHAIN; i++) {
        char name[32];
        chain_name(i, name);
        const void *data = edy_ob_value(g, name)->data;
        assert_int_equal((uintptr_t)data % sizeof(float), 0);
        assert_memory_equal(data, w[i], sizeof w[i]);
    }
}

/* A graph keeps the bytes of a file that it reads itself, moved to where floats may be; it leaves
 * its caller's bytes as they are, and needs them no longer. */
static void weights_stay_in_the_file(void **state) {
    (void)state;
    float w[CHAIN][WIDTH * WIDTH];
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, WIDTH));
    edy_ob_output(b, "y7", EDY_F32);
    for (int i = 0; i < CHAIN; i++) {
        char name[32], inputs[64], y[16];
        for (int k = 0; k < WIDTH * WIDTH; k++)
            w[i][k] = (float)(i * WIDTH * WIDTH + k);
        chain_name(i, name);
        edy_ob_f32(b, name, 2, DIMS(WIDTH, WIDTH), w[i]);
        snprintf(y, sizeof y, "y%d", i - 1);
        snprintf(inputs, sizeof inputs, "%s %s", i ? y : "x", name);
        snprintf(y, sizeof y, "y%d", i);
        edy_ob_node(b, "Gemm", "", inputs, y);
    }
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size), *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    char path[] = "/tmp/edyno-weights-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    edy_graph *from_file, *from_memory;
    edy_error err;
    assert_int_equal(edy_onnx_import(path, NULL, &from_file, &err), EDY_OK);
    unlink(path);
    assert_int_equal(edy_onnx_import_memory("m", bytes, size, NULL, &from_memory, &err), EDY_OK);
    assert_memory_equal(bytes, copy, size);
    memset(bytes, 0, size);
    check_chain(from_file, w);
    check_chain(from_memory, w);
    edy_graph_destroy(from_file);
    edy_graph_destroy(from_memory);
    free(bytes);
    free(copy);
    edy_ob_destroy(b);
}

static void not_finite_weights_are_found_at_any_place(void **state) {
    (void)state;
    enum { LARGE = 30 * 30 };
    for (int at = 0; at < LARGE; at += 129) {
        float w[LARGE] = {0};
        w[at] = at % 2 ? NAN : -INFINITY;
        edy_ob *b = edy_ob_create(13);
        edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, 30));
        edy_ob_output(b, "y", EDY_F32);
        edy_ob_f32(b, "w", 2, DIMS(30, 30), w);
        edy_ob_node(b, "Gemm", "g", "x w", "y");
        char part[64];
        snprintf(part, sizeof part, "tensor \"w\": element %d is %s", at,
                 at % 2 ? "NaN" : "infinite");
        edy_ob_refused(b, EDY_BAD_FILE, part);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_weights_find_their_tensors),
        cmocka_unit_test(weights_stay_in_the_file),
        cmocka_unit_test(not_finite_weights_are_found_at_any_place),
        cmocka_unit_test(weights_must_be_constants),
        cmocka_unit_test(float_weights_are_quantized),
        cmocka_unit_test(casts_that_change_nothing),
        cmocka_unit_test(quantizer_of_a_bad_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
