/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Files that are damaged, malicious or no ONNX at all: each gives one sentence, and nothing
 * else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/import/onnx_import.h"
#include "engine/import/tests/onnx_builder.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

/* A small model with most kinds of field in it. */
static edy_ob *small_model(void) {
    edy_ob *b = edy_ob_create(13);
    const float v[3] = {1, 2, 3}, scale = 0.5f;
    const uint8_t zero = 7;
    edy_ob_input(b, "x", EDY_F32, 4, DIMS(EDY_OB_N, 2, 6, 6));
    edy_ob_f32(b, "w", 4, DIMS(3, 2, 3, 3), NULL);
    edy_ob_f32(b, "v", 1, DIMS(3), v);
    edy_ob_f32(b, "s", 0, NULL, &scale);
    edy_ob_tensor(b, "z", EDY_U8, 0, NULL, &zero);
    edy_ob_s64(b, "t", 2, DIMS(0, -1));
    edy_ob_f32(b, "m", 2, DIMS(12, 4), NULL);
    Onnx__NodeProto *n = edy_ob_node(b, "Conv", "conv", "x w v", "a");
    edy_ob_ints(b, n, "pads", 4, DIMS(1, 1, 1, 1));
    edy_ob_ints(b, n, "strides", 2, DIMS(1, 1));
    edy_ob_int(b, n, "group", 1);
    edy_ob_node(b, "BatchNormalization", "norm", "a v v v v", "b");
    edy_ob_node(b, "Relu", "relu", "b", "c");
    n = edy_ob_node(b, "MaxPool", "pool", "c", "d");
    edy_ob_ints(b, n, "kernel_shape", 2, DIMS(3, 3));
    edy_ob_ints(b, n, "strides", 2, DIMS(3, 3));
    edy_ob_text(b, n, "auto_pad", "VALID");
    edy_ob_node(b, "QuantizeLinear", "q", "d s z", "e");
    edy_ob_node(b, "DequantizeLinear", "dq", "e s z", "f");
    edy_ob_node(b, "Reshape", "flat", "f t", "g");
    edy_ob_node(b, "MatMul", "dense", "g m", "y");
    edy_ob_output(b, "y", EDY_F32);
    return b;
}

/* Imports bytes from a block of exactly their size, so that a read past the end is seen. */
static edy_status import_exact(const uint8_t *bytes, size_t size, edy_error *err) {
    uint8_t *copy = malloc(size ? size : 1);
    edy_graph *g;
    if (size)
        memcpy(copy, bytes, size);
    const edy_status status = edy_onnx_import_memory("test.onnx", copy, size, NULL, &g, err);
    free(copy);
    if (status)
        assert_null(g);
    edy_graph_destroy(g);
    return status;
}

static void assert_sentence(const edy_error *err, const char *begin) {
    assert_int_equal(strncmp(err->message, begin, strlen(begin)), 0);
    assert_true(strlen(err->message) > strlen(begin));
    for (const char *p = err->message; *p; p++)
        assert_true((unsigned char)*p >= 0x20);
}

/* ---- Not a model ----------------------------------------------------------------------------- */

static void refuse_bytes(const void *bytes, size_t size, const char *part) {
    edy_error err = {0};
    assert_int_equal(import_exact(bytes, size, &err), EDY_BAD_FILE);
    assert_sentence(&err, "test.onnx: ");
    if (!strstr(err.message, part))
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
}

static void bytes_that_are_no_onnx(void **state) {
    (void)state;
    static const char text[] = "#!/bin/sh\necho this is a script, not a model\n";
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13};
    static const uint8_t zip[] = {'P', 'K', 3, 4, 20, 0, 0, 0, 8, 0};
    static const uint8_t zeros[64] = {0};
    uint8_t ones[64];
    memset(ones, 0xff, sizeof ones);
    refuse_bytes("", 0, "is empty");
    refuse_bytes(text, sizeof text - 1, "not ONNX");
    refuse_bytes(png, sizeof png, "not ONNX");
    refuse_bytes(zip, sizeof zip, "not ONNX");
    refuse_bytes(zeros, sizeof zeros, "not ONNX");
    refuse_bytes(ones, sizeof ones, "not ONNX");
}

static void truncated_at_every_length(void **state) {
    (void)state;
    edy_ob *b = small_model();
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size);
    edy_error err = {0};
    assert_int_equal(import_exact(bytes, size, &err), EDY_OK);
    for (size_t n = 0; n < size; n++) {
        assert_int_equal(import_exact(bytes, n, &err), EDY_BAD_FILE);
        assert_sentence(&err, "test.onnx: ");
    }
    free(bytes);
    edy_ob_destroy(b);
}

/* Messages within messages within messages: protobuf-c alone would follow until the stack ends. */
static void nested_without_end(void **state) {
    (void)state;
    /* Backwards: field 7 (graph) of ModelProto > field 1 (node) > field 5 (attribute) > field 6
     * (graph) > ... */
    enum { LEVELS = 30000, MOST = LEVELS * 6 };
    uint8_t *bytes = malloc(MOST);
    size_t at = MOST;
    for (int level = LEVELS - 1; level >= 0; level--) {
        const unsigned field = level == 0 ? 7 : level % 3 == 1 ? 1 : level % 3 == 2 ? 5 : 6;
        size_t length = MOST - at, n = 0;
        uint8_t head[8] = {(uint8_t)(field << 3 | 2)};
        do {
            head[++n] = (uint8_t)((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
            length >>= 7;
        } while (length);
        at -= n + 1;
        memcpy(bytes + at, head, n + 1);
    }
    refuse_bytes(bytes + at, MOST - at, "messages nested more than 32 deep");
    free(bytes);
}

/* 2 bytes of file become a hundred of memory: the total is bounded before it is asked for. */
static void a_file_of_empty_messages(void **state) {
    (void)state;
    enum { COUNT = 3 << 20 };
    uint8_t *bytes = malloc(2 * COUNT + 8);
    size_t at = 0, length = 2 * COUNT;
    bytes[at++] = 7 << 3 | 2; /* graph */
    while (length > 0x7f) {
        bytes[at++] = (uint8_t)(length | 0x80);
        length >>= 7;
    }
    bytes[at++] = (uint8_t)length;
    for (int i = 0; i < COUNT; i++) {
        bytes[at++] = 1 << 3 | 2; /* an empty node */
        bytes[at++] = 0;
    }
    edy_error err = {0};
    assert_int_equal(import_exact(bytes, at, &err), EDY_LIMIT);
    if (sizeof(void *) == 8) /* else it unpacks to half as much, and the nodes are too many */
        assert_non_null(strstr(err.message, "bytes to be unpacked"));
    free(bytes);
}

static void text_with_a_nul_byte(void **state) {
    (void)state;
    edy_ob *b = small_model();
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size);
    uint8_t *relu = memmem(bytes, size, "relu", 4);
    assert_non_null(relu);
    relu[2] = 0;
    refuse_bytes(bytes, size, "the text of field name holds a NUL byte");
    free(bytes);
    edy_ob_destroy(b);
}

static void a_field_that_stands_twice(void **state) {
    (void)state;
    edy_ob *b = small_model();
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size);
    uint8_t *twice = malloc(2 * size);
    memcpy(twice, bytes, size);
    memcpy(twice + size, bytes, size);
    refuse_bytes(twice, 2 * size, "stands twice");
    free(twice);
    free(bytes);
    edy_ob_destroy(b);
}

/* ---- Models that are wrong ------------------------------------------------------------------- */

static edy_ob *vector(void) {
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 2, DIMS(EDY_OB_N, 6));
    edy_ob_output(b, "y", EDY_F32);
    return b;
}

static void unknown_operators_and_attributes(void **state) {
    (void)state;
    edy_ob *b = vector();
    edy_ob_node(b, "LSTM", "lstm_1", "x x x", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "operator LSTM (node \"lstm_1\") is not supported");
    b = vector();
    edy_ob_node(b, "Relu", "", "x", "y")->domain = (char[]){"com.example"};
    edy_ob_refused(b, EDY_UNSUPPORTED, "operator com.example.Relu (node \"Relu_0\")");
    b = vector();
    edy_ob_int(b, edy_ob_node(b, "Relu", "r", "x", "y"), "leaky", 1);
    edy_ob_refused(b, EDY_UNSUPPORTED, "Relu (node \"r\"): attribute \"leaky\" is not supported");
    b = vector();
    Onnx__NodeProto *n = edy_ob_node(b, "Flatten", "f", "x", "y");
    edy_ob_int(b, n, "axis", 1);
    edy_ob_int(b, n, "axis", 2);
    edy_ob_refused(b, EDY_BAD_FILE, "attribute \"axis\" stands twice");
    b = vector();
    edy_ob_float(b, edy_ob_node(b, "Flatten", "f", "x", "y"), "axis", 1.0f);
    edy_ob_refused(b, EDY_BAD_FILE, "attribute \"axis\" has type 1, not int");
}

static void names_that_do_not_fit(void **state) {
    (void)state;
    edy_ob *b = vector();
    edy_ob_node(b, "Relu", "r", "ghost", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "reads \"ghost\", which nothing defines");
    b = vector();
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_ob_node(b, "Relu", "s", "x", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "the name \"y\" is defined twice");
    b = vector();
    edy_ob_node(b, "Relu", "r", "x", "x");
    edy_ob_refused(b, EDY_BAD_FILE, "the name \"x\" is defined twice");
    b = vector();
    edy_ob_node(b, "Relu", "r", "x", "z");
    edy_ob_refused(b, EDY_BAD_FILE, "nothing makes the graph's output \"y\"");
    b = vector();
    edy_ob_node(b, "Relu", "r", "x", "-");
    edy_ob_refused(b, EDY_BAD_FILE, "it has no output");
    b = vector();
    edy_ob_node(b, "Relu", "r", "-", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "input 0 is missing");
    b = vector();
    edy_ob_node(b, "Relu", "r", "x x", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "has 2 inputs, 1 to 1 are expected");
    b = vector();
    edy_ob_node(b, "Relu", "a\nb\x1b[31m", "ghost", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "(node \"a?b?[31m\")");
}

static void cycles(void **state) {
    (void)state;
    edy_ob *b = vector();
    edy_ob_node(b, "Add", "first", "x c", "a");
    edy_ob_node(b, "Relu", "second", "a", "c");
    edy_ob_node(b, "Relu", "third", "c", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "the nodes form a cycle: operator Add (node \"first\")");
    b = vector();
    edy_ob_node(b, "Add", "self", "x y", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "the nodes form a cycle: operator Add (node \"self\")");
}

static void inputs_of_impossible_shape(void **state) {
    (void)state;
    static const struct {
        edy_status code;
        int32_t rank;
        int64_t dims[9];
        const char *part;
    } rows[] = {
        {EDY_BAD_FILE, 2, {1, -6}, "input \"x\": dimension 1 is -6"},
        {EDY_BAD_FILE, 2, {0, 6}, "input \"x\": dimension 0 is 0"},
        {EDY_LIMIT, 2, {INT64_C(1) << 40, 6}, "needs more than the limit"},
        {EDY_LIMIT, 4, {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX}, "tensor too large"},
        {EDY_UNSUPPORTED, 9, {1, 1, 1, 1, 1, 1, 1, 1, 1}, "has 9 dimensions"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        edy_ob *b = edy_ob_create(13);
        edy_ob_input(b, "x", EDY_F32, rows[i].rank, rows[i].dims);
        edy_ob_output(b, "y", EDY_F32);
        edy_ob_node(b, "Relu", "r", "x", "y");
        edy_ob_refused(b, rows[i].code, rows[i].part);
    }
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_S64, 1, DIMS(4));
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_ob_refused(b, EDY_UNSUPPORTED, "an input of dtype int64");
}

/* A small file may ask for a large result: Pad, or a window that grows. */
static void computed_tensors_have_a_limit(void **state) {
    (void)state;
    edy_ob *b = vector();
    edy_ob_s64(b, "p", 4, DIMS(0, 0, 0, INT32_MAX));
    edy_ob_node(b, "Pad", "p", "x p", "y");
    edy_ob_refused(b, EDY_LIMIT, "tensor \"y\" of 1x2147483653 float32 needs more than the limit");
}

static void models_without_their_parts(void **state) {
    (void)state;
    edy_ob *b = vector();
    edy_ob_node(b, "Relu", "r", "x", "y");
    b->model.graph = NULL;
    edy_ob_refused(b, EDY_BAD_FILE, "it has no graph");
    b = vector();
    edy_ob_refused(b, EDY_BAD_FILE, "the graph has no node");
    b = vector();
    edy_ob_node(b, "Relu", "r", "x", "y");
    b->graph.n_output = 0;
    edy_ob_refused(b, EDY_BAD_FILE, "the graph has no output");
    b = vector();
    edy_ob_node(b, "Relu", "r", "x", "y");
    b->model.n_opset_import = 0;
    edy_ob_refused(b, EDY_BAD_FILE, "it names no opset");
    for (int64_t opset = 5; opset <= 19; opset += 14) {
        b = vector();
        b->opset.version = opset;
        edy_ob_node(b, "Relu", "r", "x", "y");
        edy_ob_refused(b, EDY_UNSUPPORTED, "is not supported, 6 to 18 are");
    }
    b = edy_ob_create(13);
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_node(b, "Relu", "r", "x", "y");
    edy_ob_refused(b, EDY_BAD_FILE, "the graph has no input");
}

static void weights_of_another_shape(void **state) {
    (void)state;
    edy_ob *b = edy_ob_create(13);
    edy_ob_input(b, "x", EDY_F32, 4, DIMS(EDY_OB_N, 3, 8, 8));
    edy_ob_f32(b, "w", 4, DIMS(4, 2, 3, 3), NULL);
    edy_ob_node(b, "Conv", "c", "x w", "y");
    edy_ob_output(b, "y", EDY_F32);
    edy_ob_refused(b, EDY_BAD_FILE,
                   "Conv (node \"c\"): weights for 2 channels a group, but the input has 3");
}

/* ---- Limits and files ------------------------------------------------------------------------ */

static void limits_are_obeyed(void **state) {
    (void)state;
    edy_ob *b = small_model();
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size);
    edy_graph *g;
    edy_error err = {0};
    static const struct {
        edy_limits limits;
        const char *part;
    } rows[] = {{{100, 1 << 20, 100}, "the limit is 100"},
                {{1 << 20, 100, 100}, "needs more than the limit of 100 bytes"},
                {{1 << 20, 1 << 20, 7}, "the graph has 8 nodes, the limit is 7"}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(edy_onnx_import_memory("m", bytes, size, &rows[i].limits, &g, &err),
                         EDY_LIMIT);
        assert_non_null(strstr(err.message, rows[i].part));
        assert_null(g);
    }
    const edy_limits exact = {size, 3 * 6 * 6 * sizeof(float), 8};
    assert_int_equal(edy_onnx_import_memory("m", bytes, size, &exact, &g, &err), EDY_OK);
    edy_graph_destroy(g);
    free(bytes);
    edy_ob_destroy(b);
}

static void refuse_path(const char *path, const edy_limits *limits, edy_status code,
                        const char *part) {
    edy_graph *g;
    edy_error err = {0};
    assert_int_equal(edy_onnx_import(path, limits, &g, &err), code);
    assert_null(g);
    assert_sentence(&err, path);
    assert_non_null(strstr(err.message, part));
    assert_int_equal(edy_onnx_import(path, limits, &g, NULL), code); /* no place for a message */
}

static void files_that_cannot_be_read(void **state) {
    (void)state;
    refuse_path("/nonexistent/model.onnx", NULL, EDY_IO, "cannot open: No such file");
    refuse_path("/", NULL, EDY_IO, "is a directory");
    refuse_path("/dev/null", NULL, EDY_IO, "is not a regular file");
    char path[] = "/tmp/edy_hostile_XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    refuse_path(path, NULL, EDY_BAD_FILE, "is empty");
    assert_int_equal(write(fd, "hello", 5), 5);
    refuse_path(path, NULL, EDY_BAD_FILE, "not ONNX");
    const edy_limits small = {4, 1 << 20, 100};
    refuse_path(path, &small, EDY_LIMIT, "has 5 bytes, the limit is 4");
    close(fd);
    unlink(path);
}

/* ---- Mutations ------------------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* 1 to 4 bits, bytes or runs changed; the seed names the case. Whatever comes of it must be a graph
 * that can be inferred again or a sentence; the sanitizers look for the rest. */
static void mutate(uint8_t *bytes, size_t size, uint32_t seed) {
    uint32_t r = seed * 2654435761u + 1;
    const uint32_t changes = 1 + next_random(&r) % 4;
    for (uint32_t i = 0; i < changes; i++) {
        const size_t at = next_random(&r) % size;
        switch (next_random(&r) % 4) {
        case 0:
            bytes[at] = (uint8_t)next_random(&r);
            break;
        case 1:
            bytes[at] = (uint8_t)(next_random(&r) % 2 ? 0xff : 0);
            break;
        default:
            bytes[at] ^= (uint8_t)(1u << next_random(&r) % 8);
        }
    }
}

static void mutations_neither_crash_nor_leak(void **state) {
    (void)state;
    edy_ob *b = small_model();
    size_t size;
    uint8_t *bytes = edy_ob_pack(b, &size), *copy = malloc(size);
    int accepted = 0, refused = 0;
    for (uint32_t seed = 0; seed < 6000; seed++) {
        memcpy(copy, bytes, size);
        mutate(copy, size, seed);
        edy_graph *g;
        edy_error err = {0};
        const edy_status status = edy_onnx_import_memory("test.onnx", copy, size, NULL, &g, &err);
        if (status) {
            refused++;
            assert_sentence(&err, "test.onnx: ");
            continue;
        }
        accepted++;
        assert_int_equal(edy_graph_infer(g, &err), EDY_OK);
        edy_graph_destroy(g);
    }
    assert_true(accepted > 100); /* changed weights and names */
    assert_true(refused > 1000);
    free(copy);
    free(bytes);
    edy_ob_destroy(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_are_no_onnx),
        cmocka_unit_test(truncated_at_every_length),
        cmocka_unit_test(nested_without_end),
        cmocka_unit_test(a_file_of_empty_messages),
        cmocka_unit_test(text_with_a_nul_byte),
        cmocka_unit_test(a_field_that_stands_twice),
        cmocka_unit_test(unknown_operators_and_attributes),
        cmocka_unit_test(names_that_do_not_fit),
        cmocka_unit_test(cycles),
        cmocka_unit_test(inputs_of_impossible_shape),
        cmocka_unit_test(computed_tensors_have_a_limit),
        cmocka_unit_test(models_without_their_parts),
        cmocka_unit_test(weights_of_another_shape),
        cmocka_unit_test(limits_are_obeyed),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(mutations_neither_crash_nor_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
