/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* One image file -> bytes. Gray stays one channel, anything else becomes R, G, B; 16-bit samples
 * become 8-bit ones, transparency is dropped, an orientation tag is not followed. A file that is
 * cut short is an error, not a gray half. */
#ifndef EDY_IMAGE_FILE_H
#define EDY_IMAGE_FILE_H

#include <stdbool.h>

#include "datasets/preprocess.h"

/* Told by content: PNG, JPEG, PGM and PPM (P2, P3, P5, P6). Sides of at most EDY_IMAGE_MAX_SIDE,
 * EDY_IMAGE_MAX_PIXELS in all. EDY_IO, EDY_BAD_FILE, EDY_LIMIT or EDY_UNSUPPORTED (CMYK), naming
 * the path; then *image is untouched. */
edy_status edy_image_read(const char *path, edy_image *image, edy_error *err);

/* .png .jpg .jpeg .pgm .ppm .pnm, in either case. */
bool edy_image_has_suffix(const char *name);

/* The formats, from memory; path is for messages. Where one fails *image may hold pixels: the
 * caller releases it. */
edy_status edy_png_decode(const char *path, const uint8_t *bytes, size_t size, edy_image *image,
                          edy_error *err);
edy_status edy_jpeg_decode(const char *path, const uint8_t *bytes, size_t size, edy_image *image,
                           edy_error *err);
edy_status edy_pnm_decode(const char *path, const uint8_t *bytes, size_t size, edy_image *image,
                          edy_error *err);

/* Shared by them: checks the size that a header claims, then makes room. The pixel block is
 * zero. */
edy_status edy_image_claim(const char *path, uint64_t width, uint64_t height, int32_t channels,
                           edy_image *image, edy_error *err);

#endif
