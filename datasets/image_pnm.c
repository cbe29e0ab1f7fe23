/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* PGM and PPM, by the netpbm format pages pgm(5) and ppm(5): a header of decimal numbers divided by
 * white space and comments, then samples in decimal (P2, P3) or binary (P5, P6), of two bytes, the
 * high one first, where the largest value is above 255. */
#include <ctype.h>
#include <stdbool.h>

#include "datasets/image_file.h"

typedef struct reader {
    const uint8_t *bytes;
    size_t size, used;
} reader;

static void skip_blank(reader *r) {
    while (r->used < r->size) {
        const uint8_t c = r->bytes[r->used];
        if (c == '#') {
            while (r->used < r->size && r->bytes[r->used] != '\n')
                r->used++;
        } else if (isspace(c)) {
            r->used++;
        } else {
            return;
        }
    }
}

/* The next number, of at most 6 digits. */
static bool number(reader *r, uint32_t *value) {
    skip_blank(r);
    const size_t begin = r->used;
    *value = 0;
    while (r->used < r->size && isdigit(r->bytes[r->used]) && r->used - begin < 6)
        *value = *value * 10 + (uint32_t)(r->bytes[r->used++] - '0');
    return r->used > begin && (r->used == r->size || !isdigit(r->bytes[r->used]));
}

static bool sample(reader *r, bool decimal, uint32_t most, uint32_t *value) {
    if (decimal)
        return number(r, value);
    const size_t bytes = most > 255 ? 2 : 1;
    if (r->size - r->used < bytes)
        return false;
    *value = r->bytes[r->used++];
    if (bytes == 2)
        *value = *value << 8 | r->bytes[r->used++];
    return true;
}

edy_status edy_pnm_decode(const char *path, const uint8_t *bytes, size_t size, edy_image *image,
                          edy_error *err) {
    const char kind = size >= 2 ? (char)bytes[1] : '0';
    if (kind != '2' && kind != '3' && kind != '5' && kind != '6')
        return edy_fail(err, EDY_UNSUPPORTED, "%s: P%c is a bitmap; only PGM and PPM are read",
                        path, kind);
    const bool decimal = kind < '5';
    reader r = {bytes, size, 2};
    uint32_t width, height, most;
    if (!number(&r, &width) || !number(&r, &height) || !number(&r, &most))
        return edy_fail(err, EDY_BAD_FILE,
                        "%s: P%c header is cut short or has no number where "
                        "width, height and largest value stand",
                        path, kind);
    if (most < 1 || most > 65535)
        return edy_fail(err, EDY_BAD_FILE, "%s: largest value is %u, must be 1..65535", path, most);
    r.used += r.used < size; /* one white space ends the header */

    edy_status status =
        edy_image_claim(path, width, height, kind == '3' || kind == '6' ? 3 : 1, image, err);
    if (status)
        return status;
    const size_t samples = (size_t)width * height * (size_t)image->channels;
    for (size_t i = 0; i < samples; i++) {
        uint32_t value;
        if (!sample(&r, decimal, most, &value))
            return edy_fail(err, EDY_BAD_FILE, "%s: ends after %zu of %zu samples", path, i,
                            samples);
        if (value > most)
            return edy_fail(err, EDY_BAD_FILE, "%s: sample %zu is %u, the largest may be %u", path,
                            i, value, most);
        image->pixel[i] = (uint8_t)(most == 255 ? value : (value * 255 + most / 2) / most);
    }
    return EDY_OK;
}
