/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* idx files and CIFAR binaries: good, cut, lying. */
#include <stdlib.h>
#include <string.h>

#include "datasets/source.h"
#include "datasets/tests/data_files.h"

static edy_error err;
static edy_source source;

/* Three images of 2x4: pixel = 10 * image + place. */
static void write_three(const char *images, const char *labels, bool gzip) {
    uint8_t data[24];
    for (int i = 0; i < 24; i++)
        data[i] = (uint8_t)(10 * (i / 8) + i % 8);
    write_idx(images, gzip, 3, (uint32_t[]){3, 2, 4}, data, sizeof data);
    if (labels)
        write_idx(labels, gzip, 1, (uint32_t[]){3}, (uint8_t[]){7, 0, 2}, 3);
}

static void good(bool gzip) {
    const char *images = gzip ? "my-images-idx3-ubyte.gz" : "my-images-idx3-ubyte";
    write_three(images, gzip ? "my-labels-idx1-ubyte.gz" : "my-labels-idx1-ubyte", gzip);
    assert_int_equal(edy_idx_read(data_path(images), NULL, &source, &err), EDY_OK);
    assert_int_equal(source.count, 3);
    assert_int_equal(source.n_classes, 8);
    assert_int_equal(source.label[0], 7);
    assert_int_equal(source.label[2], 2);
    edy_image image;
    assert_int_equal(edy_source_image(&source, 2, &image, &err), EDY_OK);
    assert_int_equal(image.width, 4);
    assert_int_equal(image.height, 2);
    assert_int_equal(image.channels, 1);
    assert_memory_equal(image.pixel, ((uint8_t[]){20, 21, 22, 23, 24, 25, 26, 27}), 8);
    edy_image_release(&image);
    edy_source_release(&source);
}

static void plain_and_gzipped(void **state) {
    (void)state;
    good(false);
    good(true);
}

static void label_file_rules(void **state) {
    (void)state;
    char out[100];
    assert_true(edy_idx_label_path("a/t10k-images-idx3-ubyte.gz", out, sizeof out));
    assert_string_equal(out, "a/t10k-labels-idx1-ubyte.gz");
    assert_true(edy_idx_label_path("images/images-images.idx3", out, sizeof out));
    assert_string_equal(out, "images/images-labels.idx1");
    assert_false(edy_idx_label_path("images-idx3/data", out, sizeof out)); /* folders stay */
    assert_false(edy_idx_label_path("images", out, sizeof out));
    assert_false(edy_idx_label_path("images-idx3", out, 11));

    write_three("x", NULL, false); /* none beside it: no labels */
    assert_int_equal(edy_idx_read(data_path("x"), NULL, &source, &err), EDY_OK);
    assert_null(source.label);
    assert_int_equal(source.n_classes, 0);
    edy_source_release(&source);
    write_idx("told", false, 1, (uint32_t[]){3}, (uint8_t[]){1, 1, 1}, 3);
    assert_int_equal(edy_idx_read(data_path("x"), data_path("told"), &source, &err), EDY_OK);
    assert_int_equal(source.n_classes, 2);
    edy_source_release(&source);

    write_idx("four", false, 1, (uint32_t[]){4}, (uint8_t[]){1, 1, 1, 1}, 4);
    assert_refused(edy_idx_read(data_path("x"), data_path("four"), &source, &err), EDY_BAD_FILE,
                   "4 labels", "3 images");
    assert_refused(edy_idx_read(data_path("x"), data_path("gone"), &source, &err), EDY_IO, "gone",
                   "No such file");
    assert_refused(edy_idx_read(data_path("x"), data_path("x"), &source, &err), EDY_BAD_FILE,
                   "00000803", "00000801");
    assert_null(source.bytes); /* a failed read leaves nothing */
}

static void bad_headers(void **state) {
    (void)state;
    const uint8_t wrong_magic[16] = {0x89, 'P', 'N', 'G'};
    const uint8_t floats[16] = {0, 0, 0x0d, 3};
    const uint8_t huge[16] = {0,    0,    8,    3,    0xff, 0xff, 0xff, 0xff,
                              0xff, 0xff, 0xff, 0xff, 0,    0,    0,    1};
    const uint8_t lying[16] = {0, 0, 8, 3, 0, 0x10, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28};
    const uint8_t none[16] = {0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28};
    const uint8_t wide[16] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0};
    static uint8_t wide_data[16 + 65536];
    memcpy(wide_data, wide, 16);
    write_bytes("magic", wrong_magic, 16);
    write_bytes("floats", floats, 16);
    write_bytes("huge", huge, 16);
    write_bytes("lying", lying, 16);
    write_gzip("lying.gz", lying, 16);
    write_bytes("none", none, 16);
    write_bytes("short", lying, 9);
    write_bytes("empty", "", 0);
    write_bytes("wide", wide_data, sizeof wide_data);
    const struct {
        const char *name, *piece;
        edy_status status;
    } bad[] = {{"magic", "89504e47", EDY_BAD_FILE},
               {"floats", "00000d03", EDY_BAD_FILE},
               {"huge", "extent 0 of 4294967295", EDY_LIMIT},
               {"lying", "ends within its data", EDY_BAD_FILE},
               {"lying.gz", "ends within its data", EDY_BAD_FILE},
               {"none", "extent 0 is 0", EDY_BAD_FILE},
               {"short", "ends within its extents", EDY_BAD_FILE},
               {"empty", "ends within its magic", EDY_BAD_FILE},
               {"wide", "65536x1", EDY_LIMIT},
               {"missing", "No such file", EDY_IO}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_refused(edy_idx_read(data_path(bad[i].name), NULL, &source, &err), bad[i].status,
                       bad[i].name, bad[i].piece);
        assert_null(source.bytes);
    }
}

static void cut_and_broken_gzip(void **state) {
    (void)state;
    write_three("three.gz", NULL, true);
    const size_t whole = file_size("three.gz");
    for (size_t size = 3; size < whole; size++) {
        write_three("three.gz", NULL, true);
        cut_file("three.gz", size);
        assert_refused(edy_idx_read(data_path("three.gz"), NULL, &source, &err), EDY_BAD_FILE,
                       "three.gz", NULL);
    }
    uint8_t image[40] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3};
    write_bytes("longer", image, sizeof image); /* 24 bytes after a header that tells 18 */
    assert_refused(edy_idx_read(data_path("longer"), NULL, &source, &err), EDY_BAD_FILE, "longer",
                   "goes on after the 18");
}

static void flipped_checksum(void **state) {
    (void)state;
    write_three("three.gz", NULL, true);
    const size_t whole = file_size("three.gz");
    uint8_t *bytes;
    size_t size;
    assert_int_equal(edy_read_file(data_path("three.gz"), 1000, &bytes, &size, &err), EDY_OK);
    assert_int_equal(size, whole);
    bytes[size - 8] ^= 1;
    write_bytes("three.gz", bytes, size);
    free(bytes);
    assert_refused(edy_idx_read(data_path("three.gz"), NULL, &source, &err), EDY_BAD_FILE, "broken",
                   NULL);
}

static void reading_whole_files(void **state) {
    (void)state;
    uint8_t *bytes;
    size_t size;
    write_text("ten", "0123456789");
    assert_refused(edy_read_file(data_path("ten"), 9, &bytes, &size, &err), EDY_LIMIT, "10 bytes",
                   "9");
    assert_refused(edy_read_file(data_path("."), 9, &bytes, &size, &err), EDY_IO, "regular", NULL);
    write_text("nothing", "");
    assert_int_equal(edy_read_file(data_path("nothing"), 9, &bytes, &size, &err), EDY_OK);
    assert_int_equal(size, 0);
    free(bytes);
}

/* Two records; pixel (x, y) of channel c is (x + 2 y + 80 c + record) mod 256. */
static void write_cifar(const char *name, const uint8_t *labels, size_t n_labels, bool planar) {
    const size_t record = n_labels / 2 + 3072;
    uint8_t *bytes = calloc(2, record);
    for (size_t r = 0; r < 2; r++) {
        uint8_t *to = bytes + r * record;
        memcpy(to, labels + r * (n_labels / 2), n_labels / 2);
        to += n_labels / 2;
        for (size_t i = 0; i < 1024; i++)
            for (size_t c = 0; c < 3; c++)
                to[planar ? c * 1024 + i : i * 3 + c] =
                    (uint8_t)(i % 32 + 2 * (i / 32) + 80 * c + r);
    }
    write_bytes(name, bytes, 2 * record);
    free(bytes);
}

static void expect_cifar(edy_cifar_kind kind, int32_t first_label, int32_t classes) {
    assert_int_equal(edy_cifar_read(data_path("c.bin"), kind, &source, &err), EDY_OK);
    assert_int_equal(source.count, 2);
    assert_int_equal(source.label[0], first_label);
    assert_int_equal(source.n_classes, classes);
    edy_image image;
    assert_int_equal(edy_source_image(&source, 1, &image, &err), EDY_OK);
    assert_int_equal(image.width * image.height * image.channels, 3072);
    const uint8_t *at = image.pixel + (5 * 32 + 7) * 3; /* x 7, y 5 */
    assert_int_equal(at[0], 7 + 10 + 1);
    assert_int_equal(at[1], 7 + 10 + 80 + 1);
    assert_int_equal(at[2], 7 + 10 + 160 + 1);
    edy_image_release(&image);
    edy_source_release(&source);
}

static void cifar_layouts(void **state) {
    (void)state;
    write_cifar("c.bin", (uint8_t[]){9, 3}, 2, true);
    expect_cifar(EDY_CIFAR10, 9, 10);
    write_cifar("c.bin", (uint8_t[]){3, 9}, 2, false);
    expect_cifar(EDY_CIFAR10_HWC, 3, 10);
    write_cifar("c.bin", (uint8_t[]){19, 99, 0, 42}, 4, true); /* coarse, fine */
    expect_cifar(EDY_CIFAR100, 99, 100);
}

static void bad_cifar(void **state) {
    (void)state;
    write_cifar("c.bin", (uint8_t[]){9, 10}, 2, true);
    assert_refused(edy_cifar_read(data_path("c.bin"), EDY_CIFAR10, &source, &err), EDY_BAD_FILE,
                   "label of record 1 is 10", "0..9");
    cut_file("c.bin", 3072);
    assert_refused(edy_cifar_read(data_path("c.bin"), EDY_CIFAR10, &source, &err), EDY_BAD_FILE,
                   "3072 bytes", "3073");
    cut_file("c.bin", 0);
    assert_refused(edy_cifar_read(data_path("c.bin"), EDY_CIFAR100, &source, &err), EDY_BAD_FILE,
                   "0 bytes", "3074");
    assert_refused(edy_cifar_read(data_path("d.bin"), EDY_CIFAR10, &source, &err), EDY_IO, "d.bin",
                   NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain_and_gzipped, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(label_file_rules, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(bad_headers, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(cut_and_broken_gzip, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(flipped_checksum, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(reading_whole_files, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(cifar_layouts, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(bad_cifar, data_files_begin, data_files_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
