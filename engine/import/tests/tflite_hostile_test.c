/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Damaged .tflite files: cut at every length, bytes flipped, offsets led astray. Each is refused
 * with a sentence, or imports as a graph that a plan may be made of; run it under sanitizers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import/flatbuffer.h"
#include "engine/import/tests/tflite_case.h"
#include "engine/import/tflite_import.h"

static const edy_limits small = {.model_bytes = 1 << 20, .tensor_bytes = 1 << 20, .nodes = 100};

/* From a block of exactly this size, so that a byte too far is caught. Returns whether it was
 * imported. */
static bool try(const uint8_t *bytes, size_t size) {
    uint8_t *copy = malloc(size + !size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    edy_graph *g;
    edy_plan *plan;
    edy_error err = {0};
    const edy_status status = edy_tflite_import_memory("bad.tflite", copy, size, &small, &g, &err);
    free(copy);
    if (status) {
        assert_null(g);
        assert_memory_equal(err.message, "bad.tflite: ", 12);
        assert_null(strchr(err.message, '\n'));
        return false;
    }
    if (edy_plan_create(g, NULL, &plan, &err) == EDY_OK)
        edy_plan_destroy(plan);
    edy_graph_destroy(g);
    return true;
}

static size_t write_net(uint8_t *file, size_t capacity) {
    const tb_model m = tb_int8_net();
    return tb_write(&m, file, capacity);
}

static void every_truncation(void **state) {
    (void)state;
    static uint8_t file[1 << 14];
    const size_t size = write_net(file, sizeof file);
    assert_true(try(file, size));
    const size_t tail = 2 * 18; /* the empty buffers of the last two tensors: nobody reads them */
    for (size_t n = 0; n < size - tail; n++)
        if (try(file, n))
            fail_msg("accepted the first %zu bytes of %zu", n, size);
}

static void flipped_bytes(void **state) {
    (void)state;
    static uint8_t file[1 << 14], bad[1 << 14];
    const size_t size = write_net(file, sizeof file);
    uint32_t seed = 2024;
    size_t refused = 0;
    for (int i = 0; i < 600; i++) {
        memcpy(bad, file, size);
        for (int k = 0; k <= i % 3; k++) {
            seed = seed * 1664525 + 1013904223;
            bad[(seed >> 8) % size] ^= (uint8_t)(1u << (seed >> 29));
        }
        refused += !try(bad, size);
    }
    assert_true(refused > 60 && refused < 600); /* weights may have any bits */
}

/* Numbers that fields of a flatbuffer hate, over every aligned word in turn. */
static void led_astray(void **state) {
    (void)state;
    static uint8_t file[1 << 14], bad[1 << 14];
    const size_t size = write_net(file, sizeof file);
    const uint32_t words[] = {0, 1, 4, 0x7fffffff, 0x80000000, 0xffffffff, (uint32_t)size};
    for (size_t at = 0; at + 4 <= size; at += 4)
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
            memcpy(bad, file, size);
            for (int i = 0; i < 4; i++)
                bad[at + (size_t)i] = (uint8_t)(words[w] >> 8 * i);
            try(bad, size);
        }
}

static void noise(void **state) {
    (void)state;
    uint8_t bad[256];
    uint32_t seed = 7;
    for (int i = 0; i < 200; i++) {
        for (size_t k = 0; k < sizeof bad; k++)
            bad[k] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> (i % 2 ? 24 : 29));
        memcpy(bad + 4, "TFL3", 4);
        assert_false(try(bad, sizeof bad));
    }
}

/* ---- The reader alone ------------------------------------------------------------------------ */

static void the_reader_says_where(void **state) {
    (void)state;
    /* root -> table at 16 with a vtable at 8 of one field; the field is a vector. */
    uint8_t file[40] = {16, 0, 0, 0, 'T', 'E', 'S', 'T', 6, 0, 8, 0, 4, 0, 0, 0, 8, 0, 0, 0,
                        4,  0, 0, 0, 3,   0,   0,   0,   1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0};
    edy_fb fb = edy_fb_open(file, sizeof file, "TEST");
    edy_fb_table t = edy_fb_root(&fb, "Root");
    edy_fb_vector v = edy_fb_vec(&t, 0, "numbers", 4);
    assert_int_equal(v.count, 3);
    assert_int_equal(edy_fb_vec_i32(&v, 2), 3);
    assert_int_equal(edy_fb_i32(&t, 1, "absent", -5), -5);
    assert_int_equal(fb.status, EDY_OK);
    file[24] = 4; /* one element too many */
    v = edy_fb_vec(&t, 0, "numbers", 4);
    assert_int_equal(v.count, 0);
    assert_int_equal(fb.status, EDY_BAD_FILE);
    assert_string_equal(fb.error.message, "Root.numbers: 4 elements of 4 bytes at byte 28 of 40");
    file[24] = 3; /* errors stick */
    assert_int_equal(edy_fb_vec(&t, 0, "numbers", 4).count, 0);

    file[16] = 200; /* the vtable lies before the file */
    fb = edy_fb_open(file, sizeof file, "TEST");
    t = edy_fb_root(&fb, "Root");
    assert_int_equal(t.at, 0);
    assert_non_null(strstr(fb.error.message, "vtable at byte -184"));
    fb = edy_fb_open(file, 7, "TEST");
    assert_non_null(strstr(fb.error.message, "has 7 bytes"));
    assert_int_equal(edy_fb_root(&fb, "Root").at, 0);
}

static void strings_end(void **state) {
    (void)state;
    uint8_t file[32] = {16, 0, 0, 0, 'T', 'E', 'S', 'T', 6, 0, 8, 0, 4,   0,   0,   0,
                        8,  0, 0, 0, 4,   0,   0,   0,   3, 0, 0, 0, 'a', 'b', 'c', 0};
    edy_fb fb = edy_fb_open(file, sizeof file, "TEST");
    const edy_fb_table t = edy_fb_root(&fb, "Root");
    assert_string_equal(edy_fb_string(&t, 0, "name"), "abc");
    file[31] = 'd';
    assert_string_equal(edy_fb_string(&t, 0, "name"), "");
    assert_non_null(strstr(fb.error.message, "Root.name: a string of 3 bytes without a 0"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(flipped_bytes),
        cmocka_unit_test(led_astray),
        cmocka_unit_test(noise),
        cmocka_unit_test(the_reader_says_where),
        cmocka_unit_test(strings_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
