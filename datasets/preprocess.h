/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* From an image of bytes to a model's input.
 *
 * The steps, always in this order; all but the last are on bytes:
 *   1. channels   rgb | bgr | gray. Colour to gray is (19595 R + 38470 G + 7471 B + 32768) >> 16,
 *                 the luma of ITU-R BT.601 in 16 bits; gray to colour repeats the value.
 *   2. resize     to WxH, bilinear on half-pixel centres: output x samples the input at
 *                 sx = (x + 0.5) * in_w / out_w - 0.5, clamped to [0, in_w - 1]; rows likewise;
 *                 float32, columns first; rounded to the nearest byte. No smoothing if it shrinks.
 *   3. crop       WxH from the centre: offset (in - out) / 2, rounded down.
 *   4. pad        zero bytes, so many pixels on each side.
 *   5. normalise  ((float)px / scale - mean[c]) / std[c], each operation in float32.
 * Written as [C][H][W], row-major. */
#ifndef EDY_PREPROCESS_H
#define EDY_PREPROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/status.h"

struct cJSON;

enum { EDY_IMAGE_MAX_CHANNELS = 3, EDY_IMAGE_MAX_SIDE = 16384 };

typedef enum edy_channel_order {
    EDY_CHANNELS_MODEL, /* as the model's input has it: gray for C = 1, rgb for C = 3 */
    EDY_CHANNELS_RGB,
    EDY_CHANNELS_BGR,
    EDY_CHANNELS_GRAY
} edy_channel_order;

typedef struct edy_preprocess {
    edy_channel_order channel_order;
    int32_t resize_w, resize_h; /* 0, 0: none */
    int32_t crop_w, crop_h;     /* 0, 0: none */
    int32_t pad;                /* pixels on each side */
    float scale;                /* > 0 */
    int32_t n_mean, n_std;      /* 1, or one for each channel in the order above */
    float mean[EDY_IMAGE_MAX_CHANNELS], std[EDY_IMAGE_MAX_CHANNELS]; /* std is not 0 */
} edy_preprocess;

/* Pixels / 255, mean 0, std 1; no resize, crop or pad. */
edy_preprocess edy_preprocess_default(void);

/* Changes *pre by an option string of key=value pairs joined by commas; several values are joined
 * by colons. The keys are those of the sidecar:
 *     pad=2,resize=32x32,crop=28x28,scale=255,mean=0.485:0.456:0.406,std=0.229,channel_order=bgr
 * EDY_BAD_ARGUMENT names key and value, and leaves *pre as it was. */
edy_status edy_preprocess_parse(const char *options, edy_preprocess *pre, edy_error *err);

/* The same from a JSON object: {"pad": 2, "resize": [32, 32] (W, H; or one number, or "32x32"),
 * "crop": .., "scale": 255, "mean": [0.2860] (or a number), "std": [..], "channel_order": "gray"}.
 * `where` begins the message, mostly a path. Unknown keys are errors. */
edy_status edy_preprocess_from_json(const struct cJSON *object, const char *where,
                                    edy_preprocess *pre, edy_error *err);

/* Reads a sidecar file: its member "preprocess" where it has one, else the whole object. */
edy_status edy_preprocess_load(const char *path, edy_preprocess *pre, edy_error *err);

/* "pad=2,scale=255,mean=0.286,std=0.353,channel_order=gray", for records; edy_preprocess_parse
 * reads it back to the same values. Returns text. */
const char *edy_preprocess_text(const edy_preprocess *pre, char *text, size_t size);

/* An image in memory: [height][width][channels] bytes, channels 1 (gray) or 3 (R, G, B). */
typedef struct edy_image {
    int32_t width, height, channels;
    uint8_t *pixel; /* owned by whoever holds the struct */
} edy_image;

void edy_image_release(edy_image *image); /* frees pixel and clears; NULL is allowed */

/* Checks *pre against the model's C, H, W: channel order and number of means fit C, the size after
 * resize, crop and pad of a w x h image is WxH. where begins the message. w = 0: size not
 * known yet. */
edy_status edy_preprocess_check(const edy_preprocess *pre, int32_t w, int32_t h, int32_t model_c,
                                int32_t model_h, int32_t model_w, const char *where,
                                edy_error *err);

/* Steps 1 to 4: a new image with the model's channels (interleaved, in the model's order). */
edy_status edy_preprocess_pixels(const edy_preprocess *pre, const edy_image *in, int32_t model_c,
                                 edy_image *out, edy_error *err);
/* Step 5: out [C][H][W] from the image that steps 1 to 4 gave. */
void edy_preprocess_normalise(const edy_preprocess *pre, const edy_image *in, float *out);

#endif
