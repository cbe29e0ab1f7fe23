/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Labels by name against a model's classes: byte order is not the order of training. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "datasets/dataset.h"
#include "datasets/tests/data_files.h"

static edy_dataset *data;
static edy_error err;

/* A folder of class folders with one image each, in the order given. */
static void open_folders(const char *const *name, size_t n) {
    make_folder("set");
    for (size_t i = 0; i < n; i++) {
        char path[200];
        snprintf(path, sizeof path, "set/%s", name[i]);
        make_folder(path);
        snprintf(path, sizeof path, "set/%s/image.pgm", name[i]);
        write_text(path, "P2 1 1 255 1");
    }
    const edy_dataset_options options = {.input_shape = {4, {1, 1, 1, 1}}};
    if (edy_dataset_open(data_path("set"), &options, &data, &err))
        fail_msg("%s", err.message);
}

static void close_data(void) {
    edy_dataset_destroy(data);
    data = NULL;
}

static void labels_are(const int32_t *label, int64_t n) {
    assert_int_equal(edy_dataset_count(data), n);
    for (int64_t i = 0; i < n; i++)
        assert_int_equal(edy_dataset_label(data, i), label[i]);
}

static void names_decide(void **state) {
    (void)state;
    const char *const model[] = {"T-shirt/top", "Trouser", "Ankle boot"};
    open_folders((const char *const[]){"ankle_boot", "t-shirt-top"}, 2);
    labels_are((int32_t[]){0, 1}, 2); /* byte order */
    assert_int_equal(edy_dataset_match_classes(data, model, 3, &err), EDY_OK);
    labels_are((int32_t[]){2, 0}, 2);
    assert_int_equal(edy_dataset_class_count(data), 3);
    assert_string_equal(edy_dataset_class_name(data, 2), "Ankle boot");
    close_data();
}

static void a_class_that_the_model_does_not_have_is_refused(void **state) {
    (void)state;
    const char *const model[] = {"cat", "dog", "fox"};
    open_folders((const char *const[]){"dog", "horse"}, 2);
    assert_refused(edy_dataset_match_classes(data, model, 3, &err), EDY_BAD_FILE, "horse", "cat");
    labels_are((int32_t[]){0, 1}, 2);
    close_data();
}

static void none_known_and_another_number_is_refused(void **state) {
    (void)state;
    const char *const model[] = {"cat", "dog", "fox"};
    open_folders((const char *const[]){"horse", "n01"}, 2);
    assert_refused(edy_dataset_match_classes(data, model, 3, &err), EDY_BAD_FILE, "horse", "3");
    close_data();
}

static void none_known_but_as_many_keep_their_order(void **state) {
    (void)state;
    const char *const model[] = {"cat", "dog"};
    open_folders((const char *const[]){"n01", "n02"}, 2);
    assert_int_equal(edy_dataset_match_classes(data, model, 2, &err), EDY_OK);
    labels_are((int32_t[]){0, 1}, 2);
    close_data();
}

static void numbers_are_numbers(void **state) {
    (void)state;
    open_folders((const char *const[]){"10", "2"}, 2);
    assert_int_equal(edy_dataset_match_classes(data, NULL, 0, &err), EDY_OK);
    labels_are((int32_t[]){10, 2}, 2);
    assert_int_equal(edy_dataset_class_count(data), 11);
    close_data();
}

static void numbers_are_numbers_for_a_model_with_names_too(void **state) {
    (void)state;
    const char *const model[] = {"cat", "dog", "fox"};
    open_folders((const char *const[]){"10", "2"}, 2);
    assert_int_equal(edy_dataset_match_classes(data, model, 3, &err), EDY_OK);
    labels_are((int32_t[]){10, 2}, 2);
    close_data();
}

static void other_alphabets_and_signs_stay_apart(void **state) {
    (void)state;
    const char *const model[] = {"\xd0\xba\xd0\xbe\xd1\x82", "+", "-", "\xd1\x91\xd0\xb6"};
    open_folders((const char *const[]){"+", "-", "\xd0\xba\xd0\xbe\xd1\x82", "\xd1\x91\xd0\xb6"},
                 4);
    assert_int_equal(edy_dataset_match_classes(data, model, 4, &err), EDY_OK);
    labels_are((int32_t[]){1, 2, 0, 3}, 4);
    close_data();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_decide, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(a_class_that_the_model_does_not_have_is_refused,
                                        data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(none_known_and_another_number_is_refused, data_files_begin,
                                        data_files_end),
        cmocka_unit_test_setup_teardown(none_known_but_as_many_keep_their_order, data_files_begin,
                                        data_files_end),
        cmocka_unit_test_setup_teardown(numbers_are_numbers, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(numbers_are_numbers_for_a_model_with_names_too,
                                        data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(other_alphabets_and_signs_stay_apart, data_files_begin,
                                        data_files_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
