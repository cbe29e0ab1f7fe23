/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/preprocess.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/tests/data_files.h"

static edy_error err;

static edy_preprocess parsed(const char *options) {
    edy_preprocess pre = edy_preprocess_default();
    const edy_status status = edy_preprocess_parse(options, &pre, &err);
    if (status)
        print_error("%s\n", err.message);
    assert_int_equal(status, EDY_OK);
    return pre;
}

static void every_key(void **state) {
    (void)state;
    const edy_preprocess pre = parsed("pad=2,resize=32x24,crop=20,scale=127.5,"
                                      "mean=0.485:0.456:0.406,std=0.229,channel_order=bgr");
    assert_int_equal(pre.pad, 2);
    assert_int_equal(pre.resize_w, 32);
    assert_int_equal(pre.resize_h, 24);
    assert_int_equal(pre.crop_w, 20);
    assert_int_equal(pre.crop_h, 20);
    assert_true(pre.scale == 127.5f);
    assert_int_equal(pre.n_mean, 3);
    assert_true(pre.mean[0] == 0.485f && pre.mean[1] == 0.456f && pre.mean[2] == 0.406f);
    assert_int_equal(pre.n_std, 1);
    assert_true(pre.std[0] == 0.229f);
    assert_int_equal(pre.channel_order, EDY_CHANNELS_BGR);
}

static void text_reads_back(void **state) {
    (void)state;
    char text[300], again[300];
    const edy_preprocess pre = parsed("mean=0.2860,std=0.3530,pad=2,channel_order=gray");
    assert_string_equal(edy_preprocess_text(&pre, text, sizeof text),
                        "pad=2,scale=255,mean=0.286,std=0.353,channel_order=gray");
    const edy_preprocess odd =
        parsed("mean=0.333333343:-1e-7:12345.678,std=3:5:7,resize=3x5,crop=1x2");
    edy_preprocess_text(&odd, text, sizeof text);
    const edy_preprocess back = parsed(text);
    assert_string_equal(edy_preprocess_text(&back, again, sizeof again), text);
    assert_memory_equal(back.mean, odd.mean, sizeof odd.mean);
    edy_preprocess_text(&odd, text, 10); /* too small: cut, not overrun */
    assert_int_equal(strlen(text), 9);
}

static void bad_options(void **state) {
    (void)state;
    static const char *const bad[][3] = {{"pad", "'pad'", "key=value"},
                                         {"padding=2", "padding", "known: pad"},
                                         {"pad=-1", "pad", "-1"},
                                         {"pad=1.5", "pad", "1.5"},
                                         {"pad=99999", "pad", "99999"},
                                         {"pad=2x2", "pad", "2x2"},
                                         {"pad=", "pad", "''"},
                                         {"resize=0x0", "resize", "0x0"},
                                         {"resize=32y32", "resize", "32y32"},
                                         {"resize=32x32x32", "resize", "32x32x32"},
                                         {"resize=20000x1", "resize", "20000"},
                                         {"crop=-4", "crop", "-4"},
                                         {"scale=0", "scale", "0"},
                                         {"scale=-1", "scale", "-1"},
                                         {"scale=nan", "scale", "nan"},
                                         {"scale=1e-60", "scale", "1e-60"},
                                         {"mean=inf", "mean", "inf"},
                                         {"mean=1e39", "mean", "1e39"},
                                         {"mean=1:2:3:4", "mean", "1:2:3:4"},
                                         {"mean=1:", "mean", "1:"},
                                         {"std=0", "std", "not 0"},
                                         {"std=1e-46", "std", "not 0"},
                                         {"std=x", "std", "'x'"},
                                         {"channel_order=RGB", "channel_order", "rgb, bgr or gray"},
                                         {"pad=1,,scale=2", "''", "key=value"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        edy_preprocess pre = edy_preprocess_default();
        const edy_preprocess before = pre;
        char options[100];
        strcpy(options, "pad=3,");
        strcat(options, bad[i][0]);
        assert_refused(edy_preprocess_parse(options, &pre, &err), EDY_BAD_ARGUMENT, bad[i][1],
                       bad[i][2]);
        assert_int_equal(pre.pad, before.pad);
    }
    edy_preprocess pre = edy_preprocess_default();
    char long_value[400];
    memset(long_value, '1', sizeof long_value);
    memcpy(long_value, "mean=", 5);
    long_value[sizeof long_value - 1] = '\0';
    assert_refused(edy_preprocess_parse(long_value, &pre, &err), EDY_BAD_ARGUMENT, "key=value",
                   NULL);
}

static edy_status from_json(const char *json, edy_preprocess *pre) {
    cJSON *object = cJSON_Parse(json);
    const edy_status status = edy_preprocess_from_json(object, "x.json", pre, &err);
    cJSON_Delete(object);
    return status;
}

static void json(void **state) {
    (void)state;
    edy_preprocess pre = edy_preprocess_default();
    assert_int_equal(from_json("{\"pad\":2,\"resize\":[40,30],\"crop\":\"28x26\",\"scale\":1,"
                               "\"mean\":0.5,\"std\":[1,2,4],\"channel_order\":\"rgb\"}",
                               &pre),
                     EDY_OK);
    char text[200];
    assert_string_equal(edy_preprocess_text(&pre, text, sizeof text),
                        "resize=40x30,crop=28x26,pad=2,scale=1,mean=0.5,std=1:2:4,"
                        "channel_order=rgb");
    static const char *const bad[][3] = {{"{\"pads\":2}", "x.json", "pads"},
                                         {"{\"pad\":\"two\"}", "pad", "two"},
                                         {"{\"pad\":[1,2]}", "pad", "[1,2]"},
                                         {"{\"pad\":null}", "pad", "null"},
                                         {"{\"mean\":[]}", "mean", "[]"},
                                         {"{\"mean\":[1,\"a\"]}", "mean", "a"},
                                         {"{\"std\":[1,2,3,4]}", "std", "at most 3"},
                                         {"{\"resize\":{}}", "resize", "{}"},
                                         {"{\"channel_order\":1}", "channel_order", "'1'"},
                                         {"[1]", "x.json", "not an object"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(from_json(bad[i][0], &pre), EDY_BAD_ARGUMENT, bad[i][1], bad[i][2]);
}

static void sidecar_files(void **state) {
    (void)state;
    edy_preprocess pre = edy_preprocess_default();
    write_text("a.json", "{\"name\": \"a\", \"preprocess\": {\"pad\": 2, \"mean\": [0.2860]}}");
    assert_int_equal(edy_preprocess_load(data_path("a.json"), &pre, &err), EDY_OK);
    assert_int_equal(pre.pad, 2);
    assert_true(pre.mean[0] == 0.2860f);
    write_text("b.json", "{\"pad\": 1}");
    assert_int_equal(edy_preprocess_load(data_path("b.json"), &pre, &err), EDY_OK);
    assert_int_equal(pre.pad, 1);
    write_text("c.json", "{\"pad\": 1");
    assert_refused(edy_preprocess_load(data_path("c.json"), &pre, &err), EDY_BAD_FILE, "c.json",
                   "JSON");
    write_text("d.json", "");
    assert_refused(edy_preprocess_load(data_path("d.json"), &pre, &err), EDY_BAD_FILE, "d.json",
                   "JSON");
    assert_refused(edy_preprocess_load(data_path("none.json"), &pre, &err), EDY_IO, "none.json",
                   NULL);
}

static edy_status check(const char *options, int w, int h, int c, int model_h, int model_w) {
    const edy_preprocess pre = parsed(options);
    return edy_preprocess_check(&pre, w, h, c, model_h, model_w, "x", &err);
}

static void fits_the_model(void **state) {
    (void)state;
    assert_int_equal(check("pad=2", 28, 28, 1, 32, 32), EDY_OK);
    assert_int_equal(check("resize=40x30,crop=20x10,pad=1", 999, 7, 3, 12, 22), EDY_OK);
    assert_int_equal(check("", 0, 0, 3, 224, 224), EDY_OK); /* size not known yet */
    assert_refused(check("", 28, 28, 1, 32, 32), EDY_BAD_ARGUMENT, "28x28", "32x32");
    assert_refused(check("resize=8x9", 0, 0, 1, 8, 9), EDY_BAD_ARGUMENT, "8x9", "9x8");
    assert_refused(check("crop=29", 28, 28, 1, 29, 29), EDY_BAD_ARGUMENT, "crop 29x29", "28x28");
    assert_refused(check("channel_order=rgb", 28, 28, 1, 28, 28), EDY_BAD_ARGUMENT, "rgb", "1 ch");
    assert_refused(check("channel_order=gray", 28, 28, 3, 28, 28), EDY_BAD_ARGUMENT, "gray",
                   "3 ch");
    assert_refused(check("mean=1:2:3", 28, 28, 1, 28, 28), EDY_BAD_ARGUMENT, "mean", "3 values");
    assert_refused(check("std=1:2", 28, 28, 3, 28, 28), EDY_BAD_ARGUMENT, "std", "2 values");
    assert_refused(check("", 28, 28, 4, 28, 28), EDY_BAD_ARGUMENT, "1 or 3", "4");
}

/* Runs steps 1 to 4 and compares with expected, [h][w][c]. */
static void expect_pixels(const char *options, int w, int h, int c, const uint8_t *in, int model_c,
                          int out_w, int out_h, const uint8_t *expected) {
    const edy_preprocess pre = parsed(options);
    uint8_t copy[64];
    memcpy(copy, in, (size_t)(w * h * c));
    const edy_image image = {w, h, c, copy};
    edy_image out = {0};
    assert_int_equal(edy_preprocess_pixels(&pre, &image, model_c, &out, &err), EDY_OK);
    assert_int_equal(out.width, out_w);
    assert_int_equal(out.height, out_h);
    assert_int_equal(out.channels, model_c);
    assert_memory_equal(out.pixel, expected, (size_t)(out_w * out_h * model_c));
    edy_image_release(&out);
}

static void channels(void **state) {
    (void)state;
    const uint8_t rgb[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30};
    expect_pixels("", 4, 1, 3, rgb, 3, 4, 1, rgb);
    expect_pixels("channel_order=bgr", 4, 1, 3, rgb, 3, 4, 1,
                  (uint8_t[]){0, 0, 255, 0, 255, 0, 255, 0, 0, 30, 20, 10});
    /* 0.299 R + 0.587 G + 0.114 B, rounded: 76, 150, 29, 18 */
    expect_pixels("", 4, 1, 3, rgb, 1, 4, 1, (uint8_t[]){76, 150, 29, 18});
    expect_pixels("", 2, 1, 1, (uint8_t[]){5, 200}, 3, 2, 1, (uint8_t[]){5, 5, 5, 200, 200, 200});
    for (int v = 0; v < 256; v++) /* gray stays what it is */
        expect_pixels("", 1, 1, 3, (uint8_t[]){(uint8_t)v, (uint8_t)v, (uint8_t)v}, 1, 1, 1,
                      (uint8_t[]){(uint8_t)v});
}

static void resizing(void **state) {
    (void)state;
    /* 2 -> 4: samples at -0.25 (clamped), 0.25, 0.75, 1.25 (clamped). */
    expect_pixels("resize=4x1", 2, 1, 1, (uint8_t[]){0, 100}, 1, 4, 1, (uint8_t[]){0, 25, 75, 100});
    expect_pixels("resize=1x4", 1, 2, 1, (uint8_t[]){100, 0}, 1, 1, 4, (uint8_t[]){100, 75, 25, 0});
    /* 4 -> 2: samples at 0.5 and 2.5. */
    expect_pixels("resize=2x1", 4, 1, 1, (uint8_t[]){0, 10, 20, 31}, 1, 2, 1,
                  (uint8_t[]){5, 26}); /* 25.5 rounds up */
    /* 3 -> 1: the middle. Both axes at once, three channels. */
    expect_pixels("resize=1x1", 3, 3, 1, (uint8_t[]){9, 9, 9, 9, 77, 9, 9, 9, 9}, 1, 1, 1,
                  (uint8_t[]){77});
    expect_pixels("resize=1x1", 2, 2, 3, (uint8_t[]){0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14}, 3, 1,
                  1, (uint8_t[]){6, 7, 8});
    /* The same size changes nothing. */
    expect_pixels("resize=2x1", 2, 1, 1, (uint8_t[]){3, 250}, 1, 2, 1, (uint8_t[]){3, 250});
}

static void crop_and_pad(void **state) {
    (void)state;
    const uint8_t grid[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}; /* 4 wide, 3 high */
    expect_pixels("crop=2x1", 4, 3, 1, grid, 1, 2, 1, (uint8_t[]){6, 7});
    expect_pixels("crop=1x2", 4, 3, 1, grid, 1, 1, 2, (uint8_t[]){2, 6}); /* offsets round down */
    expect_pixels("crop=4x3", 4, 3, 1, grid, 1, 4, 3, grid);
    expect_pixels("pad=1", 2, 1, 1, (uint8_t[]){7, 8}, 1, 4, 3,
                  (uint8_t[]){0, 0, 0, 0, 0, 7, 8, 0, 0, 0, 0, 0});
    expect_pixels("pad=1,crop=1", 4, 3, 1, grid, 1, 3, 3, (uint8_t[]){0, 0, 0, 0, 6, 0, 0, 0, 0});
}

/* Bits of ((float)px / 255 - mean) / std for all bytes; the steps must not be merged. */
static void normalising(void **state) {
    (void)state;
    edy_preprocess pre = parsed("mean=0.2860,std=0.3530");
    uint8_t px[256];
    float out[256];
    for (int i = 0; i < 256; i++)
        px[i] = (uint8_t)i;
    const edy_image gray = {256, 1, 1, px};
    edy_preprocess_normalise(&pre, &gray, out);
    for (int i = 0; i < 256; i++) {
        volatile float v = (float)i / 255.0f;
        v = v - 0.2860f;
        v = v / 0.3530f;
        assert_true(out[i] == v);
    }
    assert_memory_equal(out, &(float){-0x1.9ed252p-1f}, sizeof(float)); /* numpy's float32 */

    pre = parsed("scale=1,mean=1:2:3,std=2:4:8");
    const edy_image rgb = {2, 1, 3, (uint8_t[]){3, 6, 11, 5, 10, 19}};
    edy_preprocess_normalise(&pre, &rgb, out);
    const float planes[] = {1, 2, 1, 2, 1, 2};
    assert_memory_equal(out, planes, sizeof planes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key),
        cmocka_unit_test(text_reads_back),
        cmocka_unit_test(bad_options),
        cmocka_unit_test(json),
        cmocka_unit_test_setup_teardown(sidecar_files, data_files_begin, data_files_end),
        cmocka_unit_test(fits_the_model),
        cmocka_unit_test(channels),
        cmocka_unit_test(resizing),
        cmocka_unit_test(crop_and_pad),
        cmocka_unit_test(normalising)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
