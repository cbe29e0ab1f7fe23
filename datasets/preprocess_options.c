/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Preprocessing as text: an option string, a JSON object, a sidecar file. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/preprocess.h"
#include "datasets/source.h"

enum { SIDECAR_MAX_BYTES = 1 << 20, VALUE_MAX = 200 };

/* One key with its value, from either form. A value is text, or up to three numbers. */
typedef struct setting {
    const char *where; /* begins each message */
    const char *key;
    const char *text; /* the value as written, for messages and for channel_order */
    double number[EDY_IMAGE_MAX_CHANNELS];
    int32_t n_numbers; /* 0: not numbers */
} setting;

static edy_status refuse(const setting *s, const char *expected, edy_error *err) {
    return edy_fail(err, EDY_BAD_ARGUMENT, "%s: %s is '%s', but must be %s", s->where, s->key,
                    s->text, expected);
}

static bool whole_in(double x, double low, double high) {
    return x >= low && x <= high && x == floor(x);
}

/* resize and crop: W and H, or one number for both. */
static edy_status set_size(const setting *s, int32_t *w, int32_t *h, edy_error *err) {
    const double second = s->n_numbers == 2 ? s->number[1] : s->number[0];
    if ((s->n_numbers != 1 && s->n_numbers != 2) ||
        !whole_in(s->number[0], 1, EDY_IMAGE_MAX_SIDE) || !whole_in(second, 1, EDY_IMAGE_MAX_SIDE))
        return refuse(s, "WxH, each in 1..16384", err);
    *w = (int32_t)s->number[0];
    *h = (int32_t)second;
    return EDY_OK;
}

static edy_status set_floats(const setting *s, float *to, int32_t *n, bool zero_allowed,
                             edy_error *err) {
    if (s->n_numbers < 1)
        return refuse(s, "1 or 3 numbers", err);
    for (int32_t i = 0; i < s->n_numbers; i++) {
        const float value = (float)s->number[i];
        if (!isfinite(value) || (!zero_allowed && value == 0.0f))
            return refuse(s, zero_allowed ? "finite" : "finite and not 0", err);
        to[i] = value;
    }
    *n = s->n_numbers;
    return EDY_OK;
}

static edy_status set_order(const setting *s, edy_channel_order *order, edy_error *err) {
    if (strcmp(s->text, "rgb") == 0)
        *order = EDY_CHANNELS_RGB;
    else if (strcmp(s->text, "bgr") == 0)
        *order = EDY_CHANNELS_BGR;
    else if (strcmp(s->text, "gray") == 0)
        *order = EDY_CHANNELS_GRAY;
    else
        return refuse(s, "rgb, bgr or gray", err);
    return EDY_OK;
}

static edy_status apply(const setting *s, edy_preprocess *pre, edy_error *err) {
    int32_t one = 0;
    if (strcmp(s->key, "pad") == 0) {
        if (s->n_numbers != 1 || !whole_in(s->number[0], 0, EDY_IMAGE_MAX_SIDE))
            return refuse(s, "a whole number in 0..16384", err);
        pre->pad = (int32_t)s->number[0];
        return EDY_OK;
    }
    if (strcmp(s->key, "resize") == 0)
        return set_size(s, &pre->resize_w, &pre->resize_h, err);
    if (strcmp(s->key, "crop") == 0)
        return set_size(s, &pre->crop_w, &pre->crop_h, err);
    if (strcmp(s->key, "scale") == 0) {
        if (s->n_numbers != 1 || !((float)s->number[0] > 0.0f))
            return refuse(s, "one number above 0", err);
        return set_floats(s, &pre->scale, &one, false, err);
    }
    if (strcmp(s->key, "mean") == 0)
        return set_floats(s, pre->mean, &pre->n_mean, true, err);
    if (strcmp(s->key, "std") == 0)
        return set_floats(s, pre->std, &pre->n_std, false, err);
    if (strcmp(s->key, "channel_order") == 0)
        return set_order(s, &pre->channel_order, err);
    return edy_fail(err, EDY_BAD_ARGUMENT,
                    "%s: unknown key '%s' (known: pad, resize, crop, scale, mean, std, "
                    "channel_order)",
                    s->where, s->key);
}

/* Reads numbers joined by ':' or 'x' from s->text; leaves n_numbers at 0 where they are none. */
static void read_numbers(setting *s) {
    const char *at = s->text;
    double number[EDY_IMAGE_MAX_CHANNELS];
    int32_t n = 0;
    while (n < EDY_IMAGE_MAX_CHANNELS) {
        if (strchr("+-.0123456789", *at) == NULL || *at == '\0')
            return;
        if (at[0] == '0' && at[1] == 'x') /* 0x32 is the size 0 by 32, not a hexadecimal number */
            return;
        char *end;
        number[n++] = strtod(at, &end);
        if (end == at)
            return;
        at = end;
        if (*at == '\0')
            break;
        if (*at != ':' && *at != 'x')
            return;
        at++;
    }
    if (*at != '\0')
        return;
    memcpy(s->number, number, sizeof number);
    s->n_numbers = n;
}

edy_status edy_preprocess_parse(const char *options, edy_preprocess *pre, edy_error *err) {
    static const char where[] = "preprocess options";
    edy_preprocess changed = *pre;
    const char *at = options;
    while (*at != '\0') {
        const size_t length = strcspn(at, ",");
        const char *equals = memchr(at, '=', length);
        char key[VALUE_MAX], value[VALUE_MAX];
        if (!equals || length >= VALUE_MAX)
            return edy_fail(err, EDY_BAD_ARGUMENT, "%s: '%.*s' is not key=value", where,
                            (int)(length < VALUE_MAX ? length : VALUE_MAX), at);
        snprintf(key, sizeof key, "%.*s", (int)(equals - at), at);
        snprintf(value, sizeof value, "%.*s", (int)(at + length - equals - 1), equals + 1);
        setting s = {.where = where, .key = key, .text = value};
        read_numbers(&s);
        const edy_status status = apply(&s, &changed, err);
        if (status)
            return status;
        at += length;
        at += *at == ',';
    }
    *pre = changed;
    return EDY_OK;
}

static edy_status apply_member(const cJSON *member, const char *where, edy_preprocess *pre,
                               edy_error *err) {
    char text[VALUE_MAX];
    char *printed = cJSON_PrintUnformatted(member);
    snprintf(text, sizeof text, "%s", printed ? printed : "?");
    cJSON_free(printed);
    setting s = {.where = where, .key = member->string, .text = text};
    if (cJSON_IsString(member)) {
        s.text = member->valuestring;
        read_numbers(&s);
    } else if (cJSON_IsNumber(member)) {
        s.number[0] = member->valuedouble;
        s.n_numbers = 1;
    } else if (cJSON_IsArray(member)) {
        const cJSON *item;
        int32_t n = 0;
        cJSON_ArrayForEach(item, member) {
            if (!cJSON_IsNumber(item) || n == EDY_IMAGE_MAX_CHANNELS)
                return refuse(&s, "at most 3 numbers", err);
            s.number[n++] = item->valuedouble;
        }
        s.n_numbers = n;
    }
    return apply(&s, pre, err);
}

edy_status edy_preprocess_from_json(const cJSON *object, const char *where, edy_preprocess *pre,
                                    edy_error *err) {
    if (!cJSON_IsObject(object))
        return edy_fail(err, EDY_BAD_ARGUMENT, "%s: preprocess is not an object", where);
    edy_preprocess changed = *pre;
    const cJSON *member;
    cJSON_ArrayForEach(member, object) {
        const edy_status status = apply_member(member, where, &changed, err);
        if (status)
            return status;
    }
    *pre = changed;
    return EDY_OK;
}

edy_status edy_preprocess_load(const char *path, edy_preprocess *pre, edy_error *err) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    edy_status status = edy_read_file(path, SIDECAR_MAX_BYTES, &bytes, &size, err);
    if (status)
        return status;
    cJSON *root = cJSON_ParseWithLength((const char *)bytes, size);
    free(bytes);
    if (!root)
        return edy_fail(err, EDY_BAD_FILE, "%s: not valid JSON", path);
    const cJSON *inner = cJSON_GetObjectItemCaseSensitive(root, "preprocess");
    status = edy_preprocess_from_json(inner ? inner : root, path, pre, err);
    cJSON_Delete(root);
    return status;
}

/* Appends the shortest decimal that reads back to the same float. */
static void append_float(char *text, size_t size, float value) {
    char digits[32];
    for (int precision = 1; precision <= 9; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)value);
        if ((float)strtod(digits, NULL) == value)
            break;
    }
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s", digits);
}

static void append(char *text, size_t size, const char *more) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s", more);
}

static void append_floats(char *text, size_t size, const char *key, const float *value, int32_t n) {
    append(text, size, key);
    for (int32_t i = 0; i < n; i++) {
        append(text, size, i ? ":" : "");
        append_float(text, size, value[i]);
    }
}

const char *edy_preprocess_text(const edy_preprocess *pre, char *text, size_t size) {
    static const char *const order[] = {
        [EDY_CHANNELS_RGB] = "rgb", [EDY_CHANNELS_BGR] = "bgr", [EDY_CHANNELS_GRAY] = "gray"};
    char piece[64];
    text[0] = '\0';
    if (pre->resize_w > 0) {
        snprintf(piece, sizeof piece, "resize=%dx%d,", pre->resize_w, pre->resize_h);
        append(text, size, piece);
    }
    if (pre->crop_w > 0) {
        snprintf(piece, sizeof piece, "crop=%dx%d,", pre->crop_w, pre->crop_h);
        append(text, size, piece);
    }
    if (pre->pad > 0) {
        snprintf(piece, sizeof piece, "pad=%d,", pre->pad);
        append(text, size, piece);
    }
    append_floats(text, size, "scale=", &pre->scale, 1);
    append_floats(text, size, ",mean=", pre->mean, pre->n_mean);
    append_floats(text, size, ",std=", pre->std, pre->n_std);
    if (pre->channel_order != EDY_CHANNELS_MODEL) {
        append(text, size, ",channel_order=");
        append(text, size, order[pre->channel_order]);
    }
    return text;
}
