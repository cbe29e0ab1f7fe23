/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/image_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "datasets/source.h"

enum { IMAGE_FILE_MAX_BYTES = 1 << 28 };

bool edy_image_has_suffix(const char *name) {
    static const char *const known[] = {".png", ".jpg", ".jpeg", ".pgm", ".ppm", ".pnm"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(dot, known[i]) == 0)
            return true;
    return false;
}

edy_status edy_image_claim(const char *path, uint64_t width, uint64_t height, int32_t channels,
                           edy_image *image, edy_error *err) {
    if (width == 0 || height == 0)
        return edy_fail(err, EDY_BAD_FILE, "%s: an image of %" PRIu64 "x%" PRIu64 " pixels", path,
                        width, height);
    if (width > EDY_IMAGE_MAX_SIDE || height > EDY_IMAGE_MAX_SIDE ||
        width * height > EDY_IMAGE_MAX_PIXELS)
        return edy_fail(err, EDY_LIMIT,
                        "%s: %" PRIu64 "x%" PRIu64 " pixels; the limit is %d a side, %d in all",
                        path, width, height, EDY_IMAGE_MAX_SIDE, EDY_IMAGE_MAX_PIXELS);
    uint8_t *pixel = calloc((size_t)(width * height), (size_t)channels);
    if (!pixel)
        return edy_fail(err, EDY_NO_MEMORY, "%s: no memory for %" PRIu64 "x%" PRIu64 " pixels",
                        path, width, height);
    *image = (edy_image){(int32_t)width, (int32_t)height, channels, pixel};
    return EDY_OK;
}

edy_status edy_image_read(const char *path, edy_image *image, edy_error *err) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    edy_status status = edy_read_file(path, IMAGE_FILE_MAX_BYTES, &bytes, &size, err);
    if (status)
        return status;
    static const uint8_t png[] = {0x89, 'P', 'N', 'G'}, jpeg[] = {0xff, 0xd8, 0xff};
    edy_image decoded = {0};
    if (size >= sizeof png && memcmp(bytes, png, sizeof png) == 0)
        status = edy_png_decode(path, bytes, size, &decoded, err);
    else if (size >= sizeof jpeg && memcmp(bytes, jpeg, sizeof jpeg) == 0)
        status = edy_jpeg_decode(path, bytes, size, &decoded, err);
    else if (size >= 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6')
        status = edy_pnm_decode(path, bytes, size, &decoded, err);
    else
        status = edy_fail(err, EDY_BAD_FILE, "%s: not a PNG, JPEG, PGM or PPM image", path);
    free(bytes);
    if (status == EDY_OK)
        *image = decoded;
    else
        edy_image_release(&decoded);
    return status;
}
