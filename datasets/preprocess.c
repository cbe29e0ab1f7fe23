/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/preprocess.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

edy_preprocess edy_preprocess_default(void) {
    return (edy_preprocess){.scale = 255.0f, .n_mean = 1, .n_std = 1, .std = {1.0f}};
}

void edy_image_release(edy_image *image) {
    if (!image)
        return;
    free(image->pixel);
    *image = (edy_image){0};
}

/* The order that is meant: the model's own where none is told. */
static edy_channel_order order_of(const edy_preprocess *pre, int32_t model_c) {
    if (pre->channel_order != EDY_CHANNELS_MODEL)
        return pre->channel_order;
    return model_c == 1 ? EDY_CHANNELS_GRAY : EDY_CHANNELS_RGB;
}

static edy_status check_channels(const edy_preprocess *pre, int32_t model_c, const char *where,
                                 edy_error *err) {
    if (model_c != 1 && model_c != 3)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "%s: images have 1 or 3 channels, but the model's input has %d", where,
                        model_c);
    const edy_channel_order order = order_of(pre, model_c);
    if ((order == EDY_CHANNELS_GRAY) != (model_c == 1))
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "%s: channel_order is %s, but the model's input has %d channel%s", where,
                        order == EDY_CHANNELS_GRAY  ? "gray"
                        : order == EDY_CHANNELS_RGB ? "rgb"
                                                    : "bgr",
                        model_c, model_c == 1 ? "" : "s");
    if (pre->n_mean != 1 && pre->n_mean != model_c)
        return edy_fail(err, EDY_BAD_ARGUMENT, "%s: mean has %d values for %d channels", where,
                        pre->n_mean, model_c);
    if (pre->n_std != 1 && pre->n_std != model_c)
        return edy_fail(err, EDY_BAD_ARGUMENT, "%s: std has %d values for %d channels", where,
                        pre->n_std, model_c);
    return EDY_OK;
}

edy_status edy_preprocess_check(const edy_preprocess *pre, int32_t w, int32_t h, int32_t model_c,
                                int32_t model_h, int32_t model_w, const char *where,
                                edy_error *err) {
    const edy_status status = check_channels(pre, model_c, where, err);
    if (status)
        return status;
    int32_t out_w = pre->resize_w > 0 ? pre->resize_w : w;
    int32_t out_h = pre->resize_h > 0 ? pre->resize_h : h;
    if (pre->crop_w > 0) {
        if (out_w > 0 && (pre->crop_w > out_w || pre->crop_h > out_h))
            return edy_fail(err, EDY_BAD_ARGUMENT, "%s: crop %dx%d is larger than the image, %dx%d",
                            where, pre->crop_w, pre->crop_h, out_w, out_h);
        out_w = pre->crop_w;
        out_h = pre->crop_h;
    }
    if (out_w == 0)
        return EDY_OK;
    out_w += 2 * pre->pad;
    out_h += 2 * pre->pad;
    if (out_w != model_w || out_h != model_h)
        return edy_fail(err, EDY_BAD_ARGUMENT,
                        "%s: preprocessing gives %dx%d pixels, but the model's input is %dx%d: "
                        "set resize, crop or pad",
                        where, out_w, out_h, model_w, model_h);
    return EDY_OK;
}

static edy_status image_create(int32_t width, int32_t height, int32_t channels, edy_image *image,
                               edy_error *err) {
    assert(width > 0 && height > 0 && channels > 0);
    *image = (edy_image){width, height, channels,
                         calloc((size_t)width * (size_t)height, (size_t)channels)};
    if (!image->pixel)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for an image of %dx%d", width, height);
    return EDY_OK;
}

static uint8_t *pixel_at(const edy_image *image, int32_t x, int32_t y) {
    return image->pixel + ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels;
}

static void convert_channels(const edy_image *in, edy_channel_order order, edy_image *out) {
    const size_t pixels = (size_t)in->width * (size_t)in->height;
    const uint8_t *from = in->pixel;
    uint8_t *to = out->pixel;
    for (size_t i = 0; i < pixels; i++, from += in->channels, to += out->channels) {
        const uint32_t r = from[0];
        const uint32_t g = in->channels == 3 ? from[1] : r;
        const uint32_t b = in->channels == 3 ? from[2] : r;
        if (order == EDY_CHANNELS_GRAY) {
            to[0] = (uint8_t)((19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
        } else {
            to[0] = (uint8_t)(order == EDY_CHANNELS_RGB ? r : b);
            to[1] = (uint8_t)g;
            to[2] = (uint8_t)(order == EDY_CHANNELS_RGB ? b : r);
        }
    }
}

/* Where output i of out samples an axis of in: the two neighbours and the share of the second. */
typedef struct tap {
    int32_t low, high;
    float share;
} tap;

static tap tap_at(int32_t i, int32_t in, int32_t out) {
    float s = ((float)i + 0.5f) * (float)in / (float)out - 0.5f;
    s = fminf(fmaxf(s, 0.0f), (float)(in - 1));
    const int32_t low = (int32_t)s;
    return (tap){low, low + 1 < in ? low + 1 : low, s - (float)low};
}

static void resize_bilinear(const edy_image *in, edy_image *out) {
    for (int32_t y = 0; y < out->height; y++) {
        const tap v = tap_at(y, in->height, out->height);
        for (int32_t x = 0; x < out->width; x++) {
            const tap u = tap_at(x, in->width, out->width);
            const uint8_t *tl = pixel_at(in, u.low, v.low), *tr = pixel_at(in, u.high, v.low);
            const uint8_t *bl = pixel_at(in, u.low, v.high), *br = pixel_at(in, u.high, v.high);
            uint8_t *to = pixel_at(out, x, y);
            for (int32_t c = 0; c < in->channels; c++) {
                const float top = (float)tl[c] + (float)(tr[c] - tl[c]) * u.share;
                const float bottom = (float)bl[c] + (float)(br[c] - bl[c]) * u.share;
                to[c] = (uint8_t)(top + (bottom - top) * v.share + 0.5f);
            }
        }
    }
}

/* Copies the part of in that out shows; out's pixel (0, 0) is in's (left, top), which may be
 * outside (then out keeps its zeros there). */
static void copy_window(const edy_image *in, int32_t left, int32_t top, edy_image *out) {
    const int32_t from_x = left > 0 ? left : 0, to_x = left < 0 ? -left : 0;
    const int32_t w = in->width < out->width ? in->width : out->width;
    for (int32_t y = 0; y < out->height; y++) {
        if (y + top < 0 || y + top >= in->height)
            continue;
        memcpy(pixel_at(out, to_x, y), pixel_at(in, from_x, y + top),
               (size_t)w * (size_t)in->channels);
    }
}

edy_status edy_preprocess_pixels(const edy_preprocess *pre, const edy_image *in, int32_t model_c,
                                 edy_image *out, edy_error *err) {
    edy_image now = {0}, next = {0};
    edy_status status = image_create(in->width, in->height, model_c, &now, err);
    if (status)
        goto fail;
    convert_channels(in, order_of(pre, model_c), &now);

    if (pre->resize_w > 0 && (pre->resize_w != now.width || pre->resize_h != now.height)) {
        if ((status = image_create(pre->resize_w, pre->resize_h, model_c, &next, err)))
            goto fail;
        resize_bilinear(&now, &next);
        edy_image_release(&now);
        now = next;
    }
    if (pre->crop_w > 0) {
        assert(pre->crop_w <= now.width && pre->crop_h <= now.height);
        if ((status = image_create(pre->crop_w, pre->crop_h, model_c, &next, err)))
            goto fail;
        copy_window(&now, (now.width - pre->crop_w) / 2, (now.height - pre->crop_h) / 2, &next);
        edy_image_release(&now);
        now = next;
    }
    if (pre->pad > 0) {
        if ((status = image_create(now.width + 2 * pre->pad, now.height + 2 * pre->pad, model_c,
                                   &next, err)))
            goto fail;
        copy_window(&now, -pre->pad, -pre->pad, &next);
        edy_image_release(&now);
        now = next;
    }
    *out = now;
    return EDY_OK;
fail:
    edy_image_release(&now);
    return status;
}

void edy_preprocess_normalise(const edy_preprocess *pre, const edy_image *in, float *out) {
    const size_t pixels = (size_t)in->width * (size_t)in->height;
    for (int32_t c = 0; c < in->channels; c++) {
        const float mean = pre->mean[pre->n_mean == 1 ? 0 : c];
        const float std = pre->std[pre->n_std == 1 ? 0 : c];
        const uint8_t *from = in->pixel + c;
        for (size_t i = 0; i < pixels; i++, from += in->channels)
            *out++ = ((float)*from / pre->scale - mean) / std;
    }
}
