/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What is written reads back as the same graph. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/export/onnx_export.h"
#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_builder.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static char folder[] = "/tmp/edy_export_XXXXXX";
static char path[64];

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails where a temporary file is left */
}

static edy_graph *imported(edy_ob *b) {
    edy_graph *g = edy_ob_import(b);
    edy_ob_destroy(b);
    return g;
}

static edy_graph *exported(const edy_graph *g) {
    edy_graph *back;
    edy_error err;
    if (edy_onnx_export(g, path, &err))
        fail_msg("%s", err.message);
    if (edy_onnx_import(path, NULL, &back, &err))
        fail_msg("%s", err.message);
    return back;
}

/* ---- Comparison ------------------------------------------------------------------------------ */

static void assert_same_value(const edy_graph *a, edy_value_id x, const edy_graph *b,
                              edy_value_id y) {
    if (x == EDY_NO_VALUE || y == EDY_NO_VALUE) {
        assert_int_equal(x, y);
        return;
    }
    const edy_value *v = &a->value[x], *w = &b->value[y];
    assert_string_equal(v->name, w->name);
    assert_int_equal(v->dtype, w->dtype);
    assert_true(edy_shape_equal(&v->shape, &w->shape));
    assert_int_equal(!v->data, !w->data);
    if (v->data)
        assert_memory_equal(v->data, w->data,
                            edy_shape_count(&v->shape) * edy_dtype_bytes(v->dtype));
}

static void assert_same_window(const edy_window *a, const edy_window *b) {
    assert_memory_equal(a->kernel, b->kernel, sizeof a->kernel);
    assert_memory_equal(a->stride, b->stride, sizeof a->stride);
    assert_memory_equal(a->dilation, b->dilation, sizeof a->dilation);
    assert_memory_equal(a->pad, b->pad, sizeof a->pad);
    assert_int_equal(a->groups, b->groups);
    assert_int_equal(a->auto_pad, b->auto_pad);
    assert_int_equal(a->ceil_mode, b->ceil_mode);
    assert_int_equal(a->count_include_pad, b->count_include_pad);
}

static void assert_same_node(const edy_graph *g, const edy_node *a, const edy_graph *h,
                             const edy_node *b) {
    assert_int_equal(a->op, b->op);
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->n_inputs, b->n_inputs);
    for (int32_t i = 0; i < a->n_inputs; i++)
        assert_same_value(g, a->input[i], h, b->input[i]);
    assert_same_value(g, a->output[0], h, b->output[0]);
    assert_true(a->act_min == b->act_min && a->act_max == b->act_max);
    assert_same_window(&a->window, &b->window);
    assert_true(a->alpha == b->alpha && a->beta == b->beta && a->epsilon == b->epsilon);
    assert_int_equal(a->trans_a, b->trans_a);
    assert_int_equal(a->trans_b, b->trans_b);
    assert_int_equal(a->axis, b->axis);
    assert_int_equal(a->n_perm, b->n_perm);
    assert_memory_equal(a->perm, b->perm, sizeof a->perm);
    assert_int_equal(a->n_target, b->n_target);
    assert_memory_equal(a->target, b->target, sizeof a->target);
    assert_memory_equal(a->pads, b->pads, sizeof a->pads);
    assert_true(a->pad_value == b->pad_value);
}

static void assert_same_graph(const edy_graph *a, const edy_graph *b) {
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->batch, b->batch);
    assert_int_equal(a->n_inputs, b->n_inputs);
    assert_int_equal(a->n_outputs, b->n_outputs);
    for (int32_t i = 0; i < a->n_inputs; i++)
        assert_same_value(a, a->input[i], b, b->input[i]);
    for (int32_t i = 0; i < a->n_outputs; i++)
        assert_same_value(a, a->output[i], b, b->output[i]);
    assert_int_equal(a->n_nodes, b->n_nodes);
    for (int32_t i = 0; i < a->n_nodes; i++)
        assert_same_node(a, &a->node[i], b, &b->node[i]);
}

static void check_round_trip(edy_graph *g) {
    edy_graph *back = exported(g);
    assert_same_graph(g, back);
    edy_graph_destroy(back);
    edy_graph_destroy(g);
}

/* ---- Round trips ----------------------------------------------------------------------------- */

static void float_operators(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    const float v[4] = {1, 2, 3, 4}, six = 6.0f;
    edy_ob_input(b, "x", EDY_F32, 4, DIMS(EDY_OB_N, 2, 9, 8));
    edy_ob_f32(b, "w", 4, DIMS(4, 1, 3, 2), NULL);
    edy_ob_f32(b, "v", 1, DIMS(4), v);
    edy_ob_f32(b, "k", 3, DIMS(4, 1, 1), NULL);
    edy_ob_f32(b, "six", 0, NULL, &six);
    edy_ob_s64(b, "pads", 8, DIMS(0, 0, 1, 2, 0, 0, 0, 1));
    edy_ob_s64(b, "flat", 2, DIMS(0, -1));
    edy_ob_f32(b, "m", 2, DIMS(48, 5), NULL);
    edy_ob_f32(b, "n", 2, DIMS(7, 5), NULL);
    Onnx__NodeProto *n = edy_ob_node(b, "Conv", "conv", "x w v", "a");
    edy_ob_ints(b, n, "strides", 2, DIMS(2, 1));
    edy_ob_ints(b, n, "dilations", 2, DIMS(1, 2));
    edy_ob_ints(b, n, "pads", 4, DIMS(1, 2, 0, 0));
    edy_ob_int(b, n, "group", 2);
    edy_ob_node(b, "BatchNormalization", "norm", "a v v v v", "b");
    edy_ob_node(b, "Clip", "relu6", "b - six", "c");
    edy_ob_node(b, "Add", "residual", "c b", "d");
    edy_ob_node(b, "Mul", "scale", "d k", "e");
    edy_ob_node(b, "Pad", "pad", "e pads six", "f");
    n = edy_ob_node(b, "MaxPool", "max", "f", "g");
    edy_ob_ints(b, n, "kernel_shape", 2, DIMS(2, 2));
    edy_ob_ints(b, n, "strides", 2, DIMS(2, 2));
    edy_ob_text(b, n, "auto_pad", "SAME_LOWER");
    n = edy_ob_node(b, "AveragePool", "mean", "g", "h");
    edy_ob_ints(b, n, "kernel_shape", 2, DIMS(2, 3));
    edy_ob_ints(b, n, "strides", 2, DIMS(2, 3));
    edy_ob_ints(b, n, "pads", 4, DIMS(0, 1, 1, 0));
    edy_ob_int(b, n, "ceil_mode", 1);
    edy_ob_int(b, n, "count_include_pad", 1);
    edy_ob_ints(b, edy_ob_node(b, "Transpose", "turn", "h", "i"), "perm", 4, DIMS(0, 2, 1, 3));
    edy_ob_int(b, edy_ob_node(b, "Concat", "join", "i i", "i2"), "axis", -1);
    edy_ob_node(b, "Relu", "relu", "i2", "i3");
    edy_ob_float(b, edy_ob_node(b, "LeakyRelu", "leaky", "i3", "j"), "alpha", 0.3f);
    edy_ob_node(b, "Reshape", "flatten", "j flat", "k2");
    edy_ob_node(b, "MatMul", "first", "k2 m", "l");
    n = edy_ob_node(b, "Gemm", "second", "l n", "o");
    edy_ob_int(b, n, "transB", 1);
    edy_ob_float(b, n, "alpha", 0.5f);
    edy_ob_node(b, "Softmax", "soft", "o", "y");
    edy_ob_node(b, "GlobalAveragePool", "global", "e", "z");
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_output(b, "z", EDY_F32);
    check_round_trip(imported(b));
}

/* What the quantizer writes: u8 activations, s8 weights a channel, s32 bias, all between
 * quantizers. */
static void quantized_operators(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    const float s = 0.5f, ws[3] = {1, 2, 3};
    const uint8_t z = 7;
    const int8_t wz[3] = {0, 0, 0};
    const int32_t bz[3] = {0, 0, 0};
    edy_ob_input(b, "x", EDY_F32, 4, DIMS(EDY_OB_N, 2, 5, 5));
    edy_ob_f32(b, "s", 0, NULL, &s);
    edy_ob_tensor(b, "z", EDY_U8, 0, NULL, &z);
    edy_ob_f32(b, "ws", 1, DIMS(3), ws);
    edy_ob_tensor(b, "wz", EDY_S8, 1, DIMS(3), wz);
    edy_ob_tensor(b, "bz", EDY_S32, 1, DIMS(3), bz);
    edy_ob_tensor(b, "w", EDY_S8, 4, DIMS(3, 2, 3, 3), NULL);
    edy_ob_tensor(b, "bias", EDY_S32, 1, DIMS(3), NULL);
    edy_ob_node(b, "QuantizeLinear", "q", "x s z", "xq");
    edy_ob_node(b, "DequantizeLinear", "dx", "xq s z", "xd");
    edy_ob_int(b, edy_ob_node(b, "DequantizeLinear", "dw", "w ws wz", "wd"), "axis", 0);
    edy_ob_int(b, edy_ob_node(b, "DequantizeLinear", "db", "bias ws bz", "bd"), "axis", 0);
    edy_ob_node(b, "Conv", "c", "xd wd bd", "a");
    edy_ob_node(b, "QuantizeLinear", "qa", "a s", "aq");
    edy_ob_node(b, "DequantizeLinear", "da", "aq s", "y");
    edy_ob_output(b, "y", EDY_F32);
    check_round_trip(imported(b));
}

static void qlinearconv(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    const float s = 0.5f;
    const uint8_t z = 128;
    const int8_t zero = 0;
    edy_ob_input(b, "x", EDY_U8, 4, DIMS(EDY_OB_N, 2, 5, 5));
    edy_ob_output(b, "y", EDY_U8);
    edy_ob_f32(b, "s", 0, NULL, &s);
    edy_ob_tensor(b, "z", EDY_U8, 0, NULL, &z);
    edy_ob_tensor(b, "wz", EDY_S8, 0, NULL, &zero);
    edy_ob_tensor(b, "w", EDY_S8, 4, DIMS(3, 2, 3, 3), NULL);
    edy_ob_node(b, "QLinearConv", "c", "x s z w s wz s z", "y");
    check_round_trip(imported(b));
}

static void trained_models(void **state) {
    (void)state;
    static const char *const models[] = {
        EDYNO_SOURCE_DIR "/workloads/models/simplecnn.onnx",
        EDYNO_SOURCE_DIR "/workloads/models/resnet8.int8.onnx",
        EDYNO_SOURCE_DIR "/workloads/models/dscnn.onnx",
    };
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        edy_graph *g;
        edy_error err;
        if (edy_onnx_import(models[i], NULL, &g, &err))
            fail_msg("%s", err.message);
        check_round_trip(g);
    }
}

static void dynamic_batch_is_written(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(7, 3));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_graph *g = imported(b), *back = exported(g);
    assert_int_equal(g->batch, 7);
    assert_int_equal(back->batch, 1); /* the symbol "N" */
    edy_graph_destroy(back);
    edy_graph_destroy(g);
}

/* ---- What passes leave ----------------------------------------------------------------------- */

static edy_graph *conv_graph(void) {
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 4, DIMS(EDY_OB_N, 2, 4, 4));
    edy_ob_f32(b, "w", 4, DIMS(2, 2, 1, 1), NULL);
    edy_ob_node(b, "Conv", "c", "x w", "y");
    edy_ob_output(b, "y", EDY_F32);
    return imported(b);
}

static void fused_parts_become_nodes(void **state) {
    (void)state;
    edy_graph *g = conv_graph();
    edy_node *c = &g->node[0];
    c->n_inputs = 4;
    c->input[EDY_IN_RESIDUAL] = g->input[0];
    c->act_min = 0.0f;
    edy_graph *back = exported(g);
    assert_int_equal(back->n_nodes, 3);
    assert_int_equal(back->node[0].op, EDY_OP_CONV);
    assert_int_equal(back->node[0].n_inputs, 3);
    assert_int_equal(back->node[1].op, EDY_OP_ADD);
    assert_string_equal(back->value[back->node[1].input[1]].name, "x");
    assert_int_equal(back->node[2].op, EDY_OP_RELU);
    assert_string_equal(back->value[back->output[0]].name, "y");
    edy_graph_destroy(back);

    c->act_max = 6.0f;
    back = exported(g);
    assert_int_equal(back->node[2].op, EDY_OP_CLIP);
    assert_true(back->node[2].act_min == 0.0f && back->node[2].act_max == 6.0f);
    edy_graph_destroy(back);
    edy_graph_destroy(g);
}

/* Two constants of one name, as a pass may leave them, stay apart. */
static void equal_names_are_told_apart(void **state) {
    (void)state;
    edy_graph *g = conv_graph();
    const float bias[2] = {0.5f, 0.25f};
    const edy_shape shape = edy_shape_make(1, DIMS(2));
    edy_value_id id;
    assert_int_equal(edy_graph_add_constant(g, "w", EDY_F32, &shape, bias, &id, NULL), EDY_OK);
    g->node[0].input[EDY_IN_BIAS] = id;
    edy_graph *back = exported(g);
    assert_memory_equal(back->value[back->node[0].input[EDY_IN_BIAS]].data, bias, sizeof bias);
    assert_int_equal(back->value[back->node[0].input[EDY_IN_W]].shape.rank, 4);
    edy_graph_destroy(back);
    edy_graph_destroy(g);
}

/* Before opset 13 Softmax took all axes from one on as a row. */
static void old_softmax_keeps_its_meaning(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(11);
    edy_ob_input(b, "x", EDY_F32, 3, DIMS(EDY_OB_N, 2, 3));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "Softmax", "s", "x", "y");
    edy_graph *g = imported(b), *back = exported(g);
    assert_int_equal(back->n_nodes, 3);
    assert_int_equal(back->node[0].op, EDY_OP_RESHAPE);
    assert_int_equal(back->value[back->node[0].output[0]].shape.rank, 2);
    assert_int_equal(back->node[1].op, EDY_OP_SOFTMAX);
    assert_int_equal(back->value[back->output[0]].shape.rank, 3);
    edy_graph_destroy(back);
    edy_graph_destroy(g);
}

/* ---- Refusals -------------------------------------------------------------------------------- */

static int files_in_folder(void) {
    int count = 0;
    DIR *d = opendir(folder);
    while (readdir(d))
        count++;
    closedir(d);
    return count - 2; /* . and .. */
}

static void lowered_graphs_are_refused(void **state) {
    (void)state;
    edy_graph *g = conv_graph();
    edy_error err;
    unlink(path);
    g->node[0].op = EDY_OP_LAYOUT;
    assert_int_equal(edy_onnx_export(g, path, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "Layout (node \"c\") has no form in ONNX"));
    g->node[0].op = EDY_OP_CONV;
    g->value[g->output[0]].layout = EDY_LAYOUT_NHWC;
    assert_int_equal(edy_onnx_export(g, path, &err), EDY_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "value \"y\" was lowered"));
    assert_int_equal(files_in_folder(), 0);
    edy_graph_destroy(g);
}

static void paths_that_cannot_be_written(void **state) {
    (void)state;
    edy_graph *g = conv_graph();
    edy_error err;
    assert_int_equal(edy_onnx_export(g, "/nonexistent/m.onnx", &err), EDY_IO);
    assert_non_null(strstr(err.message, "/nonexistent/m.onnx: cannot create"));
    unlink(path);
    assert_int_equal(mkdir(path, 0777), 0); /* a directory stands where the file should */
    assert_int_equal(edy_onnx_export(g, path, &err), EDY_IO);
    assert_non_null(strstr(err.message, "cannot write"));
    assert_int_equal(files_in_folder(), 1); /* no temporary file */
    assert_int_equal(rmdir(path), 0);
    edy_graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float_operators),
        cmocka_unit_test(quantized_operators),
        cmocka_unit_test(qlinearconv),
        cmocka_unit_test(trained_models),
        cmocka_unit_test(dynamic_batch_is_written),
        cmocka_unit_test(fused_parts_become_nodes),
        cmocka_unit_test(equal_names_are_told_apart),
        cmocka_unit_test(old_softmax_keeps_its_meaning),
        cmocka_unit_test(lowered_graphs_are_refused),
        cmocka_unit_test(paths_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
