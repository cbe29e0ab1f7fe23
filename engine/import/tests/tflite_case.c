/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/tests/tflite_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/import/tflite_import.h"

static uint8_t file[1 << 17];

tb_model tb_float_conv(void) {
    static const float w[8] = {1, 2, 3, 4, 5, 6, 7, 8}, bias[2] = {0.5f, -100.0f};
    tb_model m = {.in = {0}, .n_in = 1, .out = {3}, .n_out = 1};
    tb_add_tensor(&m, (tb_tensor){.name = "x", .rank = 4, .dim = {1, 3, 3, 1}, .open_batch = true});
    tb_add_tensor(
        &m, (tb_tensor){.name = "w", .rank = 4, .dim = {2, 2, 2, 1}, .data = w, .bytes = sizeof w});
    tb_add_tensor(
        &m, (tb_tensor){.name = "b", .rank = 1, .dim = {2}, .data = bias, .bytes = sizeof bias});
    tb_add_tensor(&m, (tb_tensor){.name = "y", .rank = 4, .dim = {1, 2, 2, 2}, .open_batch = true});
    tb_op *op = tb_add_op(&m, TB_CONV, 1);
    *op = (tb_op){.code = TB_CONV,
                  .in = {0, 1, 2},
                  .n_in = 3,
                  .out = {3},
                  .n_out = 1,
                  .options = 1,
                  .field = {{0, 1, 1}, {1, 4, 1}, {2, 4, 1}, {3, 1, 1}},
                  .n_fields = 4};
    return m;
}

tb_model tb_int8_net(void) {
    static int8_t w[3 * 3 * 3 * 2], dense[4 * 12];
    static const int32_t bias[3] = {100, -50, 7}, dense_bias[4] = {1, 2, 3, 4}, shape[2] = {-1, 12};
    static const float ws[3] = {0.01f, 0.02f, 0.03f},
                       one[] = {0.05f, 0.1f, 0.004f, 0.2f, 1.0f / 256};
    static const int64_t zeros[3] = {0, 0, 0}, zero[] = {-3, 5, 0, 10, -128};
    for (size_t i = 0; i < sizeof w; i++)
        w[i] = (int8_t)(i * 37 % 251 - 125);
    for (size_t i = 0; i < sizeof dense; i++)
        dense[i] = (int8_t)(i * 53 % 241 - 120);
    tb_model m = {.n_in = 1, .n_out = 1};
    const int type = TB_INT8;
    m.in[0] = tb_add_tensor(&m, (tb_tensor){.name = "x",
                                            .type = type,
                                            .rank = 4,
                                            .dim = {1, 4, 4, 2},
                                            .open_batch = true,
                                            .n_scales = 1,
                                            .scale = &one[0],
                                            .zero = &zero[0]});
    const int cw = tb_add_tensor(&m, (tb_tensor){.name = "w",
                                                 .type = type,
                                                 .rank = 4,
                                                 .dim = {3, 3, 3, 2},
                                                 .n_scales = 3,
                                                 .scale = ws,
                                                 .zero = zeros,
                                                 .data = w,
                                                 .bytes = sizeof w});
    const int cb = tb_add_tensor(&m, (tb_tensor){.name = "b",
                                                 .type = TB_INT32,
                                                 .rank = 1,
                                                 .dim = {3},
                                                 .data = bias,
                                                 .bytes = sizeof bias});
    const int conv = tb_add_tensor(&m, (tb_tensor){.name = "conv",
                                                   .type = type,
                                                   .rank = 4,
                                                   .dim = {1, 4, 4, 3},
                                                   .open_batch = true,
                                                   .n_scales = 1,
                                                   .scale = &one[1],
                                                   .zero = &zero[1]});
    const int pool = tb_add_tensor(&m, (tb_tensor){.name = "pool",
                                                   .type = type,
                                                   .rank = 4,
                                                   .dim = {1, 2, 2, 3},
                                                   .open_batch = true,
                                                   .n_scales = 1,
                                                   .scale = &one[1],
                                                   .zero = &zero[1]});
    const int cs = tb_add_tensor(&m, (tb_tensor){.name = "shape",
                                                 .type = TB_INT32,
                                                 .rank = 1,
                                                 .dim = {2},
                                                 .data = shape,
                                                 .bytes = sizeof shape});
    const int flat = tb_add_tensor(&m, (tb_tensor){.name = "flat",
                                                   .type = type,
                                                   .rank = 2,
                                                   .dim = {1, 12},
                                                   .open_batch = true,
                                                   .n_scales = 1,
                                                   .scale = &one[1],
                                                   .zero = &zero[1]});
    const int dw = tb_add_tensor(&m, (tb_tensor){.name = "dw",
                                                 .type = type,
                                                 .rank = 2,
                                                 .dim = {4, 12},
                                                 .n_scales = 1,
                                                 .scale = &one[2],
                                                 .zero = &zero[2],
                                                 .data = dense,
                                                 .bytes = sizeof dense});
    const int db = tb_add_tensor(&m, (tb_tensor){.name = "db",
                                                 .type = TB_INT32,
                                                 .rank = 1,
                                                 .dim = {4},
                                                 .data = dense_bias,
                                                 .bytes = sizeof dense_bias});
    const int fc = tb_add_tensor(&m, (tb_tensor){.name = "fc",
                                                 .type = type,
                                                 .rank = 2,
                                                 .dim = {1, 4},
                                                 .open_batch = true,
                                                 .n_scales = 1,
                                                 .scale = &one[3],
                                                 .zero = &zero[3]});
    m.out[0] = tb_add_tensor(&m, (tb_tensor){.name = "y",
                                             .type = type,
                                             .rank = 2,
                                             .dim = {1, 4},
                                             .open_batch = true,
                                             .n_scales = 1,
                                             .scale = &one[4],
                                             .zero = &zero[4]});
    *tb_add_op(&m, 0, 0) = (tb_op){.code = TB_CONV,
                                   .in = {m.in[0], cw, cb},
                                   .n_in = 3,
                                   .out = {conv},
                                   .n_out = 1,
                                   .options = 1,
                                   .old_code = true,
                                   .field = {{0, 1, 0}, {1, 4, 1}, {2, 4, 1}, {3, 1, 1}},
                                   .n_fields = 4};
    *tb_add_op(&m, 0, 0) = (tb_op){.code = TB_MAX,
                                   .in = {conv},
                                   .n_in = 1,
                                   .out = {pool},
                                   .n_out = 1,
                                   .options = 5,
                                   .field = {{0, 1, 1}, {1, 4, 2}, {2, 4, 2}, {3, 4, 2}, {4, 4, 2}},
                                   .n_fields = 5};
    *tb_add_op(&m, 0, 0) =
        (tb_op){.code = TB_RESHAPE, .in = {pool, cs}, .n_in = 2, .out = {flat}, .n_out = 1};
    *tb_add_op(&m, 0, 0) = (tb_op){
        .code = TB_DENSE, .in = {flat, dw, db}, .n_in = 3, .out = {fc}, .n_out = 1, .options = 8};
    *tb_add_op(&m, 0, 0) = (tb_op){.code = TB_SOFTMAX,
                                   .in = {fc},
                                   .n_in = 1,
                                   .out = {m.out[0]},
                                   .n_out = 1,
                                   .options = 9,
                                   .field = {{0, 4, tb_bits(1.0f)}},
                                   .n_fields = 1};
    return m;
}

edy_graph *tb_import(const tb_model *m) {
    edy_graph *g;
    edy_error err;
    const size_t size = tb_write(m, file, sizeof file);
    if (edy_tflite_import_memory("m.tflite", file, size, NULL, &g, &err))
        fail_msg("%s", err.message);
    return g;
}

void tb_run(const tb_model *m, const char *backend, const void *in, void *out, size_t out_bytes) {
    edy_graph *g = tb_import(m);
    edy_plan *plan;
    edy_error err;
    edy_plan_options options = {0};
    if (backend)
        assert_int_equal(edy_backend_find(backend, &options.backend, &err), EDY_OK);
    if (edy_plan_create(g, &options, &plan, &err))
        fail_msg("%s", err.message);
    assert_int_equal(edy_plan_output(plan, 0)->bytes, out_bytes);
    edy_plan_run(plan, (const void *[]){in}, (void *[]){out});
    edy_plan_destroy(plan);
    edy_graph_destroy(g);
}

void tb_refused(const tb_model *m, edy_status status, const char *a, const char *b) {
    edy_graph *g;
    edy_error err;
    const size_t size = tb_write(m, file, sizeof file);
    assert_int_equal(edy_tflite_import_memory("m.tflite", file, size, NULL, &g, &err), status);
    assert_null(g);
    assert_memory_equal(err.message, "m.tflite: ", 10);
    if (!strstr(err.message, a) || (b && !strstr(err.message, b)))
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.message, a, b ? b : "");
    assert_int_equal(edy_tflite_import_memory("m.tflite", file, size, NULL, &g, NULL), status);
}
