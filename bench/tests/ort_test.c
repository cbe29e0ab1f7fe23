/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The client of ONNX Runtime, against a library of ours with the same ABI (fake_ort.c), and against
 * files that are no such library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bench/ort.h"

static edy_ort *open_fake(void) {
    edy_ort *ort = NULL;
    edy_error err;
    if (edy_ort_open(EDYNO_FAKE_ORT, &ort, &err))
        fail_msg("%s", err.message);
    return ort;
}

static edy_ort_session *open_session(edy_ort *ort, unsigned threads, int64_t batch,
                                     edy_ort_settings settings) {
    edy_ort_session *s = NULL;
    edy_error err;
    if (edy_ort_session_create(ort, "good.onnx", threads, batch, settings, &s, &err))
        fail_msg("%s", err.message);
    return s;
}

static void inputs_outputs_and_batch(void **state) {
    (void)state;
    edy_ort *ort = open_fake();
    assert_string_equal(edy_ort_version(ort), "9.8.7");
    edy_ort_session *s = open_session(ort, 2, 3, EDY_ORT_DEFAULT);
    assert_int_equal(edy_ort_input_count(s), 2);
    const edy_ort_port *a = edy_ort_input(s, 0), *b = edy_ort_input(s, 1);
    assert_string_equal(a->name, "a");
    assert_int_equal(a->dtype, EDY_F32);
    assert_int_equal(a->shape.dim[0], 3); /* open in the model */
    assert_int_equal(a->bytes, 24);
    assert_int_equal(b->dtype, EDY_U8);
    float x[6] = {1, 2, 3, 4, 5, 6};
    uint8_t y[3] = {0, 5, 255};
    assert_int_equal(edy_ort_bind(s, 0, x, NULL), EDY_OK);
    assert_int_equal(edy_ort_bind(s, 1, y, NULL), EDY_OK);
    assert_int_equal(edy_ort_run(s, NULL), EDY_OK);
    assert_int_equal(edy_ort_output_count(s), 2);
    const float *sum = edy_ort_output_data(s, 0);
    const uint8_t *rest = edy_ort_output_data(s, 1);
    assert_int_equal(edy_ort_output(s, 0)->shape.dim[0], 3);
    assert_int_equal(edy_ort_output(s, 1)->bytes, 3);
    assert_true(sum[0] == 2004 && sum[2] == 2012); /* 2 threads, all optimisations, not exact */
    assert_true(rest[0] == 255 && rest[1] == 250 && rest[2] == 0);
    x[0] = 11; /* bound, not copied; the outputs stay where they are */
    assert_int_equal(edy_ort_run(s, NULL), EDY_OK);
    assert_ptr_equal(edy_ort_output_data(s, 0), sum);
    assert_true(sum[0] == 2014);
    float other[6] = {0};
    assert_int_equal(edy_ort_bind(s, 0, other, NULL), EDY_OK);
    assert_int_equal(edy_ort_run(s, NULL), EDY_OK);
    assert_true(sum[0] == 2001);
    edy_ort_session_destroy(s);
    edy_ort_close(ort);
}

static void exact_settings_are_set(void **state) {
    (void)state;
    edy_ort *ort = open_fake();
    edy_ort_session *s = open_session(ort, 1, 1, EDY_ORT_EXACT);
    float x[2] = {0};
    uint8_t y[3] = {0};
    edy_ort_bind(s, 0, x, NULL);
    edy_ort_bind(s, 1, y, NULL);
    assert_int_equal(edy_ort_run(s, NULL), EDY_OK);
    assert_true(*(const float *)edy_ort_output_data(s, 0) == 1201);
    edy_ort_session_destroy(s);
    edy_ort_session_destroy(NULL);
    edy_ort_close(ort);
    edy_ort_close(NULL);
}

static void models_that_it_cannot_take(void **state) {
    (void)state;
    static const struct {
        const char *model, *said;
        edy_status status;
    } bad[] = {
        {"refuse.onnx", "ONNX Runtime: refuse.onnx: Load model failed: bad things", EDY_BAD_FILE},
        {"open.onnx", "\"a\" of the model leaves dimension 1 open", EDY_UNSUPPORTED},
        {"string.onnx", "\"a\" of the model has element type 8", EDY_UNSUPPORTED},
        {"deep.onnx", "rank 9", EDY_UNSUPPORTED},
        {"many.onnx", "100 inputs and 100 outputs; the most is 16", EDY_UNSUPPORTED},
    };
    edy_ort *ort = open_fake();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        edy_ort_session *s = NULL;
        edy_error err;
        assert_int_equal(edy_ort_session_create(ort, bad[i].model, 1, 1, EDY_ORT_DEFAULT, &s, &err),
                         bad[i].status);
        if (!strstr(err.message, bad[i].said))
            fail_msg("%s: \"%s\"", bad[i].model, err.message);
        assert_null(s);
    }
    edy_ort_session *s = NULL;
    edy_error err;
    float x[2] = {0};
    uint8_t y[3] = {0};
    assert_int_equal(edy_ort_session_create(ort, "trip.onnx", 1, 1, EDY_ORT_DEFAULT, &s, &err), 0);
    edy_ort_bind(s, 0, x, NULL);
    edy_ort_bind(s, 1, y, NULL);
    assert_int_equal(edy_ort_run(s, &err), EDY_BAD_FILE);
    assert_non_null(strstr(err.message, "the run failed"));
    edy_ort_session_destroy(s);
    edy_ort_close(ort);
}

static void files_that_are_no_such_library(void **state) {
    (void)state;
    edy_ort *ort = NULL;
    edy_error err;
    assert_int_equal(edy_ort_open("/nonexistent/libort.so", &ort, &err), EDY_IO);
    assert_non_null(strstr(err.message, "cannot load ONNX Runtime: /nonexistent/libort.so"));
    assert_int_equal(edy_ort_open(EDYNO_SOURCE_DIR "/README.md", &ort, &err), EDY_IO);
    assert_non_null(strstr(err.message, "README.md"));
    assert_int_equal(edy_ort_open("libm.so.6", &ort, &err), EDY_BAD_FILE);
    assert_string_equal(err.message,
                        "libm.so.6 is not ONNX Runtime: it has no symbol OrtGetApiBase");
    char path[600];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_int_equal(edy_ort_open(path, &ort, &err), EDY_BAD_ARGUMENT);
    setenv("FAKE_ORT", "old", 1);
    assert_int_equal(edy_ort_open(EDYNO_FAKE_ORT, &ort, &err), EDY_BAD_FILE);
    unsetenv("FAKE_ORT");
    assert_non_null(strstr(err.message, "is ONNX Runtime 9.8.7, which does not speak version 17"));
    assert_null(ort);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_outputs_and_batch),
        cmocka_unit_test(exact_settings_are_set),
        cmocka_unit_test(models_that_it_cannot_take),
        cmocka_unit_test(files_that_are_no_such_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
