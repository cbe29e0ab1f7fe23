/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/image_file.h"

#include <stdlib.h>
#include <string.h>

#include "datasets/source.h"
#include "datasets/tests/data_files.h"

static edy_error err;

static edy_image read_good(const char *name, int32_t w, int32_t h, int32_t channels) {
    edy_image image = {0};
    const edy_status status = edy_image_read(data_path(name), &image, &err);
    if (status)
        print_error("%s\n", err.message);
    assert_int_equal(status, EDY_OK);
    assert_int_equal(image.width, w);
    assert_int_equal(image.height, h);
    assert_int_equal(image.channels, channels);
    return image;
}

static void expect(const char *name, int32_t w, int32_t h, int32_t channels,
                   const uint8_t *expected) {
    edy_image image = read_good(name, w, h, channels);
    assert_memory_equal(image.pixel, expected, (size_t)(w * h * channels));
    edy_image_release(&image);
}

static edy_status read_bad(const char *name) {
    edy_image image = {1, 2, 3, NULL};
    const edy_status status = edy_image_read(data_path(name), &image, &err);
    assert_int_equal(image.width, 1); /* untouched */
    assert_null(image.pixel);
    return status;
}

static void every_kind_of_png(void **state) {
    (void)state;
    const uint8_t six[] = {0, 1, 2, 253, 254, 255};
    write_png("gray.png", PNG_GRAY, 3, 2, six);
    expect("gray.png", 3, 2, 1, six);
    /* 16 bits become 8 by value * 255 / 65535, rounded: 0x80ff is 128.5 of 255.99 */
    write_png("gray16.png", PNG_GRAY16, 3, 1, (uint8_t[]){0, 0, 0x80, 0x80, 0xff, 0xff});
    expect("gray16.png", 3, 1, 1, (uint8_t[]){0, 0x80, 255});
    write_png("gray1.png", PNG_GRAY1, 8, 1, (uint8_t[]){0xa1});
    expect("gray1.png", 8, 1, 1, (uint8_t[]){255, 0, 255, 0, 0, 0, 0, 255});
    write_png("rgb.png", PNG_RGB, 2, 1, six);
    expect("rgb.png", 2, 1, 3, six);
    write_png("rgba.png", PNG_RGBA, 1, 2, (uint8_t[]){10, 20, 30, 0, 40, 50, 60, 128});
    expect("rgba.png", 1, 2, 3, (uint8_t[]){10, 20, 30, 40, 50, 60});
    write_png("palette.png", PNG_PALETTE, 2, 1, (uint8_t[]){9, 200});
    expect("palette.png", 2, 1, 3, (uint8_t[]){9, 246, 7, 200, 55, 7});
}

/* Every cut is refused, or (only the closing chunk is missing) still the same picture. */
static void cut_png(void **state) {
    (void)state;
    uint8_t pixel[16 * 16];
    for (int i = 0; i < 256; i++)
        pixel[i] = (uint8_t)(i * 37);
    write_png("whole.png", PNG_GRAY, 16, 16, pixel);
    const size_t whole = file_size("whole.png");
    for (size_t size = 0; size < whole; size++) {
        write_png("cut.png", PNG_GRAY, 16, 16, pixel);
        cut_file("cut.png", size);
        assert_refused(read_bad("cut.png"), EDY_BAD_FILE, "cut.png", NULL);
    }
}

static void hostile_png(void **state) {
    (void)state;
    uint8_t *bytes;
    size_t size;
    write_png("a.png", PNG_GRAY, 4, 4, (uint8_t[16]){0});
    assert_int_equal(edy_read_file(data_path("a.png"), 10000, &bytes, &size, &err), EDY_OK);
    bytes[16] = 0x7f; /* width of two thousand million; its checksum no longer fits either */
    write_bytes("wide.png", bytes, size);
    assert_refused(read_bad("wide.png"), EDY_BAD_FILE, "wide.png", "PNG");
    bytes[16] = 0;
    bytes[size / 2 + 5] ^= 0xff;
    write_bytes("flip.png", bytes, size);
    assert_refused(read_bad("flip.png"), EDY_BAD_FILE, "flip.png", "PNG");
    free(bytes);
}

static void jpeg_close_to_what_was_written(void **state) {
    (void)state;
    uint8_t rgb[16 * 16 * 3], gray[16 * 16];
    for (int i = 0; i < 256; i++) {
        gray[i] = (uint8_t)(100 + i % 16);
        rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = gray[i];
        rgb[3 * i] = 200;
    }
    write_jpeg("gray.jpg", 16, 16, 1, gray);
    edy_image image = read_good("gray.jpg", 16, 16, 1);
    for (int i = 0; i < 256; i++)
        assert_in_range(image.pixel[i], gray[i] - 2, gray[i] + 2);
    edy_image_release(&image);
    write_jpeg("rgb.jpeg", 16, 16, 3, rgb);
    image = read_good("rgb.jpeg", 16, 16, 3);
    for (int i = 0; i < 256; i++) {
        assert_in_range(image.pixel[3 * i], 192, 208);
        assert_in_range(image.pixel[3 * i + 1], gray[i] - 8, gray[i] + 8);
    }
    edy_image_release(&image);
}

static void bad_jpeg(void **state) {
    (void)state;
    static uint8_t cmyk[16 * 16 * 4], gray[16 * 16];
    write_jpeg("cmyk.jpg", 16, 16, 4, cmyk);
    assert_refused(read_bad("cmyk.jpg"), EDY_UNSUPPORTED, "cmyk.jpg", "CMYK");
    for (int i = 0; i < 256; i++)
        gray[i] = (uint8_t)(i * 91);
    write_jpeg("whole.jpg", 16, 16, 1, gray);
    const size_t whole = file_size("whole.jpg");
    for (size_t size = 0; size < whole; size += 7) {
        write_jpeg("cut.jpg", 16, 16, 1, gray);
        cut_file("cut.jpg", size);
        assert_refused(read_bad("cut.jpg"), EDY_BAD_FILE, "cut.jpg", NULL);
    }
    write_jpeg("cut.jpg", 16, 16, 1, gray);
    cut_file("cut.jpg", whole - 2); /* without its end marker */
    assert_refused(read_bad("cut.jpg"), EDY_BAD_FILE, "cut.jpg", NULL);
}

static void every_kind_of_pnm(void **state) {
    (void)state;
    write_text("a.pgm", "P2\n# made by hand\n3 1 # size\n255\n0 128\t255\n");
    expect("a.pgm", 3, 1, 1, (uint8_t[]){0, 128, 255});
    write_text("a.ppm", "P3 1 2 10 0 5 10 10 0 1");
    expect("a.ppm", 1, 2, 3, (uint8_t[]){0, 128, 255, 255, 0, 26});
    write_bytes("b.pgm", "P5 2 1 255\n\n#", 13); /* the first pixel is a line feed, no blank */
    expect("b.pgm", 2, 1, 1, (const uint8_t *)"\n#");
    write_bytes("b.ppm", "P6\n1 1\n255\nabc", 14);
    expect("b.ppm", 1, 1, 3, (const uint8_t *)"abc");
    write_bytes("c.pgm", "P5\n3 1\n65535\n\x00\x00\x80\x80\xff\xff", 19);
    expect("c.pgm", 3, 1, 1, (uint8_t[]){0, 128, 255});
}

static void bad_pnm(void **state) {
    (void)state;
    static const struct {
        const char *text, *piece;
        edy_status status;
    } bad[] = {{"P4\n8 1\nx", "P4", EDY_UNSUPPORTED},
               {"P5", "header", EDY_BAD_FILE},
               {"P5 2", "header", EDY_BAD_FILE},
               {"P5 2 2", "header", EDY_BAD_FILE},
               {"P5 -2 2 255\n1234", "header", EDY_BAD_FILE},
               {"P5 2x2 255\n1234", "header", EDY_BAD_FILE},
               {"P5 2 2 0\n1234", "largest value is 0", EDY_BAD_FILE},
               {"P5 2 2 65536\n1234", "65536", EDY_BAD_FILE},
               {"P5 0 2 255\n", "0x2", EDY_BAD_FILE},
               {"P5 16385 1 255\n", "16385x1", EDY_LIMIT},
               {"P5 16000 16000 255\n", "16000x16000", EDY_LIMIT},
               {"P5 9999999999 1 255\n", "header", EDY_BAD_FILE},
               {"P5 2 2 255\n123", "3 of 4", EDY_BAD_FILE},
               {"P5 2 1 255", "0 of 2", EDY_BAD_FILE},
               {"P5 2 1 1000\n\001\002\003", "1 of 2", EDY_BAD_FILE},
               {"P2 2 1 255\n1", "1 of 2", EDY_BAD_FILE},
               {"P2 2 1 9\n1 10", "sample 1 is 10", EDY_BAD_FILE},
               {"P2 2 1 9\n1 x", "1 of 2", EDY_BAD_FILE},
               {"# P5 2 1 9", "not a PNG", EDY_BAD_FILE},
               {"", "not a PNG", EDY_BAD_FILE},
               {"GIF89a", "not a PNG", EDY_BAD_FILE}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_text("bad.pgm", bad[i].text);
        assert_refused(read_bad("bad.pgm"), bad[i].status, "bad.pgm", bad[i].piece);
    }
    assert_refused(read_bad("none.png"), EDY_IO, "none.png", "No such file");
}

static void suffixes(void **state) {
    (void)state;
    const char *yes[] = {"a.png", "b.JPG", "x/y.jpeg", "c.pgm", "d.PpM", "e.pnm"};
    const char *no[] = {"a.gif", "png", "b.png.txt", "c.", ""};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(edy_image_has_suffix(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(edy_image_has_suffix(no[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_of_png, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(cut_png, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(hostile_png, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(jpeg_close_to_what_was_written, data_files_begin,
                                        data_files_end),
        cmocka_unit_test_setup_teardown(bad_jpeg, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(every_kind_of_pnm, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(bad_pnm, data_files_begin, data_files_end),
        cmocka_unit_test(suffixes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
