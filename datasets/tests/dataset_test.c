/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/dataset.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datasets/manifest.h"
#include "datasets/sha256.h"
#include "datasets/source.h"
#include "datasets/synthetic.h"
#include "datasets/tests/data_files.h"

static const char home[] = EDYNO_SOURCE_DIR "/datasets";
static edy_error err;
static edy_dataset *data;

static edy_dataset_options options_for(int64_t c, int64_t h, int64_t w) {
    return (edy_dataset_options){.input_shape = {4, {1, c, h, w}}, .home_dir = home};
}

static void open_good(const char *spec, const edy_dataset_options *options) {
    const edy_status status = edy_dataset_open(spec, options, &data, &err);
    if (status)
        print_error("%s\n", err.message);
    assert_int_equal(status, EDY_OK);
}

static void close_data(void) {
    edy_dataset_destroy(data);
    data = NULL;
}

static void committed_subset(void **state) {
    (void)state;
    const edy_dataset_options options = options_for(1, 28, 28);
    open_good("fashion-mnist:1000", &options);
    assert_int_equal(edy_dataset_count(data), 1000);
    assert_string_equal(edy_dataset_name(data), "fashion-mnist:1000");
    assert_int_equal(edy_dataset_class_count(data), 10);
    assert_string_equal(edy_dataset_class_name(data, 9), "Ankle boot");
    assert_null(edy_dataset_class_name(data, 10));
    assert_null(edy_dataset_class_name(data, -1));
    assert_int_equal(edy_dataset_label(data, 0), 9);
    assert_int_equal(edy_dataset_input_bytes(data), 4 * 28 * 28);
    assert_int_equal(edy_dataset_verify(data, &err), EDY_OK);
    close_data();
}

/* The inputs that a golden was made from have the same bits here: the golden's own software hashed
 * its 32 inputs. */
static void same_bits_as_the_golden(void **state) {
    (void)state;
    uint8_t *text;
    size_t size;
    const char *path = EDYNO_SOURCE_DIR "/workloads/goldens/simplecnn.fp32/golden.json";
    assert_int_equal(edy_read_file(path, 1 << 20, &text, &size, &err), EDY_OK);
    cJSON *golden = cJSON_ParseWithLength((const char *)text, size);
    free(text);
    const char *expected = cJSON_GetStringValue(cJSON_GetObjectItem(golden, "input_sha256"));
    const int count = (int)cJSON_GetNumberValue(cJSON_GetObjectItem(golden, "count"));
    assert_non_null(expected);
    assert_in_range(count, 1, 1000);

    edy_preprocess pre = edy_preprocess_default();
    assert_int_equal(
        edy_preprocess_load(EDYNO_SOURCE_DIR "/workloads/models/simplecnn.json", &pre, &err),
        EDY_OK);
    edy_dataset_options options = options_for(1, 28, 28);
    options.preprocess = &pre;
    open_good("fashion-mnist:1000", &options);
    edy_sha256 hash;
    edy_sha256_begin(&hash);
    for (int i = 0; i < count; i++) {
        float input[28 * 28];
        assert_int_equal(edy_dataset_image(data, i, input, &err), EDY_OK);
        edy_sha256_add(&hash, input, sizeof input);
    }
    char hex[65];
    edy_sha256_end(&hash, hex);
    assert_string_equal(hex, expected);
    cJSON_Delete(golden);
    close_data();
}

/* Debian's package, where it is installed: its first 1,000 images are the committed ones. */
static void subset_is_the_head_of_the_package(void **state) {
    (void)state;
    if (access("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz", R_OK) != 0) {
        print_message("dataset-fashion-mnist is not installed\n");
        skip();
    }
    const edy_dataset_options options = options_for(1, 28, 28);
    edy_dataset *subset;
    assert_int_equal(edy_dataset_open("fashion-mnist:1000", &options, &subset, &err), EDY_OK);
    open_good("fashion-mnist", &options);
    assert_string_equal(edy_dataset_name(data), "fashion-mnist:test");
    assert_int_equal(edy_dataset_count(data), 10000);
    assert_int_equal(edy_dataset_verify(data, &err), EDY_OK);
    for (int i = 0; i < 1000; i += 37) {
        float a[784], b[784];
        assert_int_equal(edy_dataset_image(data, i, a, &err), EDY_OK);
        assert_int_equal(edy_dataset_image(subset, i, b, &err), EDY_OK);
        assert_memory_equal(a, b, sizeof a);
        assert_int_equal(edy_dataset_label(data, i), edy_dataset_label(subset, i));
    }
    edy_dataset_destroy(subset);
    close_data();
}

/* A manifest of two splits; the first one's files are not there. */
static const char heading[] = "name,split,count,images,images_sha256,labels,labels_sha256,licence,"
                              "source,classes\n";

static void write_small_set(const char *prefix) {
    char name[100];
    snprintf(name, sizeof name, "%simages-idx3", prefix);
    write_idx(name, false, 3, (uint32_t[]){2, 1, 1}, (uint8_t[]){10, 20}, 2);
    snprintf(name, sizeof name, "%slabels-idx1", prefix);
    write_idx(name, false, 1, (uint32_t[]){2}, (uint8_t[]){1, 0}, 2);
}

static void write_manifest(long count, const char *images_sha256) {
    char text[2000], images[65], labels[65];
    edy_sha256_file(data_path("images-idx3"), images, &err);
    edy_sha256_file(data_path("labels-idx1"), labels, &err);
    snprintf(text, sizeof text,
             "%stoy,test,5,/nowhere/t-images-idx3,%s,/nowhere/t-labels-idx1,%s,MIT,here,a|b\n"
             "toy,few,%ld,images-idx3,%s,labels-idx1,%s,MIT,here,a|b\n",
             heading, images, labels, count, images_sha256 ? images_sha256 : images, labels);
    write_text("manifest.csv", text);
}

static void rows_in_order(void **state) {
    (void)state;
    write_small_set("");
    write_manifest(2, NULL);
    char folder[500];
    snprintf(folder, sizeof folder, "%s", data_path("."));
    edy_dataset_options options = options_for(1, 1, 1);
    options.home_dir = folder;
    open_good("toy", &options);
    assert_string_equal(edy_dataset_name(data), "toy:few");
    assert_int_equal(edy_dataset_verify(data, &err), EDY_OK);
    close_data();
    assert_refused(edy_dataset_open("toy:test", &options, &data, &err), EDY_IO, "toy:test",
                   "/nowhere/t-images-idx3");
    assert_refused(edy_dataset_open("toy:more", &options, &data, &err), EDY_BAD_ARGUMENT,
                   "toy:more", "toy:few, ");

    make_folder("data"); /* data_dir goes before all else, itself or a folder of the set's name */
    make_folder("data/toy");
    write_small_set("data/toy/t-");
    char data_dir[500];
    snprintf(data_dir, sizeof data_dir, "%s", data_path("data"));
    options.data_dir = data_dir;
    open_good("toy", &options);
    assert_string_equal(edy_dataset_name(data), "toy:test");
    assert_refused(edy_dataset_verify(data, &err), EDY_BAD_FILE, "2 images", "has 5");
    close_data();
}

static void verify_sees_a_changed_file(void **state) {
    (void)state;
    write_small_set("");
    write_manifest(2, "0000000000000000000000000000000000000000000000000000000000000000");
    char folder[500];
    snprintf(folder, sizeof folder, "%s", data_path("."));
    edy_dataset_options options = options_for(1, 1, 1);
    options.home_dir = folder;
    open_good("toy", &options);
    assert_refused(edy_dataset_verify(data, &err), EDY_BAD_FILE, "images-idx3", "00000000000");
    close_data();
    open_good(data_path("images-idx3"), &options);
    assert_refused(edy_dataset_verify(data, &err), EDY_BAD_ARGUMENT, "images-idx3", "manifest");
    close_data();
}

static void bad_manifests(void **state) {
    (void)state;
    static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const struct {
        const char *row, *piece;
    } bad[] = {{"toy,test,5,i,%s,l,%s,MIT\n", "8 fields"},
               {"toy,test,0,i,%s,l,%s,MIT,here,\n", "count is '0'"},
               {"toy,test,5x,i,%s,l,%s,MIT,here,\n", "count is '5x'"},
               {"toy,test,5,i,%s1,l,%s,MIT,here,\n", "images_sha256"},
               {"toy,test,5,i,%s,l,A%s,MIT,here,\n", "labels_sha256"},
               {"toy,,5,i,%s,l,%s,MIT,here,\n", "split is ''"},
               {"toy,test,5,i,%s,l,%s,,here,\n", "licence is ''"}};
    edy_manifest manifest;
    char text[1000], row[600];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(row, sizeof row, bad[i].row, hash, hash);
        snprintf(text, sizeof text, "%s%s", heading, row);
        write_text("m.csv", text);
        assert_refused(edy_manifest_read(data_path("m.csv"), &manifest, &err), EDY_BAD_FILE,
                       "row 2", bad[i].piece);
    }
    write_text("m.csv", "name,count\n");
    assert_refused(edy_manifest_read(data_path("m.csv"), &manifest, &err), EDY_BAD_FILE,
                   "column 2 is 'count'", "'split'");
    write_text("m.csv", "");
    assert_refused(edy_manifest_read(data_path("m.csv"), &manifest, &err), EDY_BAD_FILE, "m.csv",
                   "empty");
}

static void committed_manifest(void **state) {
    (void)state;
    edy_manifest manifest;
    assert_int_equal(edy_manifest_read(EDYNO_SOURCE_DIR "/datasets/manifest.csv", &manifest, &err),
                     EDY_OK);
    assert_int_equal(manifest.n_rows, 3);
    edy_manifest_release(&manifest);
}

static void synthetic_data(void **state) {
    (void)state;
    edy_dataset_options options = {.input_shape = {2, {8, 5}}, .input_dtype = EDY_S8, .seed = 9};
    open_good("synthetic", &options);
    assert_true(edy_dataset_is_synthetic(data));
    assert_int_equal(edy_dataset_count(data), 1024);
    assert_int_equal(edy_dataset_input_bytes(data), 5); /* the batch of 8 counts as 1 */
    assert_false(edy_dataset_has_labels(data));
    assert_int_equal(edy_dataset_label(data, 3), -1);
    assert_int_equal(edy_dataset_class_count(data), 0);
    assert_string_equal(edy_dataset_source(data), "");
    int8_t a[5], b[5];
    assert_int_equal(edy_dataset_input(data, 3, a, &err), EDY_OK);
    edy_synthetic_fill(9, 0, 3, EDY_UNIFORM, EDY_S8, 5, b);
    assert_memory_equal(a, b, 5);
    char hex[65] = "x";
    assert_int_equal(edy_dataset_sha256(data, hex, &err), EDY_OK);
    assert_string_equal(hex, "");
    close_data();

    options.input_dtype = EDY_NONE; /* counts as float32 */
    open_good("synthetic:normal:3", &options);
    assert_int_equal(edy_dataset_count(data), 3);
    assert_string_equal(edy_dataset_name(data), "synthetic:normal");
    assert_int_equal(edy_dataset_input_bytes(data), 20);
    close_data();
    open_good("synthetic:1000000000", &options);
    close_data();
    const char *bad[] = {
        "synthetic:",        "synthetic:0",     "synthetic:-3", "synthetic:3x",
        "synthetic:normal:", "synthetic:gauss", "synthetic: 3", "synthetic:99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(edy_dataset_open(bad[i], &options, &data, &err), EDY_BAD_ARGUMENT, bad[i],
                       "synthetic:N");
}

static void integer_inputs(void **state) {
    (void)state;
    uint8_t u[3 * 9], s[3 * 9];
    write_text("a.ppm", "P3 1 1 255 255 128 0");
    edy_preprocess pre = edy_preprocess_default();
    pre.pad = 1;
    edy_dataset_options options = options_for(3, 3, 3);
    options.preprocess = &pre;
    options.input_dtype = EDY_U8;
    open_good(data_path("a.ppm"), &options);
    assert_int_equal(edy_dataset_input_bytes(data), 27);
    assert_int_equal(edy_dataset_input(data, 0, u, &err), EDY_OK);
    const uint8_t planes[27] = {[4] = 255, [9 + 4] = 128};
    assert_memory_equal(u, planes, 27);
    close_data();
    options.input_dtype = EDY_S8;
    open_good(data_path("a.ppm"), &options);
    assert_int_equal(edy_dataset_input(data, 0, s, &err), EDY_OK);
    for (int i = 0; i < 27; i++)
        assert_int_equal((int8_t)s[i], u[i] - 128);
    close_data();
    options.input_dtype = EDY_S32;
    assert_refused(edy_dataset_open(data_path("a.ppm"), &options, &data, &err), EDY_BAD_ARGUMENT,
                   "int32", "a.ppm");
}

static void write_zeros(const char *name, size_t size) {
    uint8_t *zeros = calloc(size, 1);
    write_bytes(name, zeros, size);
    free(zeros);
}

static void told_by_content(void **state) {
    (void)state;
    edy_dataset_options options = options_for(3, 32, 32);
    write_zeros("ten", 2 * 3073);
    open_good(data_path("ten"), &options);
    assert_string_equal(edy_dataset_class_name(data, 0), "airplane");
    close_data();
    write_zeros("hundred", 2 * 3074);
    open_good(data_path("hundred"), &options);
    assert_null(edy_dataset_class_name(data, 0));
    close_data();

    write_zeros("either", 3073 * 3074);
    assert_refused(edy_dataset_open(data_path("either"), &options, &data, &err), EDY_BAD_ARGUMENT,
                   "cifar10:", "cifar100:");
    char spec[600];
    snprintf(spec, sizeof spec, "cifar-hwc:%s", data_path("either"));
    open_good(spec, &options);
    assert_int_equal(edy_dataset_count(data), 3074);
    close_data();

    write_text("junk", "junk");
    assert_refused(edy_dataset_open(data_path("junk"), &options, &data, &err), EDY_BAD_FILE, "junk",
                   "6a756e6b");
    write_text("cut-images-idx3-ubyte", "\x89PNG");
    assert_refused(edy_dataset_open(data_path("cut-images-idx3-ubyte"), &options, &data, &err),
                   EDY_BAD_FILE, "89504e47", "000008");
    snprintf(spec, sizeof spec, "folder:%s", data_path("junk"));
    assert_refused(edy_dataset_open(spec, &options, &data, &err), EDY_IO, "junk", NULL);
}

static void not_found(void **state) {
    (void)state;
    edy_dataset_options options = options_for(1, 28, 28);
    assert_refused(edy_dataset_open("fashion", &options, &data, &err), EDY_BAD_ARGUMENT,
                   "'fashion'", "fashion-mnist:test");
    assert_refused(edy_dataset_open("./fashion-mnist", &options, &data, &err), EDY_IO,
                   "./fashion-mnist", "No such file");
    assert_refused(edy_dataset_open("idx:gone", &options, &data, &err), EDY_IO, "gone", NULL);
    assert_refused(edy_dataset_open("", &options, &data, &err), EDY_BAD_ARGUMENT, "''", NULL);
    options.home_dir = "/nowhere";
    assert_refused(edy_dataset_open("fashion-mnist", &options, &data, &err), EDY_IO,
                   "/nowhere/manifest.csv", NULL);
    options.home_dir = NULL;
    assert_refused(edy_dataset_open("fashion-mnist", &options, &data, &err), EDY_BAD_ARGUMENT,
                   "fashion-mnist", "synthetic");
}

static void must_fit_the_model(void **state) {
    (void)state;
    edy_dataset_options options = options_for(1, 32, 32);
    assert_refused(edy_dataset_open("fashion-mnist:1000", &options, &data, &err), EDY_BAD_ARGUMENT,
                   "fashion-mnist:1000", "28x28");
    const edy_shape shapes[] = {{2, {1, 784}}, {4, {1, 28, 28, 4}}, {4, {1, 1, 0, 28}}, {0}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        options.input_shape = shapes[i];
        assert_refused(edy_dataset_open("fashion-mnist:1000", &options, &data, &err),
                       EDY_BAD_ARGUMENT, "1xCxHxW", NULL);
    }
    /* Files of their own sizes are checked one by one. */
    make_folder("d");
    write_text("d/a.pgm", "P2 2 1 255 1 2");
    write_text("d/b.pgm", "P2 1 2 255 1 2");
    options = options_for(1, 1, 2);
    open_good(data_path("d"), &options);
    float out[2] = {7, 7};
    assert_int_equal(edy_dataset_image(data, 0, out, &err), EDY_OK);
    assert_true(out[0] == 1.0f / 255.0f);
    out[0] = 7;
    assert_refused(edy_dataset_image(data, 1, out, &err), EDY_BAD_ARGUMENT, "b.pgm", "1x2");
    assert_true(out[0] == 7); /* untouched */
    close_data();
}

/* As `sha256sum x/a.pgm y/b.pgm | sha256sum` in the folder. */
static void provenance_of_a_folder(void **state) {
    (void)state;
    make_folder("d");
    make_folder("d/x");
    make_folder("d/y");
    write_text("d/x/a.pgm", "P2 1 1 255 1");
    write_text("d/y/b.pgm", "P2 1 1 255 2");
    edy_dataset_options options = options_for(1, 1, 1);
    open_good(data_path("d"), &options);
    char hex[65];
    assert_int_equal(edy_dataset_sha256(data, hex, &err), EDY_OK);
    assert_string_equal(hex, "9667a04edacc72ba4883f3465e0a22605335c2265e51d4070e75df21dede6453");
    close_data();
    open_good(data_path("d/x/a.pgm"), &options);
    assert_int_equal(edy_dataset_sha256(data, hex, &err), EDY_OK);
    assert_string_equal(hex, "bc78445a4767579a986e5b5b444f9ae840951b465e9319b5533150060c8950da");
    close_data();
}

static void labels_only_with_idx(void **state) {
    (void)state;
    write_small_set("");
    edy_dataset_options options = options_for(1, 1, 1);
    char labels[500];
    snprintf(labels, sizeof labels, "%s", data_path("labels-idx1"));
    options.labels = labels;
    open_good(data_path("images-idx3"), &options);
    assert_int_equal(edy_dataset_label(data, 0), 1);
    close_data();
    write_text("a.pgm", "P2 1 1 255 1");
    assert_refused(edy_dataset_open(data_path("a.pgm"), &options, &data, &err), EDY_BAD_ARGUMENT,
                   "a.pgm", "label file");
    edy_dataset_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committed_subset),
        cmocka_unit_test(same_bits_as_the_golden),
        cmocka_unit_test(subset_is_the_head_of_the_package),
        cmocka_unit_test_setup_teardown(rows_in_order, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(verify_sees_a_changed_file, data_files_begin,
                                        data_files_end),
        cmocka_unit_test_setup_teardown(bad_manifests, data_files_begin, data_files_end),
        cmocka_unit_test(committed_manifest),
        cmocka_unit_test(synthetic_data),
        cmocka_unit_test_setup_teardown(integer_inputs, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(told_by_content, data_files_begin, data_files_end),
        cmocka_unit_test(not_found),
        cmocka_unit_test_setup_teardown(must_fit_the_model, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(provenance_of_a_folder, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(labels_only_with_idx, data_files_begin, data_files_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
